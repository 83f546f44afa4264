import { useHercules } from "@hercules/client/react";
import { type DragEvent, useEffect, useId, useRef, useState } from "react";

import { Icon } from "../../design/Icon";
import { Meter } from "../../design/Meter";
import { useToast } from "../../design/Toast";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { State } from "./State";
import { ACCEPTED, type Progress, upload } from "./uploading";
import { Warnings } from "./Warnings";

interface Upload extends Progress {
  name: string;
}

/** Where files are dropped, and how far each has come. */
export function Uploads({ onDone }: { onDone(): void }) {
  const t = useText({ en, de });
  const id = useId();
  const [isOver, setIsOver] = useState(false);
  const { uploads, add } = useUploads(onDone);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    add(event.dataTransfer.files);
  };
  return (
    <section className="stack" aria-label={t.uploads}>
      <div
        className={isOver ? "drop over" : "drop"}
        onDragOver={(event) => (event.preventDefault(), setIsOver(true))}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
      >
        <Icon name="file" />
        <div>
          <p>
            <strong>{t.drop}</strong>
          </p>
          <p className="faint small">{t.dropHow}</p>
        </div>
        <label className="button" htmlFor={id}>
          {t.choose}
        </label>
        <input
          id={id}
          className="sr-only"
          type="file"
          multiple
          accept={ACCEPTED}
          onChange={(event) => (add(event.target.files), (event.target.value = ""))}
        />
      </div>
      {uploads.length > 0 && (
        <ul className="uploads" aria-live="polite">
          {uploads.map((one) => (
            <UploadRow key={one.name} upload={one} />
          ))}
        </ul>
      )}
    </section>
  );
}

function UploadRow({ upload: { name, stage, share, refusal, document } }: { upload: Upload }) {
  const t = useText({ en, de });
  const format = useFormat();
  return (
    <li>
      <div className="row">
        <strong>{name}</strong> <State state={stage} />
      </div>
      {stage === "uploading" && (
        <Meter label={t.stages.uploading} value={share ?? 0} max={1} text={format.percent(share ?? 0)} />
      )}
      {refusal && <p className="field-fault">{t[refusal]}</p>}
      {stage === "failed" && document?.error && <p className="field-fault">{document.error.message}</p>}
      {document && <Warnings warnings={document.warnings} />}
    </li>
  );
}

function useUploads(onDone: () => void) {
  const hercules = useHercules();
  const toast = useToast();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const leaving = useRef(new AbortController());
  useEffect(() => {
    const controller = (leaving.current = new AbortController());
    return () => controller.abort();
  }, []);
  const add = (files: FileList | null) => {
    for (const file of files ?? []) {
      const tell = (progress: Progress) =>
        setUploads((all) => [{ name: file.name, ...progress }, ...all.filter((one) => one.name !== file.name)]);
      upload(hercules, file, tell, leaving.current.signal)
        .catch((fault: unknown) => {
          tell({ stage: "failed" });
          toast.fault(fault);
        })
        .finally(onDone);
    }
  };
  return { uploads, add };
}
