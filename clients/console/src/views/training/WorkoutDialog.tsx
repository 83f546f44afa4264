import { type FormEvent, useState } from "react";

import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useToast } from "../../design/Toast";
import type { Fields } from "../../forms/schema";
import { SchemaForm } from "../../forms/SchemaForm";
import { useText } from "../../i18n/language";
import { isoDay } from "../../training/statistics";
import { de } from "./de";
import { en } from "./en";

interface Props {
  title: string;
  initial: Fields;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the form is made of the very schema that the body has
  save(body: any): Promise<unknown>;
  onSaved(): void;
  onClose(): void;
}

/** A workout to write down or to correct. */
export function WorkoutDialog({ title, initial, save, onSaved, onClose }: Props) {
  const t = useText({ en, de });
  const toast = useToast();
  const [workout, setWorkout] = useState(initial);
  const [fault, setFault] = useState<unknown>();
  const [isBusy, setIsBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setIsBusy(true);
    setFault(undefined);
    try {
      await save(workout);
      toast.say(t.saved);
      onSaved();
      onClose();
    } catch (refused) {
      setFault(refused);
      setIsBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <SchemaForm schema="NewWorkout" value={workout} onChange={setWorkout} />
        {fault !== undefined && <ProblemMessage fault={fault} />}
        <div className="row">
          <Button tone="primary" type="submit" isBusy={isBusy}>
            {t.save}
          </Button>
          <Button onClick={onClose}>{t.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Where the user is, not in Greenwich. */
export function today(): string {
  const now = new Date();
  return isoDay(new Date(now.getTime() - now.getTimezoneOffset() * 60_000));
}
