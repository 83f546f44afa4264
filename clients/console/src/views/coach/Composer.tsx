import { type FormEvent, type KeyboardEvent, useState } from "react";

import { Button } from "../../design/Button";
import { useText } from "../../i18n/language";
import { text } from "./text";

interface Props {
  onAsk(question: string): void;
  /** A question that was not taken: to be sent again. */
  refused?: string;
  /** While an answer is written, it can be stopped instead. */
  onStop?: () => void;
  isBusy?: boolean;
}

const LONGEST = 8_000; // characters, as the API takes them

export function Composer({ onAsk, refused, onStop, isBusy }: Props) {
  const t = useText(text);
  const [question, setQuestion] = useState("");
  const [known, setKnown] = useState<string>();
  if (refused !== known) {
    setKnown(refused);
    setQuestion((meanwhile) => meanwhile || (refused ?? ""));
  }
  const isReady = question.trim() !== "" && !isBusy && !onStop;
  const ask = () => {
    setQuestion("");
    onAsk(question.trim());
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) ask();
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
