"""Asks the model until it answers: it may call tools on the way, and each call is answered with what became of it.

Its answer is streamed to whoever watches, and ends when the turn was cancelled or its time is up.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.actions.proposals import Proposals
from shared.actions.tools import tools
from shared.coach.turn import prompt as prompts
from shared.coach.turn import queries
from shared.coach.turn.answer import read_answer, visible_text
from shared.coach.turn.queries import TurnWork
from shared.database.client import Database
from shared.llm import tokens
from shared.llm.answer import Answer, Bill
from shared.llm.call import PATIENCE, ModelCall
from shared.llm.catalogue import cost
from shared.llm.errors import ContextTooLongError, ModelError
from shared.llm.providers import Model, candidates
from shared.llm.request import Message, Request
from shared.llm.stream import BackgroundStream
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault
from shared.platform.text import JsonObject
from shared.realtime.push import Pusher

RESERVED_SECONDS = 5.0  # that must be left when the model ends, for storing the answer: five times, if it must be
# Seconds between two looks at the database: a cancelled turn must stop within one second, and a short one needs none.
CHECKPOINT_INTERVAL = 0.7
CUT_CALL = {"status": "invalid", "reasons": ["The call was cut off before its end. Propose something shorter."]}


class TurnStoppedError(Exception):
    """The turn was cancelled, or ended by somebody else."""


@dataclass
class ShownText:
    """What the user has read of the answer. A second try stays unseen until it is whole, and then replaces that."""

    text: str = ""
    is_kept: bool = False

    def update(self, text: str) -> str:
        """The visible text so far; returns what is new to the user."""
        if self.is_kept or not text.startswith(self.text):
            return ""
        new, self.text = text.removeprefix(self.text), text
        return new


@dataclass
class ModelLoop:
    """The calls of one turn, the last of which answers the user."""

    database: Database
    work: TurnWork
    deadline: Deadline
    pusher: Pusher
    prompt: prompts.Prompt = field(init=False)
    proposals: Proposals = field(init=False)
    calls: list[ModelCall] = field(default_factory=list)
    shown: ShownText = field(default_factory=ShownText)
    is_reduced: bool = False  # the model could not read the whole prompt

    def __post_init__(self) -> None:
        self.prompt = prompts.build_prompt(self.work)
        self.proposals = Proposals(
            self.database, self.work.user_id, self.work.situation, self._origin(), self.work.actions
        )

    @property
    def answer(self) -> Answer:
        return self.calls[-1].answer

    @property
    def paid(self) -> list[Answer]:
        return [answer for call in self.calls for answer in call.paid()]

    @property
    def bill(self) -> Bill:
        """For all calls of the model, and for embedding the question."""
        embedding = self.work.embedding_tokens
        return Bill.of(self.paid, embedding, cost(self.work.embedding_model, embedding))

    @property
    def used(self) -> Bill:
        """The bill so far, as far as it is known while the model answers; empty while nobody was paid."""
        *ended, current = self.calls
        paid = [answer for call in ended for answer in call.paid()] + current.lost
        text = current.answer.text + "".join(call.arguments for call in current.answer.calls)
        if not (paid or text):
            return Bill()
        prompt, said = (current.request.prompt_tokens, tokens.count(text)) if text else (0, 0)
        embedding, model = self.work.embedding_tokens, current.answer.model.name
        more = cost(self.work.embedding_model, embedding) + cost(model, prompt, said)
        bill = Bill.of(paid, embedding + prompt + said, more)
        return replace(bill, model=model, estimated=bill.estimated or bool(text))

    def run(self) -> None:
        """Raises ModelError, TurnStoppedError; what was used until then is in `bill`."""
        said: list[Message] = []
        again = False  # in fewer words
        for left in reversed(range(prompts.MAX_ROUNDS)):
            # The last round offers no tools, so that it can only be an answer; neither does one that says it shorter.
            self._ask(said, offered=tools() if left and not again else [], again=again)
            if self.answer.calls:
                said += self._results_of_calls()
            elif left and not again and self._is_of_no_use():
                said += prompts.ask_shorter(self.answer.text)
                again = True
            else:
                return

    def _is_of_no_use(self) -> bool:
        """Whether it was cut off, or nothing in it can be read: it is asked for once more, and shorter."""
        answer = self.answer
        return not answer.is_refused and (answer.is_cut or not read_answer(answer.text, {}).text)

    def _ask(self, said: Sequence[Message], *, offered: Sequence[Message], again: bool) -> None:
        """One call; once more with a shorter prompt where the model cannot read all of it."""
        try:
            self._call(said, offered, again=again)
        except ContextTooLongError:
            if self.is_reduced:
                raise
            self.prompt, self.is_reduced = prompts.build_prompt(self.work, prompts.REDUCED_SHARE), True
            self._call(said, offered, again=again)

    def _call(self, said: Sequence[Message], offered: Sequence[Message], *, again: bool) -> None:
        request = Request(
            [*self.prompt.messages, *said],
            settings.load(settings.ModelSettings).answer_tokens,
            self.work.user_id,
            offered,
            prompts.ANSWER_SCHEMA,
            "none" if again else None,  # what was too long before leaves no time for thinking anew
        )
        self.calls.append(ModelCall(coach_models(), request, self.deadline, RESERVED_SECONDS))
        shown = self.shown.text if again else ""
        self.shown = ShownText(shown, is_kept=bool(shown))
        self._stream(self.calls[-1])

    def _stream(self, call: ModelCall) -> None:
        """Carry a call out, pushing its visible text as it comes."""
        checkpoint_at = time.monotonic() + CHECKPOINT_INTERVAL
        with BackgroundStream(call) as stream:
            running = True
            while running:
                running = stream.wait(PATIENCE)
                if running and self.deadline.remaining(RESERVED_SECONDS) <= 0:
                    raise ModelError(code="model_timeout")
                if new := self.shown.update(visible_text(call.answer.text, has_ended=not running)):
                    call.shown = True
                    self.pusher.delta(str(self.work.turn.id), new)
                if running and time.monotonic() >= checkpoint_at:
                    self._checkpoint()
                    checkpoint_at = time.monotonic() + CHECKPOINT_INTERVAL

    def _checkpoint(self) -> None:
        """Keep what has come, learn who listens, and whether to go on. A database that is down stops nothing."""
        try:
            checkpoint = queries.checkpoint_turn(self.database, self.work, self.shown.text, self.used)
        except DomainError as fault:
            log_fault("a checkpoint was missed", fault)
            return
        if not checkpoint.proceed:
            raise TurnStoppedError
        self.pusher.listen(checkpoint.listeners)

    def _results_of_calls(self) -> list[Message]:
        """The model's message with its calls, and a result of each: providers demand one."""
        said: list[Message] = [self.answer.message]
        for call in self.answer.calls:
            result = CUT_CALL if self.answer.is_cut else self.proposals.propose(call)
            said.append({"role": "tool", "tool_call_id": call.id, "content": prompts.tool_result(result)})
        return said

    def _origin(self) -> JsonObject:
        """Where the proposals of this turn come from: a user must be able to see whether a document was in play."""
        shown = {"chunk_id", "source", "title", "version", "content"}
        return {
            "question_id": str(self.work.question_id),
            "turn_id": str(self.work.turn.id),
            "model": coach_models()[0].name,
            "prompt_version": prompts.VERSION,
            "prompt_hash": prompts.prompt_hash(),
            "passages": [passage.model_dump(mode="json", include=shown) for passage in self.prompt.passages.values()],
        }


def coach_models() -> list[Model]:
    """In the order in which they are asked: the other provider stands in, and one that is alone is asked again."""
    models = candidates("coach")
    return models if len(models) > 1 else models * 2
