import type { RoomPlanChange, RoomState, Task } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { TextField } from "../../design/Field";
import { useToast } from "../../design/Toast";
import { useDoing } from "../../design/useDoing";
import { useText } from "../../i18n/language";
import { Estimate } from "./Estimate";
import { text } from "./text";

/** A plan that nothing is done of yet: its criteria, what each agent is told, and which tasks there are. */
export function Plan({ id, state }: { id: string; state: RoomState }) {
  const t = useText(text);
  const toast = useToast();
  const own = useHercules().room(id);
  const [doing, start] = useDoing<string>();
  const tasks = state.tasks.filter((task) => task.part === state.room?.part && isToCome(task));
  const [criteria, setCriteria] = useState(state.room?.criteria.join("\n") ?? "");
  const [briefs, setBriefs] = useState<Record<string, string>>({});
  const change = async (name: string, body: RoomPlanChange) => {
    if (await start(name, () => own.changePlan(body))) {
      toast.say(t.plan.saved);
    }
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    const lines = criteria
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    const changed = tasks.filter((task) => (briefs[task.key] ?? task.brief) !== task.brief);
    void change("save", {
      criteria: lines.length > 0 ? lines : undefined,
      tasks: changed.map(({ key }) => ({ key, brief: briefs[key]!, removed: false })),
    });
  };
  return (
    <Card tone="proposal" title={t.plan.title} label={t.plan.title}>
      <p>{t.plan.lead}</p>
      {state.room?.estimate && (
        <p>
          <Estimate of={state.room.estimate} />
        </p>
      )}
      <form className="stack" onSubmit={save}>
        <TextField
          label={t.plan.criteria}
          hint={t.plan.criteriaHint}
          value={criteria}
          onChange={(event) => setCriteria(event.target.value)}
          required
          rows={3}
        />
        {tasks.map((task) => (
          <div key={task.id} className="room-planned">
            <TextField
              label={t.plan.brief(task.key, t.roles[task.role] ?? task.role)}
              hint={[...task.deliverables, task.depends_on.length > 0 && t.after(task.depends_on.join(", "))]
                .filter(Boolean)
                .join(" · ")}
              value={briefs[task.key] ?? task.brief}
              onChange={(event) => setBriefs({ ...briefs, [task.key]: event.target.value })}
              required
              maxLength={6000}
              rows={3}
            />
            {tasks.length > 1 && !tasks.some((other) => other.depends_on.includes(task.key)) && (
              <Button
                tone="quiet"
                icon="trash"
                isBusy={doing === task.key}
                onClick={() => void change(task.key, { tasks: [{ key: task.key, removed: true }] })}
              >
                {t.plan.remove}
              </Button>
            )}
          </div>
        ))}
        <div className="card-actions">
          <Button type="submit" isBusy={doing === "save"}>
            {t.plan.save}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function isToCome(task: Task): boolean {
  return task.status === "pending" || task.status === "waiting";
}
