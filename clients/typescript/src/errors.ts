/** What went wrong, as classes: `code` of the problem document decides which. */
import type { Action, FieldProblem, Usage } from "./types.js";

/** An RFC 9457 problem document, with the members that some of its codes add. */
export interface ProblemDocument {
  code?: string;
  detail?: string;
  status?: number;
  title?: string;
  request_id?: string;
  errors?: FieldProblem[] | null;
  [member: string]: unknown;
}

/** Base of all errors of this library. `message` may be shown to a user. */
export class HerculesError extends Error {
  constructor(
    message: string,
    /** What to act on: `quota_exceeded`, `stale_proposal`, … */
    readonly code: string,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** No answer came at all: offline, or the server cannot be reached. What has a key can be sent again. */
export class NetworkError extends HerculesError {
  constructor(override readonly cause: unknown) {
    super("The server cannot be reached.", "network");
  }
}

/** A response other than 2xx. */
export class ResponseError extends HerculesError {
  readonly status: number;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;

  constructor(
    response: Response,
    readonly problem: ProblemDocument,
    /** Seconds after which it may be tried again, where the server says so. */
    readonly retryAfter: number | undefined,
  ) {
    super(problem.detail ?? problem.title ?? `The server answered ${response.status}.`, problem.code ?? "unknown");
    this.status = response.status;
    this.requestId = problem.request_id ?? response.headers.get("x-request-id") ?? undefined;
  }
}

/** 401: no token, or one that is no longer valid. */
export class Unauthorized extends ResponseError {}

/** 403: it is for operators. */
export class Forbidden extends ResponseError {}

/** 404: there is no such thing, or it is somebody else's. */
export class NotFound extends ResponseError {}

/** 422: `fields` says which members were not valid. */
export class InvalidRequest extends ResponseError {
  get fields(): FieldProblem[] {
    return this.problem.errors ?? [];
  }
}

/** 422 `red_flag`: what was written sounds urgent. `advice` is to be shown. */
export class UrgentAdvice extends InvalidRequest {
  get advice(): string {
    return this.message;
  }
}

/** 409: the request lost a race or is out of date. */
export class Conflict extends ResponseError {}

/** 409 `turn_in_progress`: the session still answers another question. */
export class TurnInProgress extends Conflict {
  get turnId(): string | undefined {
    return this.problem.turn_id as string | undefined;
  }
}

/** An action is not as it was when the user saw it; `action` is how it is now. */
export class ActionChanged extends Conflict {
  get action(): Action | undefined {
    return this.problem.action as Action | undefined;
  }
}

/** 409 `stale_proposal`: what the proposal would change has changed. `action` has the fresh preview: show and ask again. */
export class StaleProposal extends ActionChanged {}

/** 409: the room is not as the app thought; its state is being read anew. */
export class RoomMovedOn extends Conflict {}

/** 422 `input_id_required`: several questions may be meant; `inputIds` are those that may be. */
export class InputIdRequired extends InvalidRequest {
  get inputIds(): string[] {
    return (this.problem.input_ids as string[] | undefined) ?? [];
  }
}

/** 410: the time in which this could be done is over. */
export class Gone extends ResponseError {}

/** 429: too often, or too much. */
export class TooMany extends ResponseError {}

/** 429 `quota_exceeded`: `limit` of the week is reached; `retryAfter` is when the next one begins. */
export class QuotaExceeded extends TooMany {
  get limit(): string | undefined {
    return this.problem.limit as string | undefined;
  }
  get usage(): Usage | undefined {
    return this.problem.usage as Usage | undefined;
  }
}

/** 503: something behind the server is down for now. */
export class Unavailable extends ResponseError {}

/** The question was taken, but no answer came of it: `code` says why. It cost no message. */
export class TurnFailed extends HerculesError {
  constructor(
    readonly turnId: string,
    code: string,
  ) {
    super("No answer came of this question.", code);
  }
}

/** The answer was stopped before its first word. */
export class TurnCancelled extends HerculesError {
  constructor(readonly turnId: string) {
    super("The answer was stopped.", "cancelled");
  }
}

type Kind = new (...of: ConstructorParameters<typeof ResponseError>) => ResponseError;

const BY_CODE: Record<string, Kind> = {
  action_decided: ActionChanged,
  input_answered: RoomMovedOn,
  input_closed: RoomMovedOn,
  input_id_required: InputIdRequired,
  plan_not_open: RoomMovedOn,
  quota_exceeded: QuotaExceeded,
  red_flag: UrgentAdvice,
  room_ended: RoomMovedOn,
  room_not_failed: RoomMovedOn,
  room_open: RoomMovedOn,
  stale_proposal: StaleProposal,
  target_changed: ActionChanged,
  turn_in_progress: TurnInProgress,
};

const BY_STATUS: Record<number, Kind> = {
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  409: Conflict,
  410: Gone,
  422: InvalidRequest,
  429: TooMany,
  502: Unavailable,
  503: Unavailable,
  504: Unavailable,
};

/** The error that a response is. */
export async function errorOf(response: Response): Promise<ResponseError> {
  const problem = await problemOf(response);
  const kind = BY_CODE[problem.code ?? ""] ?? BY_STATUS[response.status] ?? ResponseError;
  return new kind(response, problem, retryAfter(response));
}

/** Seconds of `Retry-After`; undefined where it is not there, or no number. */
export function retryAfter(response: Response): number | undefined {
  const seconds = Number.parseFloat(response.headers.get("retry-after") ?? "");
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** What API Gateway itself answers (throttling, time over) is no problem document. */
async function problemOf(response: Response): Promise<ProblemDocument> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? (body as ProblemDocument) : {};
  } catch {
    return {};
  }
}
