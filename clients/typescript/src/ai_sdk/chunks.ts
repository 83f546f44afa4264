/** An answer in the chunks of the AI SDK's UI message stream. */
import type { UIMessage, UIMessageChunk } from "ai";

import type { Answer, Part } from "../answer.js";
import { actionOf, sourceOf } from "./parts.js";

/** What text that is not the answer is marked with: the SDK cannot take text back that it has shown. */
const RETRACTED = { hercules: { retracted: true } };

/** Whether a part of a message is to be left out: the right words follow it. */
export function isRetracted(part: UIMessage["parts"][number]): boolean {
  return part.type === "text" && part.providerMetadata?.hercules?.retracted === true;
}

/** The words of a message that are to be shown. */
export function textOf(message: UIMessage): string {
  return message.parts.map((part) => (part.type === "text" && !isRetracted(part) ? part.text : "")).join("");
}

export async function* chunksOf(answer: Answer): AsyncGenerator<UIMessageChunk> {
  const text = new TextChunks();
  yield { type: "start" };
  for await (const part of answer) {
    yield* text.chunks(part);
    yield* otherChunks(part);
  }
}

/** The text parts: one, unless what was shown has to be replaced. */
class TextChunks {
  private count = 0;
  private isOpen = false;

  *chunks(part: Part): Generator<UIMessageChunk> {
    if (part.type === "reset") {
      yield* this.end(RETRACTED);
    }
    if ((part.type === "text" || part.type === "reset") && part.text) {
      yield* this.begin();
      yield { type: "text-delta", id: this.id, delta: part.text };
    }
    if (part.type === "finished" || part.type === "failed") {
      yield* this.end();
    }
  }

  private get id(): string {
    return `text-${this.count}`;
  }

  private *begin(): Generator<UIMessageChunk> {
    if (!this.isOpen) {
      this.isOpen = true;
      yield { type: "text-start", id: this.id };
    }
  }

  private *end(providerMetadata?: typeof RETRACTED): Generator<UIMessageChunk> {
    if (this.isOpen) {
      this.isOpen = false;
      yield { type: "text-end", id: this.id, ...(providerMetadata && { providerMetadata }) };
      this.count += 1;
    }
  }
}

function* otherChunks(part: Part): Generator<UIMessageChunk> {
  switch (part.type) {
    case "citation":
      yield sourceOf(part.citation);
      break;
    case "action":
      yield* actionOf(part.action);
      break;
    case "advice":
      yield { type: "data-advice", data: { text: part.text } };
      break;
    case "finished":
      yield { type: "data-receipt", data: part.message.metadata.receipt };
      yield part.turn.status === "cancelled"
        ? { type: "abort" }
        : { type: "finish", messageMetadata: { messageId: part.message.id, turnId: part.turn.id } };
      break;
    case "failed":
      yield part.error.code === "cancelled" ? { type: "abort" } : { type: "error", errorText: part.error.message };
      break;
  }
}
