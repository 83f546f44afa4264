import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { bodyOf } from "../../app/body";
import type { Schemas } from "../../app/schemas";
import { Button } from "../../design/Button";
import { Field } from "../../design/Field";
import { ProblemMessage } from "../../design/ProblemMessage";
import { Table } from "../../design/Table";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";

type Explained = Schemas["ExplainedSearch"];
type Considered = Schemas["Considered"];

/** The search of a turn, with the scores of all that it looked at. */
export function AskAsCoach() {
  const t = useText({ en, de });
  const { api } = useHercules();
  const [isBusy, setIsBusy] = useState(false);
  const [answer, setAnswer] = useState<{ explained?: Explained; fault?: unknown }>({});
  const ask = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [question, before] = ["question", "before"].map((name) => String(form.get(name)).trim());
    setIsBusy(true);
    try {
      const body = { question: question ?? "", before: before ? [before] : [] };
      setAnswer({ explained: await bodyOf(api.POST("/v1/knowledge/explain", { body })) });
    } catch (fault) {
      setAnswer({ fault });
    }
    setIsBusy(false);
  };
  return (
    <section className="stack">
      <form className="stack" onSubmit={(event) => void ask(event)}>
        <Field label={t.question} name="question" required maxLength={8000} hint={t.askHow} />
        <Field label={t.before} name="before" maxLength={8000} />
        <div>
          <Button tone="primary" type="submit" icon="search" isBusy={isBusy}>
            {t.ask}
          </Button>
        </div>
      </form>
      <div aria-live="polite" className="stack">
        {answer.fault !== undefined && <ProblemMessage fault={answer.fault} />}
        {answer.explained && <Explanation explained={answer.explained} />}
      </div>
    </section>
  );
}

function Explanation({ explained }: { explained: Explained }) {
  const t = useText({ en, de });
  const format = useFormat();
  if (explained.queries.length === 0) {
    return <p>{t.smallTalk}</p>;
  }
  return (
    <>
      <p className="faint small">
        {t.floor(format.number(explained.min_similarity, 2))}{" "}
        {t.cost(format.number(explained.embedding_tokens, 0), format.dollars(explained.cost))} (
        {explained.embedding_model})
      </p>
      {explained.queries.map(({ query, items }) => (
        <section key={query} className="stack">
          <h3>{t.asked(query)}</h3>
          {items.length > 0 ? <Candidates query={query} items={items} /> : <p>{t.nothingLooked}</p>}
        </section>
      ))}
    </>
  );
}

function Candidates({ query, items }: { query: string; items: readonly Considered[] }) {
  const t = useText({ en, de });
  const format = useFormat();
  return (
    <Table
      caption={t.asked(query)}
      keyOf={(one) => one.chunk_id}
      rows={items}
      columns={[
        { title: t.place, isNumber: true, cell: (one) => one.found_place ?? "–" },
        { title: t.verdict, cell: (one) => <Verdict item={one} /> },
        { title: t.document, cell: (one) => <Excerpt item={one} /> },
        {
          title: t.meaning,
          cell: (one) => (
            <Score value={one.similarity} place={one.near_place}>
              {one.question !== null && t.byQuestion(one.question, format.number(one.question_similarity ?? 0, 3))}
            </Score>
          ),
        },
        {
          title: t.words,
          cell: (one) => (
            <Score value={one.words_score} place={one.words_place}>
              {one.coverage !== null && `${format.percent(one.coverage)} ${t.coverage}`}
            </Score>
          ),
        },
        { title: t.fused, isNumber: true, cell: (one) => format.number(one.rank_score, 4) },
      ]}
    />
  );
}

function Verdict({ item }: { item: Considered }) {
  const t = useText({ en, de }).verdicts;
  const verdict = item.is_shown ? "shown" : item.found_place !== null ? "full" : item.is_evidence ? "beyond" : "cut";
  const tone = { shown: "good", full: "wants", beyond: "busy", cut: "" }[verdict];
  return <span className={`badge ${tone}`}>{t[verdict]}</span>;
}

function Excerpt({ item }: { item: Considered }) {
  return (
    <details className="excerpt">
      <summary>
        <strong>{item.title}</strong> <span className="faint small">{item.heading}</span>
      </summary>
      <p className="small">{item.excerpt}</p>
    </details>
  );
}

function Score(props: { value: number | null; place: number | null; children?: React.ReactNode }) {
  const format = useFormat();
  const { value, place, children } = props;
  return value === null ? (
    "–"
  ) : (
    <span className="score">
      {format.number(value, 3)}
      {place !== null && <span className="faint small"> · #{place}</span>}
      {children && <span className="faint small"> · {children}</span>}
    </span>
  );
}
