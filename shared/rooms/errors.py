"""How work in a room is interrupted. Step Functions tells these errors apart by the names of their classes."""


class ProviderUnavailable(Exception):  # noqa: N818 - the state machine's Retry names it
    """No model answered; to be tried again after a while."""


class ProviderRateLimited(Exception):  # noqa: N818 - the state machine's Retry names it
    """The models have no capacity for us now: shared.rooms.throttling says when they are asked again.

    `seconds` are those that the provider asks for, if it does; `got_on`: this worker was answered before.
    """

    def __init__(self, seconds: int | None = None, *, got_on: bool = False) -> None:
        super().__init__("rate limited")
        self.seconds = seconds
        self.got_on = got_on


class ProviderMisconfigured(Exception):  # noqa: N818 - the state machine's Retry names it
    """The providers refuse what this deployment sends: trying again would not help, its operator must act."""


class TaskInterrupted(Exception):  # noqa: N818 - the state machine's Retry names it
    """This worker's time is nearly up; the next one goes on where it stopped."""


class TaskBusy(Exception):  # noqa: N818 - the state machine's Retry names it
    """Another worker may still be at it; to be tried again when its lease is over."""


class BudgetHeld(Exception):  # noqa: N818 - the state machine's Retry names it
    """The room's budget suffices, but calls under way hold what is left; to be tried again when they have ended."""


# --------------------------------------------------------------------- within a task; the state machine never sees them
class TaskFailedError(Exception):
    """The agent cannot do it. Codes: stuck, too_many_calls, too_many_tokens, context_too_long, cut_off, refused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotPermittedError(Exception):
    """The room lets this worker go no further: cancelled (or another one has its task), budget_reached, held."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OwnerNeeded(Exception):  # noqa: N818 - no fault: the task goes on when there is an answer
    """A question that only the owner can answer."""

    def __init__(self, question: str) -> None:
        super().__init__("a question for the owner")
        self.question = question


# What a task or a room failed of, by the error that Step Functions caught; anything else is our own fault.
CODES = {
    "ProviderUnavailable": "model_unavailable",
    "ProviderRateLimited": "model_rate_limited",
    "ProviderMisconfigured": "model_misconfigured",
    "TaskInterrupted": "timed_out",
    "TaskBusy": "timed_out",
    "BudgetHeld": "timed_out",
    "States.Timeout": "timed_out",
    "States.HeartbeatTimeout": "timed_out",
    "UnavailableError": "service_unavailable",
}


FAULT = "internal_error"


def code_of(error: str) -> str:
    return CODES.get(error, FAULT)
