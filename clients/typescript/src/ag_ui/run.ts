/** One run as AG-UI has it: it starts, tells events, and finishes or fails. */
import { type BaseEvent, EventType, type Interrupt, type RunAgentInput } from "@ag-ui/client";
import { Observable } from "rxjs";

import type { HerculesError } from "../errors.js";

/** An event of AG-UI, whose members depend on its type. */
export type AgUiEvent = BaseEvent & Record<string, unknown>;

/** How a run ended: with a result, waiting for the user, or stopped. */
export interface Ending {
  result?: unknown;
  interrupts?: Interrupt[];
  isCancelled?: boolean;
}

/** A run whose work tells its events by `tell`. What it throws ends the run as failed. */
export function runOf(
  { threadId, runId }: RunAgentInput,
  work: (tell: (event: AgUiEvent) => void) => Promise<Ending>,
): Observable<BaseEvent> {
  return new Observable((subscriber) => {
    const tell = (event: AgUiEvent) => subscriber.next(event);
    tell({ type: EventType.RUN_STARTED, threadId, runId });
    work(tell)
      .then(({ result, ...ending }) => {
        tell({ type: EventType.RUN_FINISHED, threadId, runId, result, outcome: outcomeOf(ending) });
      })
      .catch((fault: HerculesError) => tell({ type: EventType.RUN_ERROR, message: fault.message, code: fault.code }))
      .finally(() => subscriber.complete());
  });
}

function outcomeOf({ interrupts = [], isCancelled }: Ending) {
  if (isCancelled) {
    return { type: "cancelled" };
  }
  return interrupts.length > 0 ? { type: "interrupt", interrupts } : { type: "success" };
}
