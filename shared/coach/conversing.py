"""Asks the model until it answers: it may call tools on the way, and each call is answered with what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.actions.proposals import Proposals
from shared.actions.tools import tools
from shared.coach.answering import KEEP_FOR_FINISH, Shown, stream_text
from shared.coach.citations import read_answer
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.llm.answer import Answer
from shared.llm.call import ModelCall
from shared.llm.errors import ContextTooLongError
from shared.llm.providers import Model, candidates
from shared.llm.request import Message, Request
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.prompts import coach as prompts
from shared.realtime.push import Pusher

CUT = {"status": "invalid", "reasons": ["The call was cut off before its end. Propose something shorter."]}


@dataclass(frozen=True)
class Watched:
    """How a turn is carried out: where it is stored, how long it may take, who looks on."""

    database: Database
    deadline: Deadline
    pusher: Pusher


@dataclass
class Conversation:
    """The calls of one turn, the last of which answers the user."""

    work: TurnWork
    prompt: prompts.Prompt
    proposals: Proposals
    calls: list[ModelCall] = field(default_factory=list)
    shown: Shown = field(default_factory=Shown)
    reduced: bool = False  # the model could not read the whole prompt

    @classmethod
    def of(cls, database: Database, work: TurnWork) -> "Conversation":
        prompt = _prompt(work)
        return cls(work, prompt, Proposals(database, work.user_id, work.situation, _origin(work, prompt)))

    @property
    def answer(self) -> Answer:
        return self.calls[-1].answer

    @property
    def answers(self) -> list[Answer]:
        """All that was paid for."""
        return [answer for call in self.calls for answer in call.paid()]

    def run(self, watched: Watched) -> None:
        """Raises ModelError, TurnStoppedError; what was used until then is in `answers`."""
        said: list[Message] = []
        shortened = False
        for left in reversed(range(prompts.ROUNDS)):
            # The last round offers no tools, so that it can only be an answer; neither does one that says it shorter.
            offered = tools() if left and not shortened else []
            self._ask(watched, said, offered=offered, again=shortened)
            if self.answer.calls:
                said += self._answered_calls()
            elif left and not shortened and self._is_of_no_use():
                said += prompts.shorter(self.answer.text)
                shortened = True
            else:
                return

    def _is_of_no_use(self) -> bool:
        """Whether it was cut off, or nothing in it can be read: it is asked for once more, and shorter."""
        answer = self.answer
        return not answer.is_refused and (answer.is_cut or not read_answer(answer.text, {}).text)

    def _ask(self, watched: Watched, said: Sequence[Message], *, offered: Sequence[Message], again: bool) -> None:
        """One call; once more with a shorter prompt where the model cannot read all of it."""
        try:
            self._stream(watched, said, offered, again=again)
        except ContextTooLongError:
            if self.reduced:
                raise
            self.prompt, self.reduced = _prompt(self.work, prompts.LESS), True
            self._stream(watched, said, offered, again=again)

    def _stream(self, watched: Watched, said: Sequence[Message], offered: Sequence[Message], *, again: bool) -> None:
        request = Request(
            [*self.prompt.messages, *said],
            settings.load(settings.ModelSettings).answer_tokens,
            self.work.user_id,
            offered,
            prompts.ANSWER_SCHEMA,
            "none" if again else None,  # what was too long before leaves no time for thinking anew
        )
        self.calls.append(ModelCall(coach_models(), request, watched.deadline, KEEP_FOR_FINISH))
        self.shown = Shown(self.shown.text if again else "", is_kept=again and bool(self.shown.text))
        stream_text(watched.database, self.work, self.calls[-1], watched.pusher, self.shown)

    def _answered_calls(self) -> list[Message]:
        """The model's message with its calls, and an answer to each: providers demand one."""
        said: list[Message] = [self.answer.message]
        for call in self.answer.calls:
            told = CUT if self.answer.is_cut else self.proposals.take(call)
            said.append({"role": "tool", "tool_call_id": call.id, "content": prompts.told(told)})
        return said


def coach_models() -> list[Model]:
    """In the order in which they are asked: the other provider stands in, and one that is alone is asked again."""
    models = candidates("coach")
    return models if len(models) > 1 else models * 2


def _prompt(work: TurnWork, share: float = 1.0) -> prompts.Prompt:
    return prompts.build(work.question, work.athlete, work.actions, work.history, work.passages, share)


def _origin(work: TurnWork, prompt: prompts.Prompt) -> dict[str, Any]:
    """Where the proposals of this turn come from: a user must be able to see whether a document was in play."""
    shown = ("chunk_id", "source", "title", "version", "content")
    return {
        "question_id": str(work.question_id),
        "turn_id": work.turn_id,
        "model": coach_models()[0].name,
        "prompt_version": prompts.VERSION,
        "prompt_hash": prompts.prompt_hash(),
        "passages": [{name: passage[name] for name in shown} for passage in prompt.passages.values()],
    }
