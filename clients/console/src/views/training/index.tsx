import "./training_view.css";

import { useHercules } from "@hercules/client/react";
import { lazy, Suspense, useState } from "react";

import { bodyOf } from "../../app/body";
import { Button } from "../../design/Button";
import { EmptyState } from "../../design/EmptyState";
import { Loading } from "../../design/Loading";
import { Page } from "../../design/Page";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useLoaded } from "../../design/useLoaded";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { type Logged, LoggedWorkout } from "./LoggedWorkout";
import { Plans } from "./Plans";
import { today, WorkoutDialog } from "./WorkoutDialog";

const Plots = lazy(() => import("./Plots"));

export default function TrainingView() {
  const t = useText({ en, de });
  const { api } = useHercules();
  const log = useLoaded(() => wholeLog(api), []);
  const [isNew, setIsNew] = useState(false);
  const workouts = log.value ?? [];
  return (
    <Page
      title={t.title}
      lead={t.lead}
      actions={
        <Button tone="primary" icon="plus" onClick={() => setIsNew(true)}>
          {t.write}
        </Button>
      }
    >
      {log.fault !== undefined && <ProblemMessage fault={log.fault} onRetry={log.reload} />}
      {workouts.length > 0 && (
        <Suspense fallback={<Loading />}>
          <Plots workouts={workouts.map((one) => one.content)} />
        </Suspense>
      )}
      <Plans />
      <section className="stack">
        <h2>{t.log}</h2>
        {!log.value && log.fault === undefined && <Loading />}
        {log.value?.length === 0 && (
          <EmptyState icon="training" title={t.noLog}>
            <p>{t.noLogHow}</p>
          </EmptyState>
        )}
        {workouts.map((workout) => (
          <LoggedWorkout key={workout.id} workout={workout} onChange={log.reload} />
        ))}
      </section>
      {isNew && (
        <WorkoutDialog
          title={t.write}
          initial={{ performed_on: today(), minutes: 45, exercises: [NEW_EXERCISE], notes: null }}
          save={(body) => api.POST("/v1/workout-logs", { body })}
          onSaved={log.reload}
          onClose={() => setIsNew(false)}
        />
      )}
    </Page>
  );
}

const NEW_EXERCISE = { name: "", sets: 3, rest_seconds: 90 };

type Api = ReturnType<typeof useHercules>["api"];

const MOST_PAGES = 5; // of a hundred workouts: more than the plots show

async function wholeLog(api: Api): Promise<Logged[]> {
  const all: Logged[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await bodyOf(api.GET("/v1/workout-logs", { params: { query: { limit: 100, cursor } } }));
    all.push(...found.items);
    if (!found.next_cursor) break;
    cursor = found.next_cursor;
  }
  return all;
}
