/** An app on an origin of its own: signs up with supabase-js, and shows the chat of the examples. */
import { createHercules } from "@hercules/client";
import { type Document, Knowledge } from "@hercules/client/operator";
import { HerculesProvider, useInbox, useSession } from "@hercules/client/react";
import { createClient } from "@supabase/supabase-js";
import { createRoot } from "react-dom/client";

import { Chat } from "../../examples/chat.js";

interface Cloud {
  api_url: string;
  supabase_url: string;
  anon_key: string;
  email: string;
}

/** What of the state the hooks of the library give. */
function Status({ sessionId }: { sessionId: string }) {
  const { isLive, preview, messages } = useSession(sessionId);
  const { pendingActions, usage } = useInbox();
  return (
    <>
      <output aria-label="socket">{isLive ? "live" : "not live"}</output>
      <output aria-label="preview">{preview}</output>
      <output aria-label="stored">{messages.at(-1)?.role === "assistant" ? messages.at(-1)?.content : ""}</output>
      <output aria-label="inbox">{`${pendingActions.length} pending, ${usage?.messages_used} asked`}</output>
    </>
  );
}

async function begin({ api_url, supabase_url, anon_key, email }: Cloud): Promise<void> {
  const supabase = createClient(supabase_url, anon_key);
  const { error } = await supabase.auth.signUp({ email, password: "correct horse" });
  if (error) {
    throw error;
  }
  const getToken = async () => (await supabase.auth.getSession()).data.session?.access_token ?? "";
  const hercules = createHercules({ url: api_url, getToken });
  addEventListener("online", () => hercules.wake());
  const session = await hercules.createSession();
  createRoot(document.body).render(
    <HerculesProvider client={hercules}>
      <Chat sessionId={session.id} />
      <Status sessionId={session.id} />
    </HerculesProvider>,
  );
}

/** What an operator's page does with a file that was dropped on it; returns what became of it, and how far it was told to be. */
async function learn({ api_url, token, name, text }: { api_url: string; token: string; name: string; text: string }) {
  const knowledge = new Knowledge(createHercules({ url: api_url, getToken: () => token }));
  const progress: number[] = [];
  const uploaded = await knowledge.upload({ name, content: new Blob([text]) }, (done) => progress.push(done));
  let learned: Document | undefined;
  for await (const document of knowledge.follow([uploaded])) {
    learned = document;
  }
  return { status: learned?.status, title: learned?.title, done: progress.at(-1) };
}

Object.assign(window, { begin, learn });
