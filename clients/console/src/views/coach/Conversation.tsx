import { isAdvice, type Message } from "@hercules/client";
import { useHercules, useSession } from "@hercules/client/react";
import { useLayoutEffect, useRef, useState } from "react";

import { href } from "../../app/route";
import { Button } from "../../design/Button";
import { EmptyState } from "../../design/EmptyState";
import { Dialog } from "../../design/Dialog";
import { Loading } from "../../design/Loading";
import { Markdown } from "../../design/Markdown";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useNarrow } from "../../design/useNarrow";
import { useText } from "../../i18n/language";
import { ProposalCard } from "../../proposals/ProposalCard";
import { useActions } from "../../proposals/useActions";
import { type Asking, useAsking } from "./asking";
import { CoachMessage } from "./CoachMessage";
import { Composer } from "./Composer";
import { announceTurnEnd, useTurnEnds } from "./turn_ends";
import { Passage } from "./Passage";
import { Receipt } from "./Receipt";
import { text } from "./text";
import { UserMessage } from "./UserMessage";

/** What is opened beside the conversation: where a quote is from, or what an answer was made of. */
export type Beside = { kind: "passage"; message: Message; at: number } | { kind: "receipt"; message: Message };

export function Conversation({ id }: { id: string }) {
  const t = useText(text);
  const isNarrow = useNarrow(1100);
  const session = useSession(id);
  const asking = useAsking(id);
  const [beside, setBeside] = useState<Beside>();
  const { turn } = session;
  useTurnEnds(turn?.id, () => announceTurnEnd(id));

  if (session.status === "failed") {
    return (
      <section className="conversation">
        <EmptyState icon="chat" title={t.gone}>
          <p>{t.goneHow}</p>
          <a href={href("coach")}>{t.fresh}</a>
        </EmptyState>
      </section>
    );
  }
  const close = () => setBeside(undefined);
  const title = beside?.kind === "receipt" ? t.receipt : t.passage;
  const panel =
    beside &&
    (beside.kind === "receipt" ? <Receipt message={beside.message} onOpen={setBeside} /> : <Passage {...beside} />);
  return (
    <>
      <section className="conversation" aria-label={session.session?.title || t.fresh}>
        <Messages id={id} asking={asking} onOpen={setBeside} />
        <Foot id={id} asking={asking} />
      </section>
      {panel &&
        (isNarrow ? (
          <Dialog title={title} isSheet onClose={close}>
            {panel}
          </Dialog>
        ) : (
          <aside className="beside" aria-label={title}>
            <header className="dialog-head">
              <h2>{title}</h2>
              <Button tone="quiet" icon="close" isIconOnly onClick={close}>
                {t.cancel}
              </Button>
            </header>
            {panel}
          </aside>
        ))}
    </>
  );
}

function Foot({ id, asking }: { id: string; asking: Asking }) {
  const t = useText(text);
  const hercules = useHercules();
  const { turn, isLive, status } = useSession(id);
  const isAtWork = turn !== undefined || asking.sending !== undefined;
  return (
    <div className="conversation-foot">
      {status === "ready" && !isLive && <p className="faint small conversation-link">{t.connecting}</p>}
      <Composer
        onAsk={(question) => void asking.ask(question)}
        refused={asking.refused?.replaces ? undefined : asking.refused?.content}
        onStop={isAtWork ? () => void hercules.session(id).stop() : undefined}
        isBusy={status !== "ready"}
      />
    </div>
  );
}

interface MessagesProps {
  id: string;
  asking: Asking;
  onOpen(beside: Beside): void;
}

