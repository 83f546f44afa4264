import type { FileVersion, RoomState } from "@hercules/client";
import { useState } from "react";

import { Icon } from "../../design/Icon";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { Preview } from "./Preview";
import { text } from "./text";

/** What the room was given and has made: the newest version of each, to be looked at. */
export function Files({ id, state }: { id: string; state: RoomState }) {
  const t = useText(text);
  const format = useFormat();
  const [shown, setShown] = useState<FileVersion>();
  return (
    <section className="stack" aria-label={t.files.title}>
      <h2>{t.files.title}</h2>
      {state.files.length === 0 && <p className="faint">{t.files.none}</p>}
      <ul className="room-files">
        {state.files.map((file) => (
          <li key={file.filename}>
            <button onClick={() => setShown(file)}>
              <Icon name="file" />
              <span>
                <span className="room-file-name">{file.filename}</span>
                <span className="small faint">
                  {[
                    format.bytes(file.size),
                    file.version > 1 && t.files.version(file.version),
                    !file.task_id && t.files.yours,
                    file.is_partial && t.files.partial,
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown && <Preview roomId={id} file={shown} onClose={() => setShown(undefined)} />}
    </section>
  );
}
