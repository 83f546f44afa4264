import { useHercules } from "@hercules/client/react";
import type { StoredRoom } from "@hercules/client";
import { useState } from "react";

import { go } from "../../app/route";
import { Button } from "../../design/Button";
import { useDoing } from "../../design/useDoing";
import { useText } from "../../i18n/language";
import { Repeat } from "./Repeat";
import { Sharing } from "./Sharing";
import { Sure } from "./Sure";
import { text } from "./text";

type Asked = "cancel" | "delete" | "repeat" | "share";

/** What its owner does with the room as a whole. */
export function Controls({ id, room }: { id: string; room: StoredRoom }) {
  const t = useText(text);
  const own = useHercules().room(id);
  const [doing, start] = useDoing<string>();
  const [asked, setAsked] = useState<Asked>();
  const isOpen = ["pending", "processing", "active"].includes(room.status);
  const close = () => setAsked(undefined);
  const remove = () =>
    start("delete", async () => {
      await own.delete();
      go("rooms");
    });
  return (
    <div className="row">
      {isOpen && room.hold && (
        <Button
          tone="primary"
          icon="play"
          isBusy={doing === "resume"}
          onClick={() => void start("resume", () => own.resume())}
        >
          {room.hold === "plan" ? t.actions.run : t.actions.resume}
        </Button>
      )}
      {isOpen && !room.hold && (
        <Button icon="pause" isBusy={doing === "hold"} onClick={() => void start("hold", () => own.hold())}>
          {t.actions.pause}
        </Button>
      )}
      {room.status === "failed" && room.status_reason !== "red_flag" && (
        <Button
          tone="primary"
          icon="retry"
          isBusy={doing === "retry"}
          onClick={() => void start("retry", () => own.retry())}
        >
          {t.actions.retry}
        </Button>
      )}
      <Button icon="share" onClick={() => setAsked("share")}>
        {t.actions.share}
      </Button>
      <Button icon="clock" onClick={() => setAsked("repeat")}>
        {t.schedules.repeat}
      </Button>
      {isOpen ? (
        <Button icon="stop" onClick={() => setAsked("cancel")}>
          {t.actions.cancel}
        </Button>
      ) : (
        <Button icon="trash" tone="quiet" onClick={() => setAsked("delete")}>
          {t.actions.delete}
        </Button>
      )}
      {asked === "share" && <Sharing id={id} room={room} onClose={close} />}
      {asked === "repeat" && <Repeat prompt={room.task_prompt} agents={room.agents} onClose={close} onMade={close} />}
      {asked === "cancel" && (
        <Sure
          title={t.actions.cancel}
          words={t.actions.cancelSure}
          onClose={close}
          isBusy={doing === "cancel"}
          onYes={() => void start("cancel", () => own.cancel()).then(close)}
        />
      )}
      {asked === "delete" && (
        <Sure
          title={t.actions.delete}
          words={t.actions.deleteSure}
          onClose={close}
          isBusy={doing === "delete"}
          onYes={() => void remove()}
        />
      )}
    </div>
  );
}
