import { NotFound, type RoomState } from "@hercules/client";
import { useRoom } from "@hercules/client/react";

import { href } from "../../app/route";
import { EmptyState } from "../../design/EmptyState";
import { Icon } from "../../design/Icon";
import { Loading } from "../../design/Loading";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { Agents } from "./Agents";
import { Budget } from "./Budget";
import { Continue } from "./Continue";
import { Controls } from "./Controls";
import { Estimate } from "./Estimate";
import { Events } from "./Events";
import { Files } from "./Files";
import { Plan } from "./Plan";
import { Questions } from "./Questions";
import { Review } from "./Review";
import { Status } from "./Status";
import { Steering } from "./Steering";
import { text } from "./text";

/** One room, live: what its owner may do with it, and what a watcher may see of it. */
export function Room({ id }: { id: string }) {
  const t = useText(text);
  const state = useRoom(id);
  if (state.status === "failed") {
    return state.error instanceof NotFound ? <Gone /> : <ProblemMessage fault={state.error} />;
  }
  if (!state.room) {
    return <Loading />;
  }
  const isOwner = state.access === "owner";
  const isOpen = ["pending", "processing", "active"].includes(state.room.status);
  return (
    <div className="page room">
      <Head state={state} />
      {isOwner && <Controls id={id} room={state.room} />}
      {state.access === "reader" && <p className="notice">{t.sharing.watching}</p>}
      {isOwner && <Questions id={id} state={state} />}
      {isOwner && state.room.hold === "plan" && state.tasks.length > 0 && (
        <Plan key={state.room.part} id={id} state={state} />
      )}
      <div className="room-body">
        <div className="stack">
          <Agents state={state} isOwner={isOwner} />
          <Files id={id} state={state} />
          {isOwner && !isOpen && <Continue id={id} />}
        </div>
        <div className="stack">
          <Review state={state} />
          {state.budget && <Budget budget={state.budget} />}
          {isOwner && <Steering id={id} said={state.steer} isOpen={isOpen} />}
          <Events id={id} state={state} />
        </div>
      </div>
    </div>
  );
}

function Head({ state: { room, access } }: { state: RoomState }) {
  const t = useText(text);
  const format = useFormat();
  if (!room) {
    return null;
  }
  const [title = "", ...more] = room.task_prompt.split("\n");
  const whole = room.follow_up ? room.task_prompt : more.join("\n").trim();
  return (
    <header className="room-head">
      <a href={href("rooms")} className="small">
        {t.all}
      </a>
      <h1>{room.follow_up ?? title}</h1>
      {whole && <p className="room-whole">{whole}</p>}
      <p className="row small faint">
        <span role="status">
          <Status room={room} isReader={access === "reader"} />
        </span>
        {room.part > 1 && <span>{t.part(room.part)}</span>}
        <span>{format.time(room.created_at)}</span>
        {room.estimate && !room.ended_at && room.hold !== "plan" && <Estimate of={room.estimate} />}
      </p>
      {room.status_reason && t.reasons[room.status_reason] && access === "owner" && (
        <p>{t.reasons[room.status_reason]}</p>
      )}
      {room.status_reason === "red_flag" &&
        room.issues.map((advice) => (
          <p key={advice} className="problem">
            {advice}
          </p>
        ))}
    </header>
  );
}

function Gone() {
  const t = useText(text);
  return (
    <div className="page">
      <h1 className="sr-only">{t.gone}</h1>
      <EmptyState icon="rooms" title={t.gone}>
        <p>{t.goneHow}</p>
        <a href={href("rooms")}>
          <Icon name="list" /> {t.all}
        </a>
      </EmptyState>
    </div>
  );
}
