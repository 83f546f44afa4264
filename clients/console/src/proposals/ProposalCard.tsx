import "./proposals.css";

/** A proposal of the coach: what it would change, and the user's decision about it. */
import { type Action, ActionChanged, ResponseError, StaleProposal } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { lazy, Suspense, useState } from "react";

import { href } from "../app/route";
import { Button } from "../design/Button";
import { Card } from "../design/Card";
import { Field } from "../design/Field";
import { Loading } from "../design/Loading";
import { ProblemMessage } from "../design/ProblemMessage";
import { useToast } from "../design/Toast";
import type { Fields } from "../forms/schema";
import { useFormat } from "../i18n/format";
import { useText } from "../i18n/language";
import { Changes } from "./Changes";
import { de } from "./de";
import { en } from "./en";
import { hasExpired, mayBeUndone, stateOf, TONES } from "./state";

const PayloadForm = lazy(() => import("./PayloadForm"));

interface Props {
  action: Action;
  /** How it is after a decision, or as the server says it is. */
  onChange(action: Action): void;
}

type Mode = "look" | "edit" | "reject";

export function ProposalCard({ action, onChange }: Props) {
  const t = useText({ en, de });
  const state = stateOf(action);
  return (
    <Card
      tone={state === "pending" ? "proposal" : "plain"}
      label={t.types[action.action_type]}
      title={t.types[action.action_type] ?? action.action_type}
      aside={<span className={`badge ${TONES[state] ?? ""}`}>{t.states[state]}</span>}
    >
      {state === "pending" ? (
        <Decision action={action} onChange={onChange} />
      ) : (
        <Decided action={action} onChange={onChange} />
      )}
    </Card>
  );
}

function Decision({ action, onChange }: Props) {
  const t = useText({ en, de });
  const format = useFormat();
  const { actions } = useHercules();
  const toast = useToast();
  const [mode, setMode] = useState<Mode>("look");
  const [edited, setEdited] = useState<Fields>();
  const [reason, setReason] = useState("");
  const [fault, setFault] = useState<unknown>();
  const [isBusy, setIsBusy] = useState(false);

  const decide = async (decision: () => Promise<Action>) => {
    setIsBusy(true);
    setFault(undefined);
    try {
      const now = await decision();
      toast.say(
        now.status === "executed" ? t.said.executed : now.status === "failed" ? t.said.failed : t.said.rejected,
      );
      onChange(now);
    } catch (refused) {
      setFault(refused);
      if (refused instanceof StaleProposal) {
        setMode("look");
        setEdited(undefined);
      }
      if (refused instanceof ActionChanged && refused.action) onChange(refused.action);
    }
    setIsBusy(false);
  };

  return (
    <>
      {mode !== "edit" && <Changes changes={action.preview} />}
      {mode === "edit" && (
        <Suspense fallback={<Loading />}>
          <PayloadForm type={action.action_type} value={edited ?? (action.payload as Fields)} onChange={setEdited} />
        </Suspense>
      )}
      {mode === "reject" && (
        <Field label={t.why} maxLength={1000} value={reason} onChange={({ target }) => setReason(target.value)} />
      )}
      {fault !== undefined && <Refusal fault={fault} />}
      <footer className="card-actions">
        {mode === "look" && (
          <Button
            tone="primary"
            icon="check"
            isBusy={isBusy}
            onClick={() => void decide(() => actions.approve(action))}
          >
            {t.approve}
          </Button>
        )}
        {mode === "edit" && (
          <Button
            tone="primary"
            icon="check"
            isBusy={isBusy}
            onClick={() => void decide(() => actions.approve(action, edited))}
          >
            {t.approveEdited}
          </Button>
        )}
        {mode === "look" && (
          <Button icon="edit" onClick={() => setMode("edit")}>
            {t.edit}
          </Button>
        )}
        {mode !== "edit" && (
          <Button
            tone={mode === "reject" ? "danger" : "plain"}
            isBusy={isBusy && mode === "reject"}
            onClick={() =>
              mode === "reject" ? void decide(() => actions.reject(action, reason || undefined)) : setMode("reject")
            }
          >
            {t.reject}
          </Button>
        )}
        {mode !== "look" && (
          <Button tone="quiet" onClick={() => setMode("look")}>
            {t.cancelEdit}
          </Button>
        )}
        <span className="faint small">{t.expires(format.relative(action.expires_at))}</span>
      </footer>
    </>
  );
}

/** Why it was not carried out; of what is not safe, each finding. */
function Refusal({ fault }: { fault: unknown }) {
  const t = useText({ en, de });
  const findings =
    fault instanceof ResponseError ? (fault.problem.findings as { message: string }[] | undefined) : undefined;
  if (fault instanceof StaleProposal) {
    return (
      <p role="alert" className="notice wants">
        {t.stale}
      </p>
    );
  }
  return (
    <>
      <ProblemMessage fault={fault} />
      {findings && (
        <ul>
          {findings.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Decided({ action, onChange }: Props) {
  const t = useText({ en, de });
  const format = useFormat();
  const { actions } = useHercules();
  const toast = useToast();
  const [isBusy, setIsBusy] = useState(false);
  const undo = async () => {
    setIsBusy(true);
    try {
      onChange(await actions.undo(action));
      toast.say(t.said.undone);
    } catch (refused) {
      toast.fault(refused);
    }
    setIsBusy(false);
  };
  const room = action.action_type === "open_room" ? action.result?.room : undefined;
  return (
    <>
      <Changes changes={action.preview} />
      <footer className="card-actions">
        {action.error_message && <p className="said">{action.error_message}</p>}
        {action.decision_reason && <p className="faint">“{action.decision_reason}”</p>}
        {room && <a href={href("rooms", room.id)}>{t.openRoom}</a>}
        {mayBeUndone(action) && !hasExpired(action.undo_until) && (
          <>
            <Button icon="undo" isBusy={isBusy} onClick={() => void undo()}>
              {t.undo}
            </Button>
            <span className="faint small">{t.undoUntil(format.time(action.undo_until as string))}</span>
          </>
        )}
      </footer>
    </>
  );
}
