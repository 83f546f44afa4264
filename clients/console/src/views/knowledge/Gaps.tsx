import { useHercules } from "@hercules/client/react";

import { bodyOf } from "../../app/body";
import { href } from "../../app/route";
import type { Schemas } from "../../app/schemas";
import { Card } from "../../design/Card";
import { Loading } from "../../design/Loading";
import { Plot } from "../../design/Plot";
import { ProblemMessage } from "../../design/ProblemMessage";
import { Table } from "../../design/Table";
import { useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { isStale } from "./review";

/** What is missing: questions without an answer, documents that nobody needs, reviews that are old. */
export function Gaps() {
  const t = useText({ en, de });
  const { api } = useHercules();
  const found = useLoaded(() => bodyOf(api.GET("/v1/operations/knowledge", { params: { query: { limit: 50 } } })), []);
  if (found.fault !== undefined) {
    return <ProblemMessage fault={found.fault} onRetry={found.reload} />;
  }
  if (!found.value) {
    return <Loading />;
  }
  const { never_cited, most_cited } = found.value;
  return (
    <div className="stack">
      <div className="grid">
        <Questions days={found.value.days} />
        <Unanswered questions={found.value.found_nothing} />
      </div>
      <div className="grid">
        <Card title={t.mostCited}>
          {most_cited.length === 0 && <p className="faint">{t.nothing}</p>}
          {most_cited.length > 0 && (
            <Table
              caption={t.mostCited}
              keyOf={(one) => one.source}
              rows={most_cited.slice(0, 10)}
              columns={[
                { title: t.document, cell: (one) => one.source },
                { title: t.answers, isNumber: true, cell: (one) => one.answers },
              ]}
            />
          )}
        </Card>
        <Card title={t.neverCited}>
          <Names names={never_cited.map((one) => one.title)} />
        </Card>
      </div>
      <StaleReviews />
    </div>
  );
}

function Questions({ days }: { days: readonly Schemas["DayOfQuestions"][] }) {
  const t = useText({ en, de });
  const format = useFormat();
  const inOrder = [...days].reverse();
  return (
    <Card>
      <Plot
        title={t.questions}
        labels={inOrder.map((one) => format.day(one.day))}
        series={[
          { label: t.searched, kind: "line", values: inOrder.map((one) => one.searched) },
          { label: t.foundNothing, kind: "line", values: inOrder.map((one) => one.found_nothing) },
          { label: t.cited, kind: "line", values: inOrder.map((one) => one.cited) },
        ]}
      />
    </Card>
  );
}

function Unanswered({ questions }: { questions: readonly Schemas["SharedQuestion"][] }) {
  const t = useText({ en, de });
  const format = useFormat();
  return (
    <Card title={t.noAnswer}>
      <p className="faint small">{t.noAnswerHow}</p>
      {questions.length === 0 && <p>{t.noneShared}</p>}
      <ul className="questions">
        {questions.map((one) => (
          <li key={one.asked_at + one.question}>
            “{one.question}” <span className="faint small">{format.relative(one.asked_at)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function StaleReviews() {
  const t = useText({ en, de });
  const format = useFormat();
  const { api } = useHercules();
  const list = useLoaded(
    () => bodyOf(api.GET("/v1/knowledge/documents", { params: { query: { status: "ready", limit: 100 } } })),
    [],
  );
  const stale = (list.value?.items ?? []).filter((one) => isStale(one.reviewed_on));
  return (
    <Card title={t.staleTitle}>
      <p className="faint small">{t.staleHow}</p>
      {list.fault !== undefined && <ProblemMessage fault={list.fault} onRetry={list.reload} />}
      {list.value && stale.length === 0 && <p>{t.nothing}</p>}
      <ul className="questions">
        {stale.map((one) => (
          <li key={one.id}>
            <a href={href("knowledge", "documents", one.id, one.source)}>{one.title}</a>{" "}
            <span className="faint small">{one.reviewed_on ? format.date(one.reviewed_on) : t.never}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Names({ names }: { names: readonly string[] }) {
  const t = useText({ en, de });
  return names.length === 0 ? (
    <p className="faint">{t.nothing}</p>
  ) : (
    <ul className="questions">
      {names.map((name) => (
        <li key={name}>{name}</li>
      ))}
    </ul>
  );
}
