import { citationsOf, type Message, NotFound } from "@hercules/client";
import { useHercules } from "@hercules/client/react";

import { bodyOf } from "../../app/body";
import { Loading } from "../../design/Loading";
import { Markdown } from "../../design/Markdown";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { text } from "./text";

/** The passage in which a quote stands, with the quote marked. */
export function Passage({ message, at }: { message: Message; at: number }) {
  const t = useText(text);
  const format = useFormat();
  const { api } = useHercules();
  const citation = citationsOf(message)[at];
  const path = { message_id: message.id, chunk_id: citation?.chunk_id ?? "" };
  const { value: passage, fault } = useLoaded(
    () => bodyOf(api.GET("/v1/messages/{message_id}/passages/{chunk_id}", { params: { path } })),
    [path.message_id, path.chunk_id],
  );
  if (!citation) {
    return null;
  }
  const { title, reviewed_on } = passage ?? citation;
  return (
    <div className="passage">
      <div>
        <h3>{title}</h3>
        {reviewed_on && (
          <p className="faint small">
            {t.reviewed(format.date(reviewed_on))}
            {passage?.reviewed_by && t.reviewedBy(passage.reviewed_by)}
          </p>
        )}
      </div>
      {!passage && fault === undefined && <Loading />}
      {fault !== undefined &&
        (fault instanceof NotFound ? (
          <>
            <p className="notice wants">{t.passageGone}</p>
            <blockquote className="quote">{citation.quote}</blockquote>
          </>
        ) : (
          <ProblemMessage fault={fault} />
        ))}
      {passage && (
        <>
          {!passage.is_cited_version && <p className="notice wants">{t.changed}</p>}
          <div className="passage-text">
            <Markdown text={passage.content} quote={citation.quote} />
          </div>
          {passage.sources.length > 0 && (
            <details>
              <summary>{t.itsSources}</summary>
              <Markdown text={passage.sources.map((source) => `- ${source}`).join("\n")} />
            </details>
          )}
        </>
      )}
      <p className="faint small">
        <code>{citation.source}</code>, {t.version(citation.version)}
      </p>
    </div>
  );
}
