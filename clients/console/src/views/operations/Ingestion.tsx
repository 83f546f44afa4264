import { useHercules } from "@hercules/client/react";

import { bodyOf } from "../../app/body";
import { href } from "../../app/route";
import { Table } from "../../design/Table";
import { useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { Figures } from "./Figures";
import { Shown } from "./Shown";
import { Status } from "./Status";

/** What waits to be read, and what became of the rest. */
export function Ingestion() {
  const t = useText({ en, de });
  const format = useFormat();
  const { api } = useHercules();
  const backlog = useLoaded(() => bodyOf(api.GET("/v1/operations/ingestion")), []);
  const found = useLoaded(() => bodyOf(api.GET("/v1/operations/knowledge", { params: { query: { limit: 1 } } })), []);
  return (
    <div className="stack">
      <Shown of={backlog}>
        {({ waiting, in_work, given_up }) => (
          <Figures
            of={[
              [t.waiting, waiting],
              [t.inWork, in_work],
              [t.givenUp, given_up],
            ]}
          />
        )}
      </Shown>
      <Shown of={found}>
        {({ documents }) => (
          <Table
            caption={t.documents}
            keyOf={(one) => one.status + one.error_code}
            rows={documents}
            columns={[
              { title: t.status, cell: (one) => <Status status={one.status} why={one.error_code} /> },
              { title: t.documents, isNumber: true, cell: (one) => format.number(one.documents, 0) },
              { title: t.chunks, isNumber: true, cell: (one) => format.number(one.chunks, 0) },
            ]}
          />
        )}
      </Shown>
      <p>
        <a href={href("knowledge", "documents")}>{t.toKnowledge}</a>
      </p>
    </div>
  );
}
