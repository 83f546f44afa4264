import { type FormEvent, useState } from "react";

import { useAccount } from "../../app/account";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Field } from "../../design/Field";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useDoing } from "../../design/useDoing";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";

/** Says what is lost, and goes on only when the account's address was typed. */
export function DeleteAccount({ onClose }: { onClose(): void }) {
  const t = useText({ en, de }).data;
  const account = useAccount();
  const [doing, start, refused] = useDoing<"delete">(true);
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim().toLowerCase() !== account.email.toLowerCase()) {
      setFault(t.notIt);
      return;
    }
    await start("delete", () => account.delete());
  };
  return (
    <Dialog title={t.delete} onClose={onClose}>
      <p>{t.sure}</p>
      <ul>
        {t.lost.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      <p className="small faint">{t.kept}</p>
      <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
        <Field
          label={t.type(account.email)}
          value={typed}
          onChange={(event) => (setTyped(event.target.value), setFault(undefined))}
          fault={fault}
          type="email"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
        />
        {refused !== undefined && <ProblemMessage fault={refused} />}
        <div className="row">
          <Button tone="danger" type="submit" isBusy={doing !== undefined}>
            {t.deleteNow}
          </Button>
          <Button onClick={onClose}>{t.keep}</Button>
        </div>
      </form>
    </Dialog>
  );
}
