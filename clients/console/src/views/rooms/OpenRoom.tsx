import { useHercules } from "@hercules/client/react";
import { type FormEvent, useId, useState } from "react";

import { Button } from "../../design/Button";
import { TextField } from "../../design/Field";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useDoing } from "../../design/useDoing";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { Means, meansOf } from "./Means";
import { text } from "./text";

/** What a room is to do, by which it is judged, and what it may use. */
export function OpenRoom({ onOpen }: { onOpen(id: string): void }) {
  const t = useText(text);
  const format = useFormat();
  const hercules = useHercules();
  const [doing, start, fault] = useDoing<"open">(true);
  const [files, setFiles] = useState<File[]>([]);
  const [uploading, setUploading] = useState("");
  const open = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    await start("open", async () => {
      const input_file_ids: string[] = [];
      for (const file of files) {
        const tell = (done: number, of: number) => setUploading(t.form.uploading(file.name, format.percent(done / of)));
        input_file_ids.push(await hercules.files.upload({ name: file.name, content: file }, tell));
      }
      const prompt = promptOf(said, t.form.criteriaInPrompt);
      const options = { ...meansOf(said), approve_plan: said.has("approve"), input_file_ids };
      onOpen((await hercules.createRoom(prompt, options)).id);
    });
    setUploading("");
  };
  const filesId = useId();
  return (
    <form className="stack" onSubmit={(event) => void open(event)}>
      <TextField
        label={t.form.prompt}
        hint={t.form.promptHint}
        name="prompt"
        required
        maxLength={6000}
        rows={4}
        autoFocus
      />
      <TextField label={t.form.criteria} hint={t.form.criteriaHint} name="criteria" maxLength={1500} rows={2} />
      <Means />
      <div className="field">
        <label htmlFor={filesId}>{t.form.files}</label>
        <input id={filesId} type="file" multiple onChange={(event) => setFiles([...(event.target.files ?? [])])} />
      </div>
      <label className="choice">
        <input type="checkbox" name="approve" /> {t.form.approve}
      </label>
      <p role="status" className="small faint">
        {uploading}
      </p>
      {fault !== undefined && <ProblemMessage fault={fault} />}
      <Button tone="primary" type="submit" isBusy={doing !== undefined}>
        {t.form.start}
      </Button>
    </form>
  );
}

/** The criteria are words to the agent that plans: it makes them those of the review. */
function promptOf(said: FormData, heading: string): string {
  const criteria = String(said.get("criteria"))
    .split("\n")
    .flatMap((line) => line.trim() || []);
  const prompt = String(said.get("prompt")).trim();
  return criteria.length > 0 ? `${prompt}\n\n${heading} ${criteria.join(" ")}` : prompt;
}
