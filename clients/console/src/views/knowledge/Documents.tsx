import { useHercules } from "@hercules/client/react";
import { useEffect, useState } from "react";

import { bodyOf } from "../../app/body";
import { Button } from "../../design/Button";
import { EmptyState } from "../../design/EmptyState";
import { SelectField } from "../../design/Field";
import { Loading } from "../../design/Loading";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useLoaded } from "../../design/useLoaded";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { DocumentTable } from "./DocumentTable";
import { en } from "./en";
import { Uploads } from "./Uploads";

const STATUSES = ["pending", "ready", "failed", "deleted"] as const;
const PAGE = 25;
const AGAIN_AFTER = 3000; // milliseconds, while a document of the list is on its way

/** Files on their way in, and what has become of each. */
export function Documents() {
  const t = useText({ en, de });
  const { api } = useHercules();
  const [status, setStatus] = useState("");
  const [limit, setLimit] = useState(PAGE);
  const wanted = STATUSES.find((one) => one === status);
  const list = useLoaded(
    () => bodyOf(api.GET("/v1/knowledge/documents", { params: { query: { status: wanted, limit } } })),
    [wanted, limit],
  );
  const backlog = useLoaded(() => bodyOf(api.GET("/v1/operations/ingestion")), []);
  const reload = () => (list.reload(), backlog.reload());
  const isPending = list.value?.items.some((one) => one.status === "pending");
  useEffect(() => {
    const timer = isPending ? setTimeout(reload, AGAIN_AFTER) : undefined;
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- each answer is waited behind, whatever it says
  }, [list.value]);
  const options: [string, string][] = [["", t.all], ...STATUSES.map((one): [string, string] => [one, t.statuses[one]])];
  return (
    <>
      <Uploads onDone={reload} />
      <div className="knowledge-bar">
        <SelectField label={t.filter} value={status} options={options} onChange={setStatus} />
        {backlog.value && (
          <p className="faint small">{t.queue(backlog.value.waiting, backlog.value.in_work, backlog.value.given_up)}</p>
        )}
      </div>
      {list.fault !== undefined && <ProblemMessage fault={list.fault} onRetry={list.reload} />}
      {!list.value && list.fault === undefined && <Loading />}
      {list.value?.items.length === 0 && (
        <EmptyState icon="book" title={wanted ? t.noneOfState : t.none}>
          {!wanted && <p>{t.noneHow}</p>}
        </EmptyState>
      )}
      {list.value && list.value.items.length > 0 && <DocumentTable documents={list.value.items} onChange={reload} />}
      {list.value?.next_cursor && limit < 100 && (
        <Button onClick={() => setLimit(Math.min(limit + PAGE, 100))}>{t.more}</Button>
      )}
    </>
  );
}
