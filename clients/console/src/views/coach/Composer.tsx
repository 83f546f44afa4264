import { type FormEvent, type KeyboardEvent, useState } from "react";

import { Button } from "../../design/Button";
import { useText } from "../../i18n/language";
import { text } from "./text";

interface Props {
  /** Whether the question was taken; else it stays to be sent again. */
  onAsk(question: string): Promise<boolean> | boolean;
  /** While an answer is written, it can be stopped instead. */
  onStop?: () => void;
  isBusy?: boolean;
}

const LONGEST = 8_000; // characters, as the API takes them

export function Composer({ onAsk, onStop, isBusy }: Props) {
  const t = useText(text);
  const [question, setQuestion] = useState("");
  const isReady = question.trim() !== "" && !isBusy && !onStop;
  const ask = async () => {
    setQuestion("");
    if (!(await onAsk(question.trim()))) {
      setQuestion((meanwhile) => meanwhile || question);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) void ask();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  };
  return (
    <form className="composer" onSubmit={submit}>
      <textarea
        aria-label={t.question}
        placeholder={t.placeholder}
        rows={1}
        maxLength={LONGEST}
        value={question}
        onChange={({ target }) => setQuestion(target.value)}
        onKeyDown={press}
      />
      {onStop ? (
        <Button icon="stop" isIconOnly onClick={onStop}>
          {t.stop}
        </Button>
      ) : (
        <Button tone="primary" icon="send" isIconOnly type="submit" disabled={!isReady}>
          {t.ask}
        </Button>
      )}
    </form>
  );
}
