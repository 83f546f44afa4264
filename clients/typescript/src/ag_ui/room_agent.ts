/** A task room as an agent: its tasks are subagents, its board is the state, and a question interrupts the run. */
import { AbstractAgent, type BaseEvent, type RunAgentInput } from "@ag-ui/client";
import type { Observable } from "rxjs";

import type { Hercules } from "../client.js";
import { HerculesError } from "../errors.js";
import type { Room } from "../room.js";
import { Board } from "./board.js";
import { type AgUiEvent, type Ending, runOf } from "./run.js";

/**
 * Without a room's id the first run opens one, with the last message as its prompt; `roomId` then says which.
 *
 * Resume a question with the answer as its payload, an exhausted budget with `{budget: {…}}`.
 */
export class HerculesRoomAgent extends AbstractAgent {
  constructor(
    private readonly hercules: Hercules,
    public roomId?: string,
  ) {
    super({ threadId: roomId });
  }

  run(input: RunAgentInput): Observable<BaseEvent> {
    return runOf(input, (tell) => this.work(input, tell));
  }

  /** End the room; what is finished is kept. */
  override abortRun(): void {
    if (this.roomId) {
      void this.hercules
        .room(this.roomId)
        .cancel()
        .catch(() => undefined);
    }
  }

  override clone(): HerculesRoomAgent {
    const clone = super.clone() as HerculesRoomAgent;
    return Object.assign(clone, { hercules: this.hercules, roomId: this.roomId });
  }

  private async work(input: RunAgentInput, tell: (event: AgUiEvent) => void): Promise<Ending> {
    const room = this.roomId ? this.hercules.room(this.roomId) : await this.open(input);
    const answered = new Set<string>();
    for (const { interruptId, status, payload } of input.resume ?? []) {
      if (status === "resolved") {
        await room.say({
          ...(typeof payload === "string" ? { answer: payload } : payload),
          input_id: interruptId,
        });
        answered.add(interruptId);
      }
    }
    return this.watch(room, answered, tell);
  }

  private async open(input: RunAgentInput): Promise<Room> {
    const prompt = input.messages.at(-1)?.content;
    if (typeof prompt !== "string") {
      throw new HerculesError("A room is opened with a message that says what to do.", "no_prompt");
    }
    const room = await this.hercules.createRoom(prompt);
    this.roomId = room.id;
    return room;
  }

  private async watch(room: Room, answered: Set<string>, tell: (event: AgUiEvent) => void): Promise<Ending> {
    const board = new Board(tell);
    for await (const state of room.watch()) {
      if (state.status === "failed") {
        throw state.error ?? new HerculesError("The room cannot be followed.", "unknown");
      }
      board.show(state);
      const questions = state.questions.filter((question) => !answered.has(question.id));
      if (state.room?.status === "active" && questions.length > 0) {
        return { interrupts: board.suspend(questions) };
      }
    }
    return board.end();
  }
}
