import { useHercules } from "@hercules/client/react";
import { useState } from "react";

import { bodyOf } from "../../app/body";
import { href } from "../../app/route";
import type { Schemas } from "../../app/schemas";
import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { Loading } from "../../design/Loading";
import { Markdown } from "../../design/Markdown";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";

/** A document as it is searched, chunk by chunk. */
export function Chunks({ id, source }: { id: string; source: string }) {
  const t = useText({ en, de });
  const { api } = useHercules();
  const [older, setOlder] = useState<Schemas["StoredChunk"][]>([]);
  const [first, setFirst] = useState(0);
  const params = { path: { source_id: id }, query: { first, limit: 20 } };
  const page = useLoaded(() => bodyOf(api.GET("/v1/knowledge/documents/{source_id}/chunks", { params })), [id, first]);
  const shown = [...older, ...(page.value?.items ?? []).filter((one) => one.chunk_index >= first)];
  const next = page.value?.next_first;
  return (
    <section className="stack">
      <div className="row">
        <a href={href("knowledge", "documents")}>{t.back}</a>
        <h2>{source}</h2>
      </div>
      {page.fault !== undefined && <ProblemMessage fault={page.fault} onRetry={page.reload} />}
      {!page.value && page.fault === undefined && <Loading />}
      {shown.map((chunk) => (
        <Chunk key={chunk.id} chunk={chunk} />
      ))}
      {next != null && (
        <div>
          <Button onClick={() => (setOlder(shown), setFirst(next))}>{t.more}</Button>
        </div>
      )}
    </section>
  );
}

function Chunk({ chunk }: { chunk: Schemas["StoredChunk"] }) {
  const t = useText({ en, de });
  const format = useFormat();
  const { chunk_index, heading, language, token_count, content } = chunk;
  const about = [language, t.tokens(format.number(token_count, 0))].join(" · ");
  return (
    <Card title={`${chunk_index + 1}. ${heading ?? ""}`} aside={about}>
      <Markdown text={content} />
    </Card>
  );
}
