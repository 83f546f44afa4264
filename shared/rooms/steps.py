"""One call of a model in a room's name: how its failures are told to the state machine, and what is recorded of it."""

from collections.abc import Callable
from uuid import uuid4

from shared.llm.answer import Answer
from shared.llm.call import ModelCall
from shared.llm.errors import ContextTooLongError, ModelError, ModelMisconfiguredError
from shared.llm.prices import FREE, Cost
from shared.llm.providers import Model
from shared.llm.request import Request
from shared.platform.deadline import Deadline
from shared.rooms.outcomes import ProviderMisconfigured, ProviderRateLimited, ProviderUnavailable
from shared.rooms.step_queries import Step

KEEP_FOR_STORING = 10.0  # seconds that must be left when the model has answered
# Seconds of one call and its stand-in: a file of 6,000 tokens at the 40 a second of a slow model. A task's lease is
# longer.
LONGEST = 210.0


def call_of(models: list[Model], request: Request, deadline: Deadline) -> ModelCall:
    within = Deadline.after(min(LONGEST, deadline.remaining(KEEP_FOR_STORING)))
    return ModelCall(models, request, within)


def ask(call: ModelCall, record: Callable[[str], None]) -> Answer:
    """The answer, once it is whole; `record` is given a name for the step of a call that was paid for nothing.

    Raises ContextTooLongError, and otherwise failures as the state machine knows them.
    """
    try:
        return call.whole()
    except ModelError as fault:
        if call.paid():
            # A name of its own: the call is made again under its number.
            record(f"lost-{uuid4().hex[:12]}")
        raise _outcome(fault) from None


def _outcome(fault: ModelError) -> Exception:
    if isinstance(fault, ContextTooLongError):
        return fault
    if isinstance(fault, ModelMisconfiguredError):
        return ProviderMisconfigured()
    return ProviderRateLimited() if fault.reason == "model_rate_limited" else ProviderUnavailable()


def step_of(
    call: ModelCall, step: str, agent_name: str, content: str, more_tokens: int = 0, more_cost: Cost = FREE
) -> Step:
    """For the record of a room: `content` is what the agent was told; more tokens are those of its searches."""
    price = sum((answer.cost for answer in call.paid()), more_cost)
    answer = call.answer
    return Step(
        step=step,
        agent_name=agent_name,
        content=content,
        response=answer.text or answer.refusal,
        model_used=answer.model.name,
        provider=answer.model.provider,
        tool_calls=answer.message.get("tool_calls"),
        token_count=answer.usage.completion,
        tokens=tokens_of(call) + more_tokens,
        cost=price.dollars,
        cost_complete=price.complete,
    )


def tokens_of(call: ModelCall) -> int:
    return sum(answer.usage.tokens for answer in call.paid())
