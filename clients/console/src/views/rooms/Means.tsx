import type { RoomOptions } from "@hercules/client";

import { Field } from "../../design/Field";
import { useText } from "../../i18n/language";
import { text } from "./text";

const ROLES = ["researcher", "writer", "coder"] as const;

/** Who may work on a room, and what it may use: of one that is opened now, and of each that the clock opens. */
export function Means({ agents = [] }: { agents?: readonly string[] }) {
  const t = useText(text);
  return (
    <>
      <fieldset>
        <legend>{t.form.agents}</legend>
        <div className="row">
          {ROLES.map((role) => (
            <label key={role} className="choice">
              <input type="checkbox" name="agents" value={role} defaultChecked={agents.includes(role)} />
              {t.roles[role]}
            </label>
          ))}
        </div>
        <p className="field-hint">{t.form.agentsHint}</p>
      </fieldset>
      <fieldset>
        <legend>{t.form.budget}</legend>
        <div className="room-limits">
          <Field label={t.form.cost} name="cost" type="number" min={0} max={1000} step="any" inputMode="decimal" />
          <Field label={t.form.tokens} name="tokens" type="number" min={1000} max={10_000_000} inputMode="numeric" />
          <Field label={t.form.calls} name="calls" type="number" min={1} max={1000} inputMode="numeric" />
          <Field label={t.form.minutes} name="minutes" type="number" min={1} max={1440} inputMode="numeric" />
        </div>
        <p className="field-hint">{t.form.usual}</p>
      </fieldset>
    </>
  );
}

/** What was said of them in a form. */
export function meansOf(said: FormData): Pick<RoomOptions, "agents" | "budget"> {
  const amount = (name: string) => (said.get(name) ? Number(said.get(name)) : undefined);
  const minutes = amount("minutes");
  return {
    agents: said.getAll("agents") as NonNullable<RoomOptions["agents"]>,
    budget: {
      cost: amount("cost"),
      tokens: amount("tokens"),
      calls: amount("calls"),
      seconds: minutes && minutes * 60,
    },
  };
}
