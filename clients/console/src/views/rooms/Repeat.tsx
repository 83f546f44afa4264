import type { NewSchedule } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Field, SelectField, TextField } from "../../design/Field";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useToast } from "../../design/Toast";
import { useDoing } from "../../design/useDoing";
import { useFormat, WEEKDAYS } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { Means, meansOf } from "./Means";
import { text } from "./text";

interface Props {
  /** What a room was to do that is to be opened again. */
  prompt?: string;
  agents?: readonly string[];
  onMade(): void;
  onClose(): void;
}

/** A room to be opened anew on days of the week, by the clock of a place. */
export function Repeat({ prompt, agents, onMade, onClose }: Props) {
  const t = useText(text);
  const format = useFormat();
  const toast = useToast();
  const { schedules } = useHercules();
  const [doing, start, fault] = useDoing<"create">(true);
  const [days, setDays] = useState<readonly string[]>([]);
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [isMissing, setIsMissing] = useState(false);
  const create = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const weekdays = days as NewSchedule["weekdays"];
    setIsMissing(weekdays.length === 0);
    if (weekdays.length === 0) {
      return;
    }
    const [task_prompt, at] = [String(said.get("prompt")).trim(), String(said.get("at"))];
    const body = { task_prompt, weekdays, at, time_zone: zone, ...meansOf(said) };
    if (await start("create", () => schedules.create(body))) {
      toast.say(t.schedules.made);
      onMade();
    }
  };
  return (
    <Dialog title={t.schedules.repeat} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void create(event)}>
        <TextField label={t.form.prompt} name="prompt" defaultValue={prompt} required maxLength={8000} rows={4} />
        <fieldset>
          <legend>{t.schedules.days}</legend>
          <div className="row">
            {WEEKDAYS.map((day) => (
              <label key={day} className="choice">
                <input
                  type="checkbox"
                  checked={days.includes(day)}
                  onChange={() => setDays(toggled(days, day))}
                  aria-invalid={isMissing || undefined}
                />
                {format.weekday(day)}
              </label>
            ))}
          </div>
          {isMissing && (
            <p role="alert" className="field-fault">
              {t.schedules.noDay}
            </p>
          )}
        </fieldset>
        <div className="room-limits">
          <Field label={t.schedules.at} name="at" type="time" defaultValue="18:00" required />
          <SelectField label={t.schedules.zone} value={zone} options={zones(zone)} onChange={setZone} />
        </div>
        <Means agents={agents} />
        <p className="field-hint">{t.schedules.each}</p>
        {fault !== undefined && <ProblemMessage fault={fault} />}
        <Button tone="primary" type="submit" isBusy={doing !== undefined}>
          {t.schedules.make}
        </Button>
      </form>
    </Dialog>
  );
}

/** In the order of the week. */
function toggled(days: readonly string[], day: string): string[] {
  return WEEKDAYS.filter((one) => (one === day) !== days.includes(one));
}

/** All that the browser knows, with its own. */
function zones(own: string): [string, string][] {
  const names = new Set([...Intl.supportedValuesOf("timeZone"), own]);
  return [...names].sort().map((name) => [name, name.replaceAll("_", " ")]);
}
