import { citationsOf, isAdvice, type Message } from "@hercules/client";
import type { ReactNode } from "react";

import { Button } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { Markdown } from "../../design/Markdown";
import { useText } from "../../i18n/language";
import type { Beside } from "./Conversation";
import { Rating } from "./Rating";
import { text } from "./text";

interface Props {
  message: Message;
  onOpen(beside: Beside): void;
  /** Answer the question before it again. */
  onAgain?: () => void;
  /** What was proposed with it. */
  children?: ReactNode;
}

export function CoachMessage({ message, onOpen, onAgain, children }: Props) {
  const t = useText(text);
  const citations = citationsOf(message);
  const open = (at: number) => onOpen({ kind: "passage", message, at });
  const mark = (number: number) => {
    const citation = citations[number - 1];
    return citation ? (
      <button className="mark" title={t.source(number, citation.title)} onClick={() => open(number - 1)}>
        {number}
      </button>
    ) : (
      `[${number}]`
    );
  };
  return (
    <div className="coach-message">
      <article className={isAdvice(message) ? "message coach urgent" : "message coach"} aria-label={t.coach}>
        {isAdvice(message) && (
          <p className="urgent-title">
            <Icon name="warning" /> {t.urgent}
          </p>
        )}
        <Markdown text={message.content} mark={mark} />
        <Notes message={message} />
        {citations.length > 0 && (
          <ul className="sources" aria-label={t.sources}>
            {citations.map((citation, at) => (
              <li key={`${citation.chunk_id}-${at}`}>
                <button onClick={() => open(at)}>
                  <span className="sources-number">{at + 1}</span>
                  {citation.title}
                </button>
              </li>
            ))}
          </ul>
        )}
      </article>
      {children}
      <div className="message-tools">
        <Rating message={message} />
        {message.metadata.receipt && (
          <Button tone="quiet" icon="receipt" isIconOnly onClick={() => onOpen({ kind: "receipt", message })}>
            {t.receipt}
          </Button>
        )}
        {onAgain && (
          <Button tone="quiet" icon="retry" isIconOnly onClick={onAgain}>
            {t.again}
          </Button>
        )}
      </div>
    </div>
  );
}

/** What is to be known of an answer besides its words. */
function Notes({ message }: { message: Message }) {
  const t = useText(text);
  const { status, truncated, safety } = message.metadata;
  const notes = [
    status === "cancelled" && t.stopped,
    truncated && t.cut,
    safety?.mended?.length && t.mended,
    (safety?.left_out?.length || safety?.withheld?.length) && t.leftOut,
  ].filter((note): note is string => typeof note === "string");
  return notes.map((note) => (
    <p key={note} className="faint small">
      {note}
    </p>
  ));
}
