/** Questions of one conversation on their way, as far as the conversation's own state does not tell of them. */
import { type Answer, type Message, TurnCancelled, TurnFailed } from "@hercules/client";
import { useHercules, useSession } from "@hercules/client/react";
import { useEffect, useState } from "react";

import { takeFirstQuestion } from "./first_questions";

/** A question that is not in the conversation yet. */
interface Sending {
  content: string;
  /** The question in whose place it comes. */
  replaces?: string;
  /** Of the turn that answers it, once the server has it. */
  turnId?: string;
}

export interface Asking {
  sending?: Sending;
  /** Why no answer came of the last question. */
  fault?: unknown;
  /** A question that the server did not take. */
  refused?: Sending;
  ask(content: string, replaces?: string): Promise<void>;
}

export function useAsking(id: string): Asking {
  const hercules = useHercules();
  const { messages } = useSession(id);
  const [sending, setSending] = useState<Sending>();
  const [fault, setFault] = useState<unknown>();
  const [refused, setRefused] = useState<Sending>();

  const ask = async (content: string, replaces?: string): Promise<void> => {
    setSending({ content, replaces });
    setFault(undefined);
    setRefused(undefined);
    const answer = hercules.session(id).ask(content, { replaces });
    answer.then(undefined, (why: unknown) => {
      if (!(why instanceof TurnCancelled)) setFault(why);
    });
    const turnId = await begunTurn(answer);
    setSending(turnId === undefined ? undefined : { content, replaces, turnId });
    setRefused(turnId === undefined ? { content, replaces } : undefined);
  };

  useEffect(() => {
    const first = takeFirstQuestion(id);
    if (first) void Promise.resolve(first).then(ask);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when the conversation has just been made
  }, [id]);
  return { sending: sending && !isIn(messages, sending) ? sending : undefined, fault, refused, ask };
}

function isIn(messages: readonly Message[], { turnId }: Sending): boolean {
  return turnId !== undefined && messages.some((message) => message.turn_id === turnId);
}

/** The turn's id once the server has stored the question: then it stays, even if no answer comes of it. */
async function begunTurn(answer: Answer): Promise<string | undefined> {
  for await (const part of answer) {
    if (part.type === "started") return part.turn.id;
    if (part.type === "failed") return part.error instanceof TurnFailed ? part.error.turnId : undefined;
  }
  return answer.turnId;
}
