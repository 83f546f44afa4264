import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { Field } from "../../design/Field";
import { useDoing } from "../../design/useDoing";
import { useText } from "../../i18n/language";
import { text } from "./text";

/** What all agents were told on their way, and while they are at work something more. */
export function Steering({ id, said, isOpen }: { id: string; said: string[]; isOpen: boolean }) {
  const t = useText(text);
  const own = useHercules().room(id);
  const [doing, start] = useDoing<"steer">();
  const [words, setWords] = useState("");
  const tell = async (event: FormEvent) => {
    event.preventDefault();
    if (await start("steer", () => own.steer(words))) {
      setWords("");
    }
  };
  if (!isOpen && said.length === 0) {
    return null;
  }
  return (
    <Card label={t.steerLabel}>
      {said.length > 0 && (
        <>
          <h3>{t.steered}</h3>
          <ul className="room-said">
            {said.map((one, at) => (
              <li key={at}>{one}</li>
            ))}
          </ul>
        </>
      )}
      {isOpen && (
        <form className="stack" onSubmit={(event) => void tell(event)}>
          <Field
            label={t.steerLabel}
            value={words}
            onChange={(event) => setWords(event.target.value)}
            required
            maxLength={8000}
          />
          <div className="card-actions">
            <Button type="submit" icon="send" isBusy={doing !== undefined}>
              {t.steer}
            </Button>
          </div>
        </form>
      )}
    </Card>
  );
}
