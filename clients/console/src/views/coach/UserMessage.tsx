import type { Message } from "@hercules/client";
import { type FormEvent, useState } from "react";

import { Button } from "../../design/Button";
import { TextField } from "../../design/Field";
import { useText } from "../../i18n/language";
import { text } from "./text";

interface Props {
  message: Message;
  /** Ask this in its place; undefined while that cannot be. */
  onAskInstead?: (content: string) => Promise<void>;
  /** What was to be asked in its place, and was not taken. */
  refused?: string;
}

export function UserMessage({ message, onAskInstead, refused }: Props) {
  const t = useText(text);
  const [edited, setEdited] = useState(refused);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (edited?.trim() && onAskInstead) {
      void onAskInstead(edited.trim());
      setEdited(undefined);
    }
  };
  if (edited !== undefined) {
    return (
      <form className="message user editing" onSubmit={submit}>
        <TextField
          label={t.edit}
          hint={t.editHint}
          value={edited}
          autoFocus
          maxLength={8000}
          onChange={({ target }) => setEdited(target.value)}
        />
        <div className="row">
          <Button tone="primary" type="submit" disabled={!edited.trim() || !onAskInstead}>
            {t.editSend}
          </Button>
          <Button tone="quiet" onClick={() => setEdited(undefined)}>
            {t.cancel}
          </Button>
        </div>
      </form>
    );
  }
  return (
    <div className="message-row">
      {onAskInstead && (
        <Button tone="quiet" icon="edit" isIconOnly className="on-hover" onClick={() => setEdited(message.content)}>
          {t.edit}
        </Button>
      )}
      <article className="message user" aria-label={t.you}>
        {message.content}
      </article>
    </div>
  );
}
