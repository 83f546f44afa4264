import type { FileExport, FileVersion } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { useState } from "react";

import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { SelectField } from "../../design/Field";
import { Loading } from "../../design/Loading";
import { Markdown } from "../../design/Markdown";
import { ProblemMessage } from "../../design/ProblemMessage";
import { Table } from "../../design/Table";
import { useLoaded } from "../../design/useLoaded";
import { useDoing } from "../../design/useDoing";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { rowsOf } from "./csv";
import { save, saveFrom } from "./saving";
import { text } from "./text";

const MOST_LETTERS = 200_000; // of what is drawn: more makes a page slow
const MOST_ROWS = 200;
const OF_MARKDOWN: FileExport["format"][] = ["pdf", "docx", "html"];

/** A file as it reads, and its other versions. Nothing but the file itself is loaded, and nothing in it is run. */
export function Preview({ roomId, file, onClose }: { roomId: string; file: FileVersion; onClose(): void }) {
  const t = useText(text);
  const format = useFormat();
  const room = useHercules().room(roomId);
  const [version, setVersion] = useState(file.version);
  const [doing, start] = useDoing<string>();
  const { value: known } = useLoaded(() => room.file(file.id), [roomId, file.id]);
  const {
    value: bytes,
    fault,
    reload,
  } = useLoaded(
    async () => ({ version, content: await room.download(file.id, { version }) }),
    [roomId, file.id, version],
  );
  const versions = known?.versions ?? [file];
  const content = bytes?.version === version ? bytes.content : undefined;
  const exports = content && version === versions.at(-1)?.version ? exportsOf(file.filename, content) : [];
  return (
    <Dialog title={file.filename} onClose={onClose} isWide>
      <div className="row preview-head">
        {versions.length > 1 && (
          <SelectField
            label={t.files.versions}
            value={String(version)}
            options={versions.map((one) => [
              String(one.version),
              `${t.files.version(one.version)}, ${format.time(one.created_at)}`,
            ])}
            onChange={(value) => setVersion(Number(value))}
          />
        )}
        <span className="small faint">
          {format.bytes(versions.find((one) => one.version === version)?.size ?? file.size)}
        </span>
        <Button icon="download" disabled={!content} onClick={() => content && save(content, file.filename)}>
          {t.files.download}
        </Button>
        {exports.map((to) => (
          <Button
            key={to}
            tone="quiet"
            isBusy={doing === to}
            aria-label={`${t.files.as} ${to.toUpperCase()}`}
            onClick={() => void start(to, async () => saveFrom(await room.export(file.id, { format: to })))}
          >
            {to.toUpperCase()}
          </Button>
        ))}
      </div>
      {file.description && <p className="small faint">{file.description}</p>}
      {fault !== undefined && <ProblemMessage fault={fault} onRetry={reload} />}
      {!content && fault === undefined && <Loading />}
      {content && <Content content={content} filename={file.filename} />}
    </Dialog>
  );
}

function Content({ content, filename }: { content: Uint8Array; filename: string }) {
  const t = useText(text);
  const words = textOf(content);
  if (words === undefined) {
    return <p>{t.files.binary}</p>;
  }
  const shown = words.slice(0, MOST_LETTERS);
  const end = endOf(filename);
  return (
    <>
      {end === "csv" ? (
        <Rows text={words} caption={filename} />
      ) : end === "md" ? (
        <Markdown text={shown} />
      ) : (
        <pre className="preview-text" tabIndex={0}>
          {shown}
        </pre>
      )}
      {end !== "csv" && shown.length < words.length && <p className="small faint">{t.files.cut}</p>}
    </>
  );
}

function Rows({ text: words, caption }: { text: string; caption: string }) {
  const t = useText(text);
  const [head = [], ...rows] = rowsOf(words, MOST_ROWS + 2);
  const columns = head.map((title, at) => ({ title: title || String(at + 1), cell: (row: string[]) => row[at] ?? "" }));
  return (
    <>
      <Table caption={caption} columns={columns} rows={rows.slice(0, MOST_ROWS)} keyOf={(_, at) => at} />
      {rows.length > MOST_ROWS && <p className="small faint">{t.files.cut}</p>}
    </>
  );
}

/** What a file can be had as besides; a calendar is made of days with titles. */
function exportsOf(filename: string, content: Uint8Array): FileExport["format"][] {
  const [head = []] = endOf(filename) === "csv" ? rowsOf(textOf(content) ?? "", 1) : [];
  const isCalendar = ["date", "title"].every((name) => head.some((one) => one.trim().toLowerCase() === name));
  return isCalendar ? ["ics"] : endOf(filename) === "md" ? OF_MARKDOWN : [];
}

/** Undefined for what is no text. */
function textOf(content: Uint8Array): string | undefined {
  try {
    const words = new TextDecoder("utf-8", { fatal: true }).decode(content);
    return words.includes("\0") ? undefined : words;
  } catch {
    return undefined;
  }
}

function endOf(filename: string): string {
  return filename.toLowerCase().split(".").at(-1) ?? "";
}
