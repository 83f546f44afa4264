/** What the offline models are made to say. */
import { given } from "./cloud.js";

/** A word that, in a question, has the coach answer with these sentences, one every so many milliseconds. */
export async function says(sentences: string[], every = 0): Promise<string> {
  const word = `word${crypto.randomUUID().replaceAll("-", "")}`;
  const content = JSON.stringify({ answer: sentences.join(" "), citations: [] });
  await behave({ match: word, kind: "script", content, times: null });
  if (every) {
    await behave({ match: word, kind: "pace", seconds: every / 1000, times: null });
  }
  return word;
}

export async function behave(behaviour: Record<string, unknown>): Promise<void> {
  const control = given("OPENAI_BASE_URL").replace(/\/v1$/, "");
  const answer = await fetch(`${control}/local/behaviours`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(behaviour),
  });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
}
