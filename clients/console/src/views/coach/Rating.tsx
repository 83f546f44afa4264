import type { Message } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { type FormEvent, useState } from "react";

import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { TextField } from "../../design/Field";
import { useToast } from "../../design/Toast";
import { useText } from "../../i18n/language";
import { ratingReasons } from "../../i18n/rating_reasons";
import { text } from "./text";

type Rated = -1 | 1;

/** A thumb up at once; a thumb down with what was wrong. The same again takes it back. */
export function Rating({ message }: { message: Message }) {
  const t = useText(text);
  const reasons = useText(ratingReasons);
  const { api } = useHercules();
  const toast = useToast();
  const [rated, setRated] = useState<Rated>();
  const [isAsked, setIsAsked] = useState(false);
  const params = { path: { message_id: message.id } };

  const rate = async (rating: Rated, why: string[] = [], comment?: string) => {
    try {
      await api.PUT("/v1/messages/{message_id}/rating", { params, body: { rating, reasons: why, comment } });
      setRated(rating);
      setIsAsked(false);
      toast.say(t.thanks);
    } catch (fault) {
      toast.fault(fault);
    }
  };
  const takeBack = async () => {
    try {
      await api.DELETE("/v1/messages/{message_id}/rating", { params });
      setRated(undefined);
    } catch (fault) {
      toast.fault(fault);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void rate(-1, form.getAll("reason").map(String), String(form.get("comment")) || undefined);
  };
  return (
    <>
      <Button
        tone="quiet"
        icon="up"
        isIconOnly
        aria-pressed={rated === 1}
        onClick={() => void (rated === 1 ? takeBack() : rate(1))}
      >
        {t.good}
      </Button>
      <Button
        tone="quiet"
        icon="down"
        isIconOnly
        aria-pressed={rated === -1}
        onClick={() => (rated === -1 ? void takeBack() : setIsAsked(true))}
      >
        {t.bad}
      </Button>
      {isAsked && (
        <Dialog title={t.ratingTitle} onClose={() => setIsAsked(false)}>
          <form className="stack" onSubmit={submit}>
            <div className="choices">
              {Object.entries(reasons).map(([reason, words]) => (
                <label key={reason}>
                  <input type="checkbox" name="reason" value={reason} /> {words}
                </label>
              ))}
            </div>
            <TextField label={t.comment} name="comment" maxLength={1000} />
            <div className="row">
              <Button tone="primary" type="submit">
                {t.rate}
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
