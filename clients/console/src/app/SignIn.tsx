import type { GoTrueClient } from "@supabase/auth-js";
import { type FormEvent, useState } from "react";

import { Brand } from "../design/Brand";
import { Button } from "../design/Button";
import { Field } from "../design/Field";
import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";
import type { SignedOut } from "./account";
import { Preferences } from "./Preferences";

type Mode = "in" | "up";

/** Sign in, or make an account: by Supabase Auth. `why` nobody is signed in any longer is said first. */
export function SignIn({ auth, why }: { auth: GoTrueClient; why: SignedOut["why"] }) {
  const t = useText(shellText).signIn;
  const [mode, setMode] = useState<Mode>("in");
  const [isBusy, setIsBusy] = useState(false);
  const [said, setSaid] = useState<string>();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const credentials = { email: String(form.get("email")), password: String(form.get("password")) };
    setIsBusy(true);
    setSaid(undefined);
    const { data, error } = mode === "in" ? await auth.signInWithPassword(credentials) : await auth.signUp(credentials);
    setIsBusy(false);
    if (error) {
      setSaid(t.refused[error.code as keyof typeof t.refused] ?? error.message);
    } else if (!data.session) {
      setSaid(t.confirm); // of a project whose users confirm their address first
    }
  };

  return (
    <main className="gate">
      <Brand />
      <h1>{mode === "in" ? t.titleIn : t.titleUp}</h1>
      <p className="faint">{t.lead}</p>
      {why && (
        <p role="status" className="notice">
          {t.why[why]}
        </p>
      )}
      <form onSubmit={(event) => void submit(event)} className="stack">
        <Field label={t.email} name="email" type="email" autoComplete="email" required />
        <Field
          label={t.password}
          name="password"
          type="password"
          autoComplete={mode === "in" ? "current-password" : "new-password"}
          minLength={6}
          required
        />
        <p role="alert" className="said">
          {said}
        </p>
        <Button tone="primary" type="submit" isBusy={isBusy}>
          {mode === "in" ? t.in : t.up}
        </Button>
      </form>
      <p>
        {mode === "in" ? t.noAccount : t.hasAccount}{" "}
        <button className="link" onClick={() => setMode(mode === "in" ? "up" : "in")}>
          {mode === "in" ? t.up : t.in}
        </button>
      </p>
      <Preferences />
    </main>
  );
}
