import type { SessionState } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { bodyOf } from "../../app/body";
import { go, goInstead, href } from "../../app/route";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Field } from "../../design/Field";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useToast } from "../../design/Toast";
import { useLoaded } from "../../design/useLoaded";
import { useNarrow } from "../../design/useNarrow";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { Search } from "./Search";
import { text } from "./text";
import { useTurnEndsOfAll } from "./turn_ends";

/** All conversations: at the side, or on a phone behind a button. */
export function Conversations({ current }: { current: string | undefined }) {
  const t = useText(text);
  const isNarrow = useNarrow(900);
  const [isOpen, setIsOpen] = useState(false);
  const close = () => setIsOpen(false);
  if (!isNarrow) {
    return (
      <aside className="conversations" aria-label={t.conversations}>
        <Button tone="primary" icon="plus" onClick={() => go("coach")}>
          {t.fresh}
        </Button>
        <List current={current} />
      </aside>
    );
  }
  return (
    <div className="conversations-bar">
      <Button tone="quiet" icon="list" onClick={() => setIsOpen(true)}>
        {t.conversations}
      </Button>
      <Button tone="quiet" icon="plus" isIconOnly onClick={() => go("coach")}>
        {t.fresh}
      </Button>
      {isOpen && (
        <Dialog title={t.conversations} isSheet onClose={close}>
          <List current={current} onChoose={close} />
        </Dialog>
      )}
    </div>
  );
}

type Listed = NonNullable<SessionState["session"]>;

const PAGE = 50;

function List({ current, onChoose }: { current: string | undefined; onChoose?: () => void }) {
  const t = useText(text);
  const { api } = useHercules();
  const [limit, setLimit] = useState(PAGE);
  const query = { limit: Math.min(limit, 100) };
  const sessions = useLoaded(() => bodyOf(api.GET("/v1/chat/sessions", { params: { query } })), [limit, current]);
  useTurnEndsOfAll(sessions.reload);
  return (
    <Search onChoose={onChoose}>
      {sessions.fault !== undefined && !sessions.value && (
        <ProblemMessage fault={sessions.fault} onRetry={sessions.reload} />
      )}
      {sessions.value?.items.length === 0 && <p className="faint small">{t.noneYet}</p>}
      <ul className="session-list">
        {sessions.value?.items.map((session) => (
          <Entry
            key={session.id}
            session={session}
            isCurrent={session.id === current}
            onChoose={onChoose}
            onChange={sessions.reload}
          />
        ))}
      </ul>
      {sessions.value?.next_cursor && limit < 100 && (
        <Button tone="quiet" onClick={() => setLimit(limit + PAGE)}>
          {t.older}
        </Button>
      )}
    </Search>
  );
}

interface EntryProps {
  session: Listed;
  isCurrent: boolean;
  onChoose?: () => void;
  onChange(): void;
}

function Entry({ session, isCurrent, onChoose, onChange }: EntryProps) {
  const t = useText(text);
  const format = useFormat();
  const [asked, setAsked] = useState<"rename" | "delete">();
  const close = () => setAsked(undefined);
  const title = session.title || t.untitled;
  return (
    <li className={isCurrent ? "current" : undefined}>
      <a href={href("coach", session.id)} aria-current={isCurrent ? "page" : undefined} onClick={onChoose}>
        <span className="session-title">{title}</span>
        <span className="faint small">{format.relative(session.updated_at)}</span>
      </a>
      <span className="session-tools">
        <Button
          tone="quiet"
          icon="edit"
          isIconOnly
          onClick={() => setAsked("rename")}
        >{`${t.rename}: ${title}`}</Button>
        <Button
          tone="quiet"
          icon="trash"
          isIconOnly
          onClick={() => setAsked("delete")}
        >{`${t.remove}: ${title}`}</Button>
      </span>
      {asked === "rename" && <Rename {...{ session, close, onChange }} />}
      {asked === "delete" && <Remove {...{ session, isCurrent, close, onChange }} />}
    </li>
  );
}

function Rename({ session, close, onChange }: { session: Listed; close(): void; onChange(): void }) {
  const t = useText(text);
  const hercules = useHercules();
  const toast = useToast();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    try {
      await hercules.session(session.id).rename(String(new FormData(event.currentTarget).get("title")));
      toast.say(t.renamed);
      onChange();
      close();
    } catch (fault) {
      toast.fault(fault);
    }
  };
  return (
    <Dialog title={t.rename} onClose={close}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <Field label={t.newName} name="title" defaultValue={session.title} maxLength={200} required autoFocus />
        <div className="row">
          <Button tone="primary" type="submit">
            {t.save}
          </Button>
          <Button onClick={close}>{t.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}

function Remove(props: { session: Listed; isCurrent: boolean; close(): void; onChange(): void }) {
  const t = useText(text);
  const hercules = useHercules();
  const toast = useToast();
  const remove = async () => {
    try {
      await hercules.session(props.session.id).delete();
      toast.say(t.removed);
      props.close();
      if (props.isCurrent) goInstead("coach");
      props.onChange();
    } catch (fault) {
      toast.fault(fault);
    }
  };
  return (
    <Dialog title={t.remove} onClose={props.close}>
      <p>{t.removeSure}</p>
      <div className="row">
        <Button tone="danger" icon="trash" onClick={() => void remove()}>
          {t.remove}
        </Button>
        <Button onClick={props.close}>{t.cancel}</Button>
      </div>
    </Dialog>
  );
}
