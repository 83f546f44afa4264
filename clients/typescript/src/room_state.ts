/** All that is shown of a room, and what each event changes of it. */
import type { AgentsAtWork } from "./agents.js";
import type { Event } from "./events.js";
import type { FollowedState } from "./followed.js";
import type { FileVersion, Input, Review, Room, RoomMessage, RoomSnapshot, Task, TaskState } from "./types.js";

export interface RoomState extends FollowedState {
  room?: Room;
  tasks: Task[];
  /** The newest version of each. */
  files: FileVersion[];
  /** What each agent writes just now, and the tools that it called, by its task: as far as that was seen live. */
  agents: AgentsAtWork;
  /** What the agents said. */
  messages: RoomMessage[];
  /** What agents wait for the owner to say; only the owner sees them. */
  questions: Input[];
  budget?: RoomSnapshot["budget"];
  /** By criterion; undefined until there is one. */
  review?: Review;
  /** What the owner told all agents. */
  steer: string[];
  /** A reader watches a room that somebody else has shared. */
  access?: RoomSnapshot["access"];
}

export const LOADING: RoomState = {
  status: "loading",
  isLive: false,
  tasks: [],
  files: [],
  agents: {},
  messages: [],
  questions: [],
  steer: [],
};

/** A room as it was read as a whole. */
export function stateOf(snapshot: RoomSnapshot): Partial<RoomState> {
  return {
    status: "ready",
    error: undefined,
    room: snapshot.room,
    tasks: snapshot.tasks,
    files: snapshot.files,
    messages: snapshot.messages,
    questions: (snapshot.inputs ?? []).filter(isOpen),
    budget: snapshot.budget,
    review: snapshot.review ?? undefined,
    steer: snapshot.steer ?? [],
    access: snapshot.access,
  };
}

/** A room that its owner holds asks nobody. */
function isOpen(input: Input): boolean {
  return !input.answered_at && !input.closed_at && input.kind !== "hold";
}

/** What stands in the room alone, and not in its events: plan, criteria, questions' words, messages, what was used. */
const MORE_IN_THE_ROOM = new Set<Event["type"]>([
  "room.updated",
  "task.completed",
  "task.failed",
  "input.requested",
  "budget.reached",
  "budget.warning",
]);

/** Whether an event says less than the room does now. */
export function saysLess(event: Event): boolean {
  return MORE_IN_THE_ROOM.has(event.type);
}

/** What an event changes of a room. */
export function changeBy(event: Event, before: RoomState): Partial<RoomState> {
  switch (event.type) {
    case "task.started":
    case "task.throttled":
    case "task.completed":
    case "task.failed":
      return { tasks: withState(before.tasks, event.data.task) };
    case "file.created":
      return { files: withFile(before.files, event.data.file) };
    case "review.completed":
      return { review: event.data.review };
    default:
      return {};
  }
}

/** Whether nothing more will come, of which all is known. */
export function hasEnded({ room, status }: RoomState): boolean {
  return status === "failed" || room?.status === "completed" || room?.status === "failed";
}

/** Tasks are planned before they begin, so each is known. */
function withState(tasks: Task[], state: TaskState): Task[] {
  return tasks.map((task) => (task.id === state.id ? { ...task, ...state } : task));
}

function withFile(files: FileVersion[], file: FileVersion): FileVersion[] {
  return [...files.filter((one) => one.filename !== file.filename), file];
}
