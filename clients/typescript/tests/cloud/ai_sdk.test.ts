/** `useChat` of the AI SDK on Hercules: its own chat, its own schema of chunks. */
import {
  AbstractChat,
  type ChatState,
  type ChatStatus,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  type UIMessage,
  type UIMessageChunk,
  uiMessageChunkSchema,
} from "ai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { HerculesChatTransport, isRetracted, textOf, toUIMessages } from "../../src/ai-sdk.js";
import type { Hercules, Session } from "../../src/index.js";
import { clientOf, signUp } from "./cloud.js";
import { FaultyNetwork } from "./faulty_network.js";
import { says } from "./models.js";
import { until } from "../until.js";

/** What useChat keeps in React's state. */
class PlainState implements ChatState<UIMessage> {
  status: ChatStatus = "ready";
  error: Error | undefined;

  constructor(public messages: UIMessage[]) {}

  pushMessage = (message: UIMessage) => void this.messages.push(message);
  popMessage = () => void this.messages.pop();
  replaceMessage = (index: number, message: UIMessage) => void (this.messages[index] = message);
  snapshot = <T>(thing: T): T => structuredClone(thing);
}

class Chat extends AbstractChat<UIMessage> {}

/** Every chunk that goes to the chat is held against the SDK's schema. */
class CheckedTransport extends HerculesChatTransport {
  readonly chunks: UIMessageChunk[] = [];

  override async sendMessages(options: Parameters<HerculesChatTransport["sendMessages"]>[0]) {
    return this.checked(await super.sendMessages(options));
  }

  override async reconnectToStream(options: { chatId: string }) {
    const stream = await super.reconnectToStream(options);
    return stream && this.checked(stream);
  }

  private checked(stream: ReadableStream<UIMessageChunk>) {
    return stream.pipeThrough(
      new TransformStream<UIMessageChunk, UIMessageChunk>({
        transform: async (chunk, controller) => {
          const result = await uiMessageChunkSchema().validate!(chunk);
          expect(result).toMatchObject({ success: true });
          this.chunks.push(chunk);
          controller.enqueue(chunk);
        },
      }),
    );
  }
}

let network: FaultyNetwork;
let hercules: Hercules;
let session: Session;
let transport: CheckedTransport;

beforeEach(async () => {
  network = await FaultyNetwork.open();
  hercules = clientOf(await signUp(), network.url);
  session = await hercules.createSession();
  transport = new CheckedTransport(hercules);
});

afterEach(() => {
  hercules.close();
  network.close();
});

function chatOf(messages: UIMessage[] = []): Chat {
  return new Chat({
    id: session.id,
    transport,
    state: new PlainState(messages),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
}

async function stored(): Promise<UIMessage[]> {
  const end = session.state.subscribe(() => undefined);
  await until(() => session.state.getSnapshot().status === "ready" && !session.state.getSnapshot().turn);
  end();
  const { messages, pendingActions } = session.state.getSnapshot();
  return toUIMessages(messages, pendingActions);
}

function texts(messages: UIMessage[]): string[] {
  return messages.map((message) => `${message.role}: ${textOf(message)}`);
}

describe("a chat of the AI SDK", () => {
  it("streams the answer with its sources, and ends with what is stored", async () => {
    const chat = chatOf();
    await chat.sendMessage({ text: "How often should I take a deload week?" });
    expect(chat.status).toBe("ready");
    expect(texts(chat.messages)).toEqual(texts(await stored()));
    const kinds = transport.chunks.map((chunk) => chunk.type);
    expect(kinds.slice(0, 2)).toEqual(["start", "text-start"]);
    expect(kinds).toContain("source-document");
    expect(kinds.slice(-2)).toEqual(["data-receipt", "finish"]);
  });

  it("shows what is stored where the preview said something else", async () => {
    network.deliver = (frame) =>
      frame.type === "message.delta" ? [{ ...frame, data: { ...frame.data, text: "What was mended. " } }] : [frame];
    const word = await says(Array(8).fill("Rest well."), 40);
    const end = session.state.subscribe(() => undefined);
    await until(() => session.isLive);
    const chat = chatOf();
    await chat.sendMessage({ text: `How should I rest, ${word}?` });
    end();
    expect(texts(chat.messages)).toEqual(texts(await stored()));
    expect(chat.messages.at(-1)?.parts.filter(isRetracted)).not.toHaveLength(0);
  });

  it("carries out the version that was seen, once the user approves; what is out of date is asked again", async () => {
    const chat = chatOf();
    await chat.sendMessage({ text: "Set my goal to run 5 km." });
    const approval = () => {
      const tool = chat.messages.at(-1)?.parts.find((part) => part.type === "dynamic-tool");
      return tool?.state === "approval-requested" ? tool.approval.id : undefined;
    };
    const first = approval()!;
    await hercules.api.PATCH("/v1/profile", { body: { goals: ["first pull-up"] } });
    await chat.addToolApprovalResponse({ id: first, approved: true });
    await until(() => chat.status === "ready" && approval() !== undefined && approval() !== first);
    await chat.addToolApprovalResponse({ id: approval()!, approved: true });
    await until(
      () => chat.messages.at(-1)?.parts.some((part) => "state" in part && part.state === "output-available") === true,
    );
    expect((await hercules.api.GET("/v1/profile")).data?.goals).toEqual(["run 5 km"]);
    expect(await stored()).toHaveLength(2);
  });

  it("asks a question anew, in the place of the one before", async () => {
    const chat = chatOf();
    await chat.sendMessage({ text: "How deep should I squat?" });
    await chat.sendMessage({ text: "How often should I take a deload week?" });
    await chat.regenerate();
    expect(texts(chat.messages)).toEqual(texts(await stored()));
    expect(chat.messages).toHaveLength(4);
    const edited = chat.messages[2]!;
    await chat.sendMessage({ text: "And how long is one?", messageId: edited.id });
    expect(texts(chat.messages)).toEqual(texts(await stored()));
    expect(texts(chat.messages)[2]).toBe("user: And how long is one?");
  });

  it("goes on with an answer that another page began, from its beginning", async () => {
    const word = await says(Array(40).fill("Rest well."), 50);
    const elsewhere = session.ask(`How should I rest, ${word}?`);
    await until(() => elsewhere.text !== "");
    const chat = chatOf(toUIMessages(session.state.getSnapshot().messages));
    await chat.resumeStream();
    expect(texts(chat.messages)).toEqual(texts(await stored()));
    await chat.resumeStream();
    expect(chat.messages).toHaveLength(2);
  });

  it("stops the answer on the server", async () => {
    const word = await says(Array(400).fill("Rest well."), 50);
    const chat = chatOf();
    const sent = chat.sendMessage({ text: `How should I rest, ${word}?` });
    await until(() => transport.chunks.some((chunk) => chunk.type === "text-delta"));
    await chat.stop();
    await sent;
    await stored();
    const params = { path: { session_id: session.id } };
    const { data } = await hercules.api.GET("/v1/chat/sessions/{session_id}", { params });
    expect(data?.running_turn).toBeNull();
    expect(data?.usage.messages_used).toBeLessThanOrEqual(1);
  });

  it("says so when no answer comes", async () => {
    const chat = chatOf();
    await chat.sendMessage({ text: "x".repeat(9000) });
    expect(chat.status).toBe("error");
    expect(chat.error?.message).not.toBe("");
  });
});
