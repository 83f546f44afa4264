import { createHercules } from "@hercules/client";
import { createClient } from "@supabase/supabase-js";

const { HERCULES_URL = "", SUPABASE_URL = "", SUPABASE_ANON_KEY = "", EMAIL = "", PASSWORD = "" } = process.env;
const supabase = createClient(SUPABASE_URL, SUPABASE_ANON_KEY);
await supabase.auth.signInWithPassword({ email: EMAIL, password: PASSWORD });
const getToken = async () => (await supabase.auth.getSession()).data.session?.access_token ?? "";
const hercules = createHercules({ url: HERCULES_URL, getToken });

const session = await hercules.createSession();
for await (const part of session.ask("How often should I take a deload week?")) {
  if (part.type === "text") process.stdout.write(part.text);
}
