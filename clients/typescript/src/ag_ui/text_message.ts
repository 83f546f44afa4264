/** The assistant's message while it grows. */
import { EventType, type RunAgentInput } from "@ag-ui/client";

import type { AgUiEvent } from "./run.js";

export class TextMessage {
  readonly id: string;
  private text = "";
  private isOpen = false;

  constructor(
    private readonly input: RunAgentInput,
    private readonly tell: (event: AgUiEvent) => void,
  ) {
    this.id = `answer-${input.runId}`;
  }

  show(part: { type: "text" | "reset"; text: string }): void {
    if (part.type === "reset") {
      this.replace(part.text);
    } else {
      this.append(part.text);
    }
  }

  end(): void {
    if (this.isOpen) {
      this.isOpen = false;
      this.tell({ type: EventType.TEXT_MESSAGE_END, messageId: this.id });
    }
  }

  private append(delta: string): void {
    if (!this.isOpen) {
      this.isOpen = true;
      this.tell({ type: EventType.TEXT_MESSAGE_START, messageId: this.id, role: "assistant" });
    }
    this.text += delta;
    this.tell({ type: EventType.TEXT_MESSAGE_CONTENT, messageId: this.id, delta });
  }

  /** Text that was streamed cannot be taken back, but messages can be told anew. */
  private replace(content: string): void {
    this.end();
    this.text = "";
    const answer = { id: this.id, role: "assistant", content };
    this.tell({ type: EventType.MESSAGES_SNAPSHOT, messages: [...this.input.messages, answer] });
  }
}
