import type { StoredRoom } from "@hercules/client";
import { useHercules } from "@hercules/client/react";

import { href } from "../../app/route";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Field } from "../../design/Field";
import { useToast } from "../../design/Toast";
import { useDoing } from "../../design/useDoing";
import { useText } from "../../i18n/language";
import { text } from "./text";

/** Whether others may watch, by which link, and what they see. */
export function Sharing({ id, room, onClose }: { id: string; room: StoredRoom; onClose(): void }) {
  const t = useText(text);
  const toast = useToast();
  const own = useHercules().room(id);
  const [doing, start] = useDoing<"share">();
  const link = new URL(href("rooms", room.room_id), location.href).href;
  const copy = async () => {
    await navigator.clipboard.writeText(link);
    toast.say(t.sharing.copied);
  };
  return (
    <Dialog title={t.sharing.title} onClose={onClose}>
      <label className="choice">
        <input
          type="checkbox"
          checked={room.is_shared}
          disabled={doing !== undefined}
          onChange={(event) => void start("share", () => own.share(event.target.checked))}
        />
        {t.sharing.on}
      </label>
      <p className="small">{t.sharing.sees}</p>
      <p className="small">{t.sharing.hidden}</p>
      {room.is_shared && (
        <>
          <Field label={t.sharing.link} readOnly value={link} onFocus={(event) => event.target.select()} />
          <Button icon="share" onClick={() => void copy().catch(toast.fault)}>
            {t.sharing.copy}
          </Button>
        </>
      )}
    </Dialog>
  );
}
