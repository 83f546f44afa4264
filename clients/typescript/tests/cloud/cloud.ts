/** The laptop cloud that the tests run against, and users of it. */
import { type AuthResponse, createClient } from "@supabase/supabase-js";
import WebSocket from "ws";

import { createHercules, type Hercules } from "../../src/index.js";

export function given(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: these tests are run by tests/e2e/test_typescript_client.py`);
  }
  return value;
}

export const API_URL = given("HERCULES_URL");

export interface User {
  id: string;
  token: string;
}

/** Node has no WebSocket, and a test nowhere to keep a session. */
const without = {
  auth: { persistSession: false, autoRefreshToken: false },
  realtime: { transport: WebSocket as never },
};

/** A new user of Supabase Auth, signed up as an app does it. */
export async function signUp(): Promise<User> {
  const supabase = createClient(given("SUPABASE_URL"), given("SUPABASE_ANON_KEY"), without);
  const email = `client-${crypto.randomUUID()}@example.com`;
  return signedIn(await supabase.auth.signUp({ email, password: crypto.randomUUID() }));
}

/** Somebody who may administer the knowledge base and see use and cost: as `make operator` makes one. */
export async function signUpOperator(): Promise<User> {
  const key = given("SUPABASE_SERVICE_KEY");
  const supabase = createClient(given("SUPABASE_URL"), key, without);
  const [email, password] = [`operator-${crypto.randomUUID()}@example.com`, crypto.randomUUID()];
  const made = { email, password, email_confirm: true, app_metadata: { role: "operator" } };
  const { error } = await supabase.auth.admin.createUser(made);
  if (error) {
    throw error;
  }
  const own = createClient(given("SUPABASE_URL"), given("SUPABASE_ANON_KEY"), without);
  return signedIn(await own.auth.signInWithPassword({ email, password }));
}

function signedIn({ data, error }: AuthResponse): User {
  if (!data.session) {
    throw error ?? new Error("no session");
  }
  return { id: data.session.user.id, token: data.session.access_token };
}

/** The client as an app makes it, by default straight at the cloud. */
export function clientOf(user: User, url = API_URL): Hercules {
  return createHercules({ url, getToken: () => user.token, WebSocket });
}

/** What the sweep does to events that are seven days old, done to all. */
export async function pruneEvents(): Promise<void> {
  const answer = await fetch(`${given("SUPABASE_URL")}/rest/v1/rpc/prune_events`, {
    method: "POST",
    headers: { apikey: given("SUPABASE_SERVICE_KEY"), "content-type": "application/json" },
    body: JSON.stringify({ p_at: new Date(Date.now() + 8 * 86_400_000).toISOString() }),
  });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
}
