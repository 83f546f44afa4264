import { useHercules } from "@hercules/client/react";

import { bodyOf } from "../../app/body";
import { href } from "../../app/route";
import { Card } from "../../design/Card";
import { EmptyState } from "../../design/EmptyState";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { PlanSummary } from "../../training/PlanSummary";
import { de } from "./de";
import { en } from "./en";

/** The plan that is followed; the earlier ones behind a word. */
export function Plans() {
  const t = useText({ en, de });
  const format = useFormat();
  const { api } = useHercules();
  const { value, fault, reload } = useLoaded(
    () => bodyOf(api.GET("/v1/workout-plans", { params: { query: { limit: 20 } } })),
    [],
  );
  const active = value?.items.find((plan) => plan.is_active);
  const older = value?.items.filter((plan) => plan !== active) ?? [];
  return (
    <section className="stack">
      <h2>{t.plan}</h2>
      {fault !== undefined && <ProblemMessage fault={fault} onRetry={reload} />}
      {active && (
        <Card aside={format.date(active.created_at)}>
          <PlanSummary plan={active.content} />
        </Card>
      )}
      {value && !active && (
        <EmptyState icon="list" title={t.noPlan}>
          <p>{t.noPlanHow}</p>
          <a href={href("coach")}>{t.askCoach}</a>
        </EmptyState>
      )}
      {older.length > 0 && (
        <details>
          <summary>{t.olderPlans}</summary>
          <div className="stack older-plans">
            {older.map((plan) => (
              <Card key={plan.id} aside={format.date(plan.created_at)}>
                <PlanSummary plan={plan.content} />
              </Card>
            ))}
          </div>
        </details>
      )}
    </section>
  );
}
