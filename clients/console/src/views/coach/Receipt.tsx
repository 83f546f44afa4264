import { citationsOf, type Message } from "@hercules/client";

import { useFieldWords } from "../../forms/field_words";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import type { Beside } from "./Conversation";
import { text } from "./text";

/** What an answer was made from, and what it cost. */
export function Receipt({ message, onOpen }: { message: Message; onOpen(beside: Beside): void }) {
  const t = useText(text);
  const format = useFormat();
  const { label } = useFieldWords();
  const receipt = message.metadata.receipt;
  if (!receipt) {
    return null;
  }
  const number = (value: number) => format.number(value, 0);
  const listed = (names: readonly string[]) => names.map(label).join(", ") || t.seen.nothing;
  const facts: [string, string][] = [
    [t.seen.model, `${receipt.model} (${receipt.provider})`],
    [
      t.seen.words,
      t.seen.ofWords(number(receipt.prompt_tokens), number(receipt.completion_tokens), number(receipt.cached_tokens)),
    ],
    [t.seen.cost, `${format.dollars(receipt.cost)}${receipt.estimated ? ` (${t.seen.atMost})` : ""}`],
    [
      t.seen.first,
      receipt.first_token_ms === null ? "–" : t.seen.seconds(format.number(receipt.first_token_ms / 1000)),
    ],
    [t.seen.calls, String(receipt.model_calls)],
    [t.seen.history, t.seen.ofHistory(receipt.history_messages, receipt.history_left_out)],
    [t.seen.memories, String(receipt.memories)],
    [t.seen.profile, listed(receipt.profile_fields)],
    [t.seen.lookups, listed(receipt.lookups)],
    [t.seen.prompt, `${receipt.prompt_version} · ${receipt.prompt_hash.slice(0, 8)}`],
  ];
  return (
    <>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>{t.seen.passages}</h3>
      <Passages message={message} onOpen={onOpen} />
    </>
  );
}

function Passages({ message, onOpen }: { message: Message; onOpen(beside: Beside): void }) {
  const t = useText(text);
  const format = useFormat();
  const { chunks = [], searched, citations_dropped = 0 } = message.metadata.receipt ?? {};
  const citations = citationsOf(message);
  if (chunks.length === 0) {
    return <p className="faint">{searched ? t.seen.noPassages : t.seen.notSearched}</p>;
  }
  return (
    <>
      <ol className="read-passages">
        {chunks.map((chunk) => {
          const at = citations.findIndex((citation) => citation.chunk_id === chunk.chunk_id);
          return (
            <li key={chunk.chunk_id}>
              {at < 0 ? (
                <span className="faint">{t.seen.notCited}</span>
              ) : (
                <button className="link" onClick={() => onOpen({ kind: "passage", message, at })}>
                  {citations[at]?.title}
                </button>
              )}
              <span className="faint small">
                {at >= 0 && <span className="badge good">{t.seen.cited}</span>} {t.seen.score}{" "}
                {format.number(chunk.score, 2)}
              </span>
            </li>
          );
        })}
      </ol>
      {citations_dropped > 0 && <p className="faint small">{t.seen.dropped(citations_dropped)}</p>}
    </>
  );
}
