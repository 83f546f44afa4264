import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { TextField } from "../../design/Field";
import { useDoing } from "../../design/useDoing";
import { useText } from "../../i18n/language";
import { text } from "./text";

/** More of a room that has ended: "make it shorter". */
export function Continue({ id }: { id: string }) {
  const t = useText(text);
  const own = useHercules().room(id);
  const [doing, start] = useDoing<"continue">();
  const [wanted, setWanted] = useState("");
  const go = (event: FormEvent) => {
    event.preventDefault();
    void start("continue", () => own.continue(wanted));
  };
  return (
    <Card label={t.actions.continue}>
      <form className="stack" onSubmit={go}>
        <TextField
          label={t.continueLabel}
          placeholder={t.continueHint}
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
          required
          maxLength={8000}
          rows={2}
        />
        <div className="card-actions">
          <Button tone="primary" type="submit" icon="play" isBusy={doing !== undefined}>
            {t.actions.continue}
          </Button>
        </div>
      </form>
    </Card>
  );
}
