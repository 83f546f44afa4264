/** Hercules under `useChat` of the AI SDK: https://ai-sdk.dev/docs/ai-sdk-ui/transport */
import type { ChatTransport, UIMessage, UIMessageChunk } from "ai";

import { chunksOf } from "./ai_sdk/chunks.js";
import { actionOf, versionOf } from "./ai_sdk/parts.js";
import type { Answer } from "./answer.js";
import type { Hercules } from "./client.js";
import { ActionChanged, HerculesError } from "./errors.js";
import { bodyOf } from "./http.js";
import type { Session } from "./session.js";
import type { Message } from "./types.js";

export { isRetracted, textOf } from "./ai_sdk/chunks.js";
export { toUIMessages } from "./ai_sdk/messages.js";

type SendOptions = Parameters<ChatTransport<UIMessage>["sendMessages"]>[0];

/**
 * The id of the chat is the session's. The coach's memory is the server's: of the messages only the last one is sent.
 *
 * An action is a dynamic tool that asks for approval. With `sendAutomaticallyWhen:
 * lastAssistantMessageIsCompleteWithApprovalResponses` the user's decision is carried out.
 */
export class HerculesChatTransport implements ChatTransport<UIMessage> {
  /** Who reconnects is told the answer from its beginning. */
  readonly resumeStreamIsReplay = true;
  /** By the ids that the chat made up for questions: the turns that answer them. */
  private readonly turns = new Map<string, string>();

  constructor(private readonly hercules: Hercules) {}

  async sendMessages({ chatId, messages, messageId, trigger, abortSignal }: SendOptions) {
    const session = this.hercules.session(chatId);
    const last = messages.at(-1);
    if (last?.role === "assistant" && trigger === "submit-message") {
      return streamOf(this.decide(last));
    }
    const question = messages.filter((message) => message.role === "user").at(-1);
    if (!question) {
      throw new HerculesError("There is no question to answer.", "no_question");
    }
    const isAgain = trigger === "regenerate-message" || messageId !== undefined;
    const replaces = isAgain ? await this.storedId(session, messageId ?? question.id, question.id) : undefined;
    const answer = session.ask(wordsOf(question), { replaces });
    abortSignal?.addEventListener("abort", () => void answer.stop().catch(() => undefined));
    return streamOf(this.noted(answer, question.id));
  }

  async reconnectToStream({ chatId }: { chatId: string }): Promise<ReadableStream<UIMessageChunk> | null> {
    const params = { path: { session_id: chatId } };
    const snapshot = await bodyOf(this.hercules.api.GET("/v1/chat/sessions/{session_id}", { params }));
    const turn = snapshot.running_turn;
    return turn ? streamOf(chunksOf(this.hercules.session(chatId).answer(turn.id))) : null;
  }

  private async *noted(answer: Answer, questionId: string): AsyncGenerator<UIMessageChunk> {
    for await (const chunk of chunksOf(answer)) {
      if (answer.turnId) {
        this.turns.set(questionId, answer.turnId);
      }
      yield chunk;
    }
  }

  /** The stored question that is to be asked anew; the chat may know it under an id of its own. */
  private async storedId(session: Session, ...ids: string[]): Promise<string | undefined> {
    const params = { path: { session_id: session.id }, query: { limit: 100 } };
    const page = await bodyOf(this.hercules.api.GET("/v1/chat/sessions/{session_id}/messages", { params }));
    const isMeant = (message: Message) =>
      message.role === "user" &&
      ids.some((id) => message.id === id || (message.turn_id && this.turns.get(id) === message.turn_id));
    return page.items.find(isMeant)?.id;
  }

  /** Carry out what the user decided of the proposals of an answer. */
  private async *decide(message: UIMessage): AsyncGenerator<UIMessageChunk> {
    yield { type: "start" };
    for (const part of message.parts) {
      if (part.type === "dynamic-tool" && part.state === "approval-responded") {
        yield* this.decideOne(part.toolCallId, part.approval.id, part.approval.approved, part.approval.reason);
      }
    }
    yield { type: "finish" };
  }

  private async *decideOne(
    id: string,
    approvalId: string,
    isApproved: boolean,
    reason?: string,
  ): AsyncGenerator<UIMessageChunk> {
    const seen = { id, version: versionOf(approvalId) };
    try {
      const action = await (isApproved
        ? this.hercules.actions.approve(seen)
        : this.hercules.actions.reject(seen, reason));
      yield isApproved
        ? { type: "tool-output-available", toolCallId: id, output: action, dynamic: true }
        : { type: "tool-output-denied", toolCallId: id };
    } catch (fault) {
      if (fault instanceof ActionChanged && fault.action?.status === "pending") {
        yield* actionOf(fault.action); // the fresh preview, to be decided on
      } else {
        yield { type: "tool-output-error", toolCallId: id, errorText: (fault as Error).message, dynamic: true };
      }
    }
  }
}

function wordsOf(message: UIMessage): string {
  return message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function streamOf(chunks: AsyncGenerator<UIMessageChunk>): ReadableStream<UIMessageChunk> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) {
        controller.close();
      } else {
        controller.enqueue(value);
      }
    },
  });
}
