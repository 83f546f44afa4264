/** The coach as an agent: a thread is a session, a run is one answer, and a proposal interrupts it for approval. */
import {
  AbstractAgent,
  type BaseEvent,
  EventType,
  type Interrupt,
  type ResumeEntry,
  type RunAgentInput,
} from "@ag-ui/client";
import type { Observable } from "rxjs";

import type { Answer } from "../answer.js";
import type { Hercules } from "../client.js";
import { ActionChanged } from "../errors.js";
import { type Action, citationsOf, type Message } from "../types.js";
import { interruptOf, seenBy } from "./approvals.js";
import { type AgUiEvent, type Ending, runOf } from "./run.js";
import { TextMessage } from "./text_message.js";

type Tell = (event: AgUiEvent) => void;

/**
 * `threadId` is the session's id. The coach's memory is the server's: of the messages only the last one is sent.
 *
 * A proposal is a tool call that interrupts the run; resume it with `{approved: true}`, and `edited` to change it.
 */
export class HerculesAgent extends AbstractAgent {
  private answer: Answer | undefined;

  constructor(
    private readonly hercules: Hercules,
    threadId: string,
  ) {
    super({ threadId });
  }

  run(input: RunAgentInput): Observable<BaseEvent> {
    return runOf(input, (tell) => this.work(input, tell));
  }

  /** Stop the answer on the server too. */
  override abortRun(): void {
    void this.answer?.stop().catch(() => undefined);
  }

  override clone(): HerculesAgent {
    const clone = super.clone() as HerculesAgent;
    return Object.assign(clone, { hercules: this.hercules });
  }

  private async work(input: RunAgentInput, tell: Tell): Promise<Ending> {
    const open: Interrupt[] = [];
    for (const entry of input.resume ?? []) {
      open.push(...(await this.decide(entry, tell)));
    }
    const last = input.messages.at(-1);
    if (last?.role !== "user") {
      return { interrupts: open };
    }
    const ending = await this.ask(input, last.content, tell);
    return { ...ending, interrupts: [...open, ...(ending.interrupts ?? [])] };
  }

  private async ask(input: RunAgentInput, content: unknown, tell: Tell): Promise<Ending> {
    const answer = this.hercules.session(input.threadId).ask(wordsOf(content));
    this.answer = answer;
    const text = new TextMessage(input, tell);
    const interrupts: Interrupt[] = [];
    let ending: Ending = {};
    for await (const part of answer) {
      if (part.type === "text" || part.type === "reset") {
        text.show(part);
      } else if (part.type === "action") {
        propose(part.action, text.id, tell);
        interrupts.push(interruptOf(part.action));
      } else if (part.type === "finished") {
        text.end();
        tell(aboutOf(part.message));
        ending = { result: { messageId: part.message.id }, isCancelled: part.turn.status === "cancelled" };
      } else if (part.type === "failed") {
        text.end();
        if (part.error.code !== "cancelled") {
          throw part.error;
        }
        ending = { isCancelled: true };
      }
    }
    return { ...ending, interrupts };
  }

  /** Carry out what the user decided; what has changed meanwhile is to be decided anew. */
  private async decide({ interruptId, status, payload }: ResumeEntry, tell: Tell): Promise<Interrupt[]> {
    if (status === "cancelled") {
      return []; // it goes on waiting in the inbox
    }
    const seen = seenBy(interruptId);
    try {
      const action = payload?.approved
        ? await this.hercules.actions.approve(seen, payload.edited)
        : await this.hercules.actions.reject(seen, payload?.reason);
      tell(resultOf(action));
      return [];
    } catch (fault) {
      if (fault instanceof ActionChanged && fault.action?.status === "pending") {
        return [interruptOf(fault.action)];
      }
      throw fault;
    }
  }
}

/** The words of a user's message, whose content may be in parts. */
function wordsOf(content: unknown): string {
  return typeof content === "string"
    ? content
    : (content as { text?: string }[]).map((part) => part.text ?? "").join("");
}

function propose(action: Action, parentMessageId: string, tell: Tell): void {
  const toolCallId = action.id;
  tell({ type: EventType.TOOL_CALL_START, toolCallId, toolCallName: action.action_type, parentMessageId });
  tell({ type: EventType.TOOL_CALL_ARGS, toolCallId, delta: JSON.stringify(action.payload) });
  tell({ type: EventType.TOOL_CALL_END, toolCallId });
}

function resultOf({ id, status, result }: Action): AgUiEvent {
  const content = JSON.stringify({ status, result });
  return { type: EventType.TOOL_CALL_RESULT, messageId: `result-${id}`, toolCallId: id, content, role: "tool" };
}

/** What an answer relies on and was made of, which AG-UI has no event for. */
function aboutOf(message: Message): AgUiEvent {
  const value = { messageId: message.id, citations: citationsOf(message), receipt: message.metadata.receipt };
  return { type: EventType.CUSTOM, name: "hercules.answer", value };
}
