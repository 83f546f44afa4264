/** What an app shows of an answer. */
import type { Answer, Part } from "../../src/index.js";

export async function partsOf(answer: Answer): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of answer) {
    parts.push(part);
  }
  return parts;
}

/** The text that stands on the screen of an app that does what each part says. */
export function shown(parts: Part[]): string {
  return parts.reduce((text, part) => {
    if (part.type === "text") {
      return text + part.text;
    }
    return part.type === "reset" ? part.text : text;
  }, "");
}
