import type { StoredRoom } from "@hercules/client";
import { useHercules, useInbox } from "@hercules/client/react";
import { useState } from "react";

import { go, href } from "../../app/route";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { EmptyState } from "../../design/EmptyState";
import { Loading } from "../../design/Loading";
import { Page } from "../../design/Page";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useLoaded } from "../../design/useLoaded";
import { useToast } from "../../design/Toast";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { OpenRoom } from "./OpenRoom";
import { Schedules } from "./Schedules";
import { Status } from "./Status";
import { text } from "./text";

/** The newest rooms live, and older ones by the page. */
export function RoomList() {
  const t = useText(text);
  const { rooms: newest } = useInbox();
  const { rooms, fault, isWhole, more } = useRooms(newest);
  const [isOpening, setIsOpening] = useState(false);
  const open = (
    <Button tone="primary" icon="plus" onClick={() => setIsOpening(true)}>
      {t.open}
    </Button>
  );
  return (
    <Page title={t.title} lead={t.lead} actions={rooms && rooms.length > 0 && open}>
      {!rooms && (fault ? <ProblemMessage fault={fault} /> : <Loading />)}
      {rooms?.length === 0 && (
        <EmptyState icon="rooms" title={t.none}>
          <p>{t.noneHow}</p>
          {open}
        </EmptyState>
      )}
      {rooms && rooms.length > 0 && (
        <ul className="room-list">
          {rooms.map((room) => (
            <Entry key={room.id} room={room} />
          ))}
        </ul>
      )}
      {rooms && !isWhole && <Button onClick={more}>{t.more}</Button>}
      <Schedules />
      {isOpening && (
        <Dialog title={t.open} onClose={() => setIsOpening(false)}>
          <OpenRoom onOpen={(id) => go("rooms", id)} />
        </Dialog>
      )}
    </Page>
  );
}

function Entry({ room }: { room: StoredRoom }) {
  const t = useText(text);
  const format = useFormat();
  return (
    <li>
      <a href={href("rooms", room.id)}>
        <span className="room-prompt">{room.follow_up ?? room.task_prompt}</span>
        <span className="row small faint">
          <Status room={room} />
          <span>{format.relative(room.created_at)}</span>
          {room.part > 1 && <span>{t.part(room.part)}</span>}
          {room.is_shared && <span>{t.shared}</span>}
        </span>
      </a>
    </li>
  );
}

function useRooms(newest: StoredRoom[]) {
  const hercules = useHercules();
  const toast = useToast();
  const { value, fault, set } = useLoaded(() => hercules.rooms(), []);
  const more = async () => {
    try {
      const page = await hercules.rooms(value?.next_cursor ?? undefined);
      set({ ...page, items: [...(value?.items ?? []), ...page.items] });
    } catch (fault) {
      toast.fault(fault);
    }
  };
  const live = new Map([...(value?.items ?? []), ...newest].map((room) => [room.id, room]));
  const rooms = value && [...live.values()].sort((one, other) => (one.created_at > other.created_at ? -1 : 1));
  return { rooms, fault, isWhole: !value?.next_cursor, more: () => void more() };
}
