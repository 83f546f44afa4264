/** What is told of a room: its board as state, and each task at work as a subagent. */
import { EventType, type Interrupt } from "@ag-ui/client";

import { HerculesError } from "../errors.js";
import type { RoomState } from "../room_state.js";
import type { Input, Task } from "../types.js";
import type { AgUiEvent, Ending } from "./run.js";

const MEMBERS = ["room", "tasks", "files", "budget"] as const;
const RESPONSES: Record<string, Interrupt["responseSchema"]> = {
  question: { type: "string" },
  budget: { type: "object", properties: { budget: { type: "object" } }, required: ["budget"] },
};

export class Board {
  private shown: RoomState | undefined;
  private readonly open = new Set<string>();
  private readonly over = new Set<string>();

  constructor(private readonly tell: (event: AgUiEvent) => void) {}

  show(state: RoomState): void {
    if (!state.room) {
      return;
    }
    this.showState(state);
    this.shown = state;
    state.tasks.forEach((task) => this.showTask(task));
  }

  /** Questions wait for the owner: every subagent pauses, the one that asked for its answer. */
  suspend(questions: Input[]): Interrupt[] {
    for (const task of this.open) {
      const interruptIds = questions.filter((question) => question.task_id === task).map((question) => question.id);
      this.finish(task, { outcome: { type: "suspended", interruptIds } });
    }
    return questions.map(interruptOf);
  }

  end(): Ending {
    [...this.open].forEach((task) => this.finish(task, {}));
    const room = this.shown?.room;
    if (room?.status === "failed") {
      throw new HerculesError("The room has ended without all that it was to make.", room.status_reason ?? "failed");
    }
    const files = this.shown?.files.map(({ id, filename, version }) => ({ id, filename, version }));
    return { result: { status: room?.status, reason: room?.status_reason, files } };
  }

  private showState(state: RoomState): void {
    const before = this.shown;
    if (!before) {
      const snapshot = Object.fromEntries(MEMBERS.map((name) => [name, state[name] ?? null]));
      this.tell({ type: EventType.STATE_SNAPSHOT, snapshot });
      return;
    }
    const changed = MEMBERS.filter((name) => state[name] !== before[name]);
    if (changed.length > 0) {
      const delta = changed.map((name) => ({ op: "replace", path: `/${name}`, value: state[name] ?? null }));
      this.tell({ type: EventType.STATE_DELTA, delta });
    }
  }

  private showTask(task: Task): void {
    const isAtWork = task.status === "running" || task.status === "waiting";
    const hasEnded = task.ended_at !== null;
    if ((isAtWork || (hasEnded && task.started_at)) && !this.open.has(task.id) && !this.over.has(task.id)) {
      this.open.add(task.id);
      const description = `${task.key}: ${task.deliverables.join(", ")}`;
      this.tell({ type: EventType.SUBAGENT_STARTED, subagentRunId: task.id, name: task.role, description });
    }
    if (hasEnded && this.open.has(task.id)) {
      this.endTask(task);
    }
  }

  private endTask(task: Task): void {
    if (task.status === "done") {
      this.finish(task.id, { result: task.summary });
    } else {
      this.close(task.id);
      const message = task.summary ?? `The task ${task.key} was not done.`;
      this.tell({
        type: EventType.SUBAGENT_ERROR,
        subagentRunId: task.id,
        message,
        code: task.error_code ?? task.status,
      });
    }
  }

  private finish(task: string, how: Record<string, unknown>): void {
    this.close(task);
    this.tell({ type: EventType.SUBAGENT_FINISHED, subagentRunId: task, ...how });
  }

  private close(task: string): void {
    this.open.delete(task);
    this.over.add(task);
  }
}

function interruptOf(input: Input): Interrupt {
  return {
    id: input.id,
    reason: input.kind,
    message: input.question ?? "The budget is used up: raise it?",
    subagentRunId: input.task_id,
    responseSchema: RESPONSES[input.kind],
    expiresAt: input.expires_at,
  };
}