function Messages({ id, asking, onOpen }: MessagesProps) {
  const t = useText(text);
  const hercules = useHercules();
  const { status, messages, hasOlder, preview, turn, unsent, pendingActions } = useSession(id);
  const [actions, changed] = useActions(pendingActions);
  const { sending, fault, refused } = asking;
  const replaced = messages.findIndex((message) => message.id === sending?.replaces);
  const shown = replaced < 0 ? messages : messages.slice(0, replaced);
  const proposed = new Set(shown.flatMap((message) => message.metadata.actions ?? []));
  const last = shown.at(-1);
  const isAtWork = turn !== undefined || sending !== undefined;
  const isUnanswered = status === "ready" && last?.role === "user" && !isAtWork && unsent.length === 0;
  const end = useStayingAtEnd([shown.length, preview, isAtWork, fault, pendingActions.length]);
  return (
    <div className="messages" tabIndex={0} role="region" aria-label={t.conversations}>
      <div className="messages-inside">
        {status === "loading" && shown.length === 0 && <Loading />}
        {hasOlder && (
          <Button tone="quiet" onClick={() => void hercules.session(id).loadOlder()}>
            {t.olderMessages}
          </Button>
        )}
        {shown.map((message) =>
          message.role === "user" ? (
            <UserMessage
              key={message.id}
              message={message}
              refused={
                refused?.replaces === message.id && refused.content !== message.content ? refused.content : undefined
              }
              onAskInstead={isAtWork ? undefined : (content) => asking.ask(content, message.id)}
            />
          ) : (
            <CoachMessage
              key={message.id}
              message={message}
              onOpen={onOpen}
              onAgain={message === last && !isAtWork && !isAdvice(message) ? againOf(shown, asking) : undefined}
            >
              {(message.metadata.actions ?? []).map((name) => {
                const action = actions.get(name);
                return action && <ProposalCard key={name} action={action} onChange={changed} />;
              })}
            </CoachMessage>
          ),
        )}
        {sending && (
          <article className="message user pending" aria-label={t.you}>
            {sending.content}
            {unsent.some(({ content }) => content === sending.content) && <p className="small">{t.waits}</p>}
          </article>
        )}
        {!sending &&
          unsent.map((question) => (
            <article key={question.key} className="message user pending" aria-label={t.you}>
              {question.content}
              <p className="small">{t.waits}</p>
            </article>
          ))}
        {isAtWork && (
          <article className="message coach" aria-label={t.answer} aria-busy="true">
            {preview ? <Markdown text={preview} /> : <Thinking />}
          </article>
        )}
        {pendingActions
          .filter((action) => !proposed.has(action.id) && !isAtWork)
          .map((action) => (
            <ProposalCard key={action.id} action={actions.get(action.id) ?? action} onChange={changed} />
          ))}
        {fault !== undefined && <ProblemMessage fault={fault} />}
        {isUnanswered && last && (
          <div className="unanswered">
            {fault === undefined && <p className="faint">{t.noAnswer}</p>}
            <Button icon="retry" onClick={() => void asking.ask(last.content, last.id)}>
              {t.again}
            </Button>
          </div>
        )}
        <p className="sr-only" role="status">
          {isAtWork ? t.thinking : last?.role === "assistant" ? t.answered : ""}
        </p>
        <div ref={end} />
      </div>
    </div>
  );
}

/** Asks the last question again, in its own place. */
function againOf(messages: readonly Message[], asking: Asking): (() => void) | undefined {
  const question = messages.findLast((message) => message.role === "user");
  return question && (() => void asking.ask(question.content, question.id));
}

function Thinking() {
  const t = useText(text);
  return (
    <p className="thinking">
      <i />
      <i />
      <i />
      <span className="sr-only">{t.thinking}</span>
    </p>
  );
}

const NEAR = 400; // pixels from the end: who reads further up is left there

/** An element at the end, which is kept in view while `by` changes, unless the user has gone up. */
function useStayingAtEnd(by: readonly unknown[]) {
  const end = useRef<HTMLDivElement>(null);
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    const region = end.current?.closest(".messages");
    if (region && (isFirst.current || region.scrollHeight - region.scrollTop - region.clientHeight < NEAR)) {
      region.scrollTop = region.scrollHeight;
      isFirst.current = by[0] === 0;
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `by` names what makes it longer
  }, by);
  return end;
}
