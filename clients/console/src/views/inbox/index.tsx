import type { Action } from "@hercules/client";
import { useInbox } from "@hercules/client/react";

import { href } from "../../app/route";
import { isWaiting } from "../../app/waiting";
import { Card } from "../../design/Card";
import { EmptyState } from "../../design/EmptyState";
import { Loading } from "../../design/Loading";
import { Page } from "../../design/Page";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useText } from "../../i18n/language";
import { ProposalCard } from "../../proposals/ProposalCard";
import { useActions } from "../../proposals/useActions";
import { de } from "./de";
import { en } from "./en";

const LATELY = 10; // decided proposals

/** What waits for the user, live: proposals, and rooms. */
export default function InboxView() {
  const t = useText({ en, de });
  const { status, error, pendingActions, rooms: known } = useInbox();
  const [actions, changed] = useActions(pendingActions);
  const rooms = known.filter(isWaiting);
  const all = [...actions.values()];
  const waiting = all.filter(isPending).sort((one, other) => (one.expires_at < other.expires_at ? -1 : 1));
  const decided = all
    .filter((action) => !isPending(action))
    .sort((one, other) => ((one.decided_at ?? "") > (other.decided_at ?? "") ? -1 : 1))
    .slice(0, LATELY);
  if (status === "failed") {
    return <ProblemMessage fault={error} />;
  }
  return (
    <Page title={t.title} lead={t.lead}>
      {status === "loading" && waiting.length === 0 && <Loading />}
      {status === "ready" && waiting.length + rooms.length === 0 && (
        <EmptyState icon="inbox" title={t.none}>
          <p>{t.noneHow}</p>
        </EmptyState>
      )}
      {rooms.length > 0 && (
        <section className="stack">
          <h2>{t.rooms}</h2>
          {rooms.map((room) => (
            <Card key={room.id} tone="proposal" title={room.task_prompt.slice(0, 160)}>
              <p>{room.hold === "plan" ? t.roomWaits.plan : t.roomWaits.question}</p>
              <a href={href("rooms", room.id)}>{t.open}</a>
            </Card>
          ))}
        </section>
      )}
      {waiting.length > 0 && (
        <section className="stack">
          <h2>{t.proposals}</h2>
          <Cards actions={waiting} onChange={changed} />
        </section>
      )}
      {decided.length > 0 && (
        <section className="stack">
          <h2>{t.decided}</h2>
          <Cards actions={decided} onChange={changed} />
        </section>
      )}
    </Page>
  );
}

function Cards({ actions, onChange }: { actions: readonly Action[]; onChange(action: Action): void }) {
  const t = useText({ en, de });
  return actions.map((action) => (
    <div key={action.id}>
      <ProposalCard action={action} onChange={onChange} />
      <p className="small">
        <a href={href("coach", action.session_id)}>{t.where}</a>
      </p>
    </div>
  ));
}

function isPending(action: Action): boolean {
  return action.status === "pending" && action.decision === null;
}
