import type { Input, RoomState } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { TextField } from "../../design/Field";
import { useDoing } from "../../design/useDoing";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { text } from "./text";

/** What agents wait for: each question is answered by its own form. */
export function Questions({ id, state }: { id: string; state: RoomState }) {
  return state.questions.map((question) =>
    question.kind === "question" ? (
      <Question key={question.id} id={id} question={question} state={state} />
    ) : (
      <Raise key={question.id} id={id} state={state} />
    ),
  );
}

function Question({ id, question, state }: { id: string; question: Input; state: RoomState }) {
  const t = useText(text);
  const format = useFormat();
  const own = useHercules().room(id);
  const [doing, start] = useDoing<"answer">();
  const [answer, setAnswer] = useState("");
  const task = state.tasks.find((one) => one.id === question.task_id);
  const title = t.questions.title(t.roles[task?.role ?? ""] ?? "");
  const send = (event: FormEvent) => {
    event.preventDefault();
    void start("answer", () => own.answer(answer, question.id));
  };
  return (
    <Card tone="proposal" label={title} title={title} aside={t.questions.until(format.date(question.expires_at))}>
      <p className="room-question">{question.question}</p>
      <form className="stack" onSubmit={send}>
        <TextField
          label={t.questions.answer}
          value={answer}
          onChange={(event) => setAnswer(event.target.value)}
          required
          maxLength={8000}
          rows={2}
        />
        <div className="card-actions">
          <Button tone="primary" type="submit" isBusy={doing !== undefined}>
            {t.questions.send}
          </Button>
        </div>
      </form>
    </Card>
  );
}

const MORE = 1.5;

/** Whatever ran out: all limits by half, within what a room may have at most. */
function Raise({ id, state }: { id: string; state: RoomState }) {
  const t = useText(text);
  const own = useHercules().room(id);
  const [doing, start] = useDoing<"raise">();
  const raise = () => {
    const { tokens = 0, cost = 0, calls = 0, seconds = 0 } = state.budget?.limits ?? {};
    const budget = {
      tokens: Math.min(Math.ceil(tokens * MORE), 10_000_000),
      cost: Math.min(cost * MORE, 1000),
      calls: Math.min(Math.ceil(calls * MORE), 1000),
      seconds: Math.min(Math.ceil(seconds * MORE), 86_400),
    };
    void start("raise", () => own.say({ budget }));
  };
  return (
    <Card tone="proposal" title={t.questions.budget} label={t.questions.budget}>
      <p>{t.reasons.budget_reached}</p>
      <div className="card-actions">
        <Button tone="primary" isBusy={doing !== undefined} onClick={raise}>
          {t.questions.raise}
        </Button>
      </div>
    </Card>
  );
}
