"""What was said, called and answered in an agent's task so far, and whether the agent goes in circles.

In the database a transcript always ends with a message of the model: it is stored with what was paid for it, and what
tools answered is stored with the next one. So whoever takes over pays for nothing twice; tools are run again where
their answer was lost, which is safe.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.llm.answer import ToolCall
from shared.llm.request import Message
from shared.rooms import prompts

MAX_REPEATS = 3  # of one call, in a row or not: the second may be a slip, the third is a habit
MAX_CALLS_WITHOUT_NEWS = 5  # in a row: one more than a task has deliverables to look at again


@dataclass(frozen=True)
class CompletedCall:
    """One call: the tool with its arguments, and what came of it. Either may be a digest."""

    call: str
    result: str

    @property
    def is_owners_answer(self) -> bool:
        """A question that could not be asked has none."""
        return self.call.startswith("ask_owner ") and self.result.startswith("<answer>")


@dataclass
class Transcript:
    messages: list[Message]
    stored: int  # how many of them are in the database
    completed: list[CompletedCall] = field(init=False)

    def __post_init__(self) -> None:
        self.completed = list(_completed(self.messages))

    @property
    def newest(self) -> Message:
        return self.messages[-1]

    @property
    def unstored(self) -> list[Message]:
        return self.messages[self.stored :]

    @property
    def model_calls(self) -> int:
        return sum(message["role"] == "assistant" for message in self.messages)

    @property
    def owner_answers(self) -> int:
        return sum(call.is_owners_answer for call in self.completed)

    @property
    def instructions(self) -> int:
        """How many of the owner's words to all agents are in it."""
        return sum(prompts.count_instructions(message) for message in self.messages)

    @property
    def cuts(self) -> int:
        """How many answers in a row were cut off at last."""
        said = [message for message in self.messages if message["role"] == "assistant"]
        whole = (number for number, message in enumerate(reversed(said)) if not prompts.is_cut_off(message))
        return next(whole, len(said))

    def requested_calls(self) -> list[ToolCall]:
        """What the newest message calls for."""
        return list(_tool_calls(self.newest))

    def add(self, message: Message) -> None:
        self.messages.append(message)

    def add_result(self, call: ToolCall, result: str) -> None:
        self.completed.append(_completed_call(call, result))
        self.add({"role": "tool", "tool_call_id": call.id, "content": result})

    @property
    def circles(self) -> int:
        """How often the agent was told that its calls bring nothing new."""
        return sum(map(prompts.is_nothing_new, self.messages))

    @property
    def is_stuck(self) -> bool:
        """Whether the newest of the calls since the agent was told so last shows a circle."""
        told = [number for number, message in enumerate(self.messages) if prompts.is_nothing_new(message)]
        before = sum(message["role"] == "tool" for message in self.messages[: told[-1]]) if told else 0
        return is_stuck(self.completed[before:])


def _tool_calls(message: Message) -> Iterator[ToolCall]:
    for raw in message.get("tool_calls") or []:
        yield ToolCall(raw["id"], raw["function"]["name"], raw["function"]["arguments"])


def _completed_call(call: ToolCall, result: str) -> CompletedCall:
    return CompletedCall(f"{call.name} {call.arguments}", result)


def _completed(messages: list[Message]) -> Iterator[CompletedCall]:
    results = {message["tool_call_id"]: message["content"] for message in messages if message["role"] == "tool"}
    for message in messages:
        for call in _tool_calls(message):
            if call.id in results:
                yield _completed_call(call, results[call.id])


# --------------------------------------------------------------------------------------------------------------- loops
def is_stuck(calls: Sequence[CompletedCall]) -> bool:
    """Whether the newest of these calls shows a loop: three times the same, A-B-A-B, or five without news."""
    return _repeats(calls) or _alternates(calls) or _learns_nothing(calls)


def _repeats(calls: Sequence[CompletedCall]) -> bool:
    """The same call with the same result: to look again at what has changed since is no loop."""
    return bool(calls) and calls.count(calls[-1]) >= MAX_REPEATS


def _alternates(calls: Sequence[CompletedCall]) -> bool:
    last = [each.call for each in calls[-4:]]
    return len(last) == 4 and last[:2] == last[2:] and last[0] != last[1]


def _learns_nothing(calls: Sequence[CompletedCall]) -> bool:
    if len(calls) <= MAX_CALLS_WITHOUT_NEWS:
        return False
    known = {each.result for each in calls[:-MAX_CALLS_WITHOUT_NEWS]}
    return all(each.result in known for each in calls[-MAX_CALLS_WITHOUT_NEWS:])
