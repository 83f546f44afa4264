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
from shared.coach.turn.answer import read_answer, read_growing
from shared.coach.turn.history import token_budget
from shared.coach.turn.lookups import ARGUMENTS as LOOKUPS
from shared.coach.turn.lookups import Lookups, lookup_tools
from shared.coach.turn.outlooks import OUTLOOKS
from shared.coach.turn.work import TurnWork
from shared.database.client import Database
from shared.llm import tokens
from shared.llm.answer import Answer, Bill, ToolCall
from shared.llm.call import PATIENCE, ModelCall
from shared.llm.catalogue import cost
from shared.llm.errors import ContextTooLongError, ModelError
from shared.llm.moderation import Moderation
from shared.llm.providers import coach_models
from shared.llm.request import Message, Request
from shared.llm.stream import BackgroundStream
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault, logger
from shared.platform.text import JsonObject
from shared.realtime.frames import Writing
from shared.realtime.push import Pusher
from shared.safety.athlete import Athlete
from shared.safety.gate import Checked, Held, Judging, check, mend_request
from shared.safety.preview import Preview
from shared.safety.verdict import UrgentError, Verdict

RESERVED_SECONDS = 5.0  # that must be left when the model ends, for storing the answer: five times, if it must be
# Seconds between two looks at the database: a cancelled turn must stop within one second, and a short one needs none.
CHECKPOINT_INTERVAL = 0.7
MEND_SECONDS = 3.0  # that must be left for mending an answer: a short one takes as long
CUT_CALL = {"status": "invalid", "reasons": ["The call was cut off before its end. Propose something shorter."]}


class TurnStoppedError(Exception):
    """The turn was cancelled, or ended by somebody else."""


@dataclass
class ModelLoop:
    """The calls of one turn, the last of which answers the user."""

    database: Database
    work: TurnWork
    deadline: Deadline
    pusher: Pusher
    moderation: Moderation = field(default_factory=Moderation)  # which may have been asked before
    prompt: prompts.Prompt = field(init=False)
    proposals: Proposals = field(init=False)
    lookups: Lookups = field(init=False)
    athlete: Athlete = field(init=False)
    calls: list[ModelCall] = field(default_factory=list)
    said: list[Answer] = field(default_factory=list)  # that may answer the user, the best one last
    held: list[Held] = field(default_factory=list)  # of an answer that the model was asked to mend
    mended: Answer | None = None  # in which it stands by what is only suspected
    preview: Preview = field(init=False)
    is_urgent: bool = False  # nothing that was said is for the user
    is_reduced: bool = False  # the model could not read the whole prompt

    def __post_init__(self) -> None:
        self.prompt = prompts.build_prompt(self.work, token_budget())
        self.athlete = self.work.situation.athlete
        self.preview = self._first_preview()
        self.proposals = Proposals(
            self.database, self.work.user_id, self.work.situation, self._origin(), self.work.actions, OUTLOOKS
        )
        self.lookups = Lookups(self.database, self.work.user_id, self.deadline, self.prompt.passages)

    @property
    def answer(self) -> Answer:
        return self.calls[-1].answer

    @property
    def paid(self) -> list[Answer]:
        return [answer for call in self.calls for answer in call.paid()]

    @property
    def bill(self) -> Bill:
        """For all calls of the model, and for embedding the question."""
        embedding = self.work.embedding_tokens + self.lookups.embedding_tokens
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
        """Raises ModelError, TurnStoppedError, UrgentError; what was used until then is in `bill`."""
        self.moderation.ask(self.work.question, coach_models(), self.deadline, RESERVED_SECONDS)
        said: list[Message] = []
        again = False  # in fewer words
        for left in reversed(range(prompts.MAX_ROUNDS)):
            # The last round offers no tools, so that it can only be an answer; neither does one that says it shorter.
            self._ask(said, offered=[*lookup_tools(), *tools()] if left and not again else [], again=again)
            if self.answer.calls:
                said += self._results_of_calls()
                continue
            self.said.append(self.answer)
            if not left or again or not self._is_of_no_use():
                break
            said += prompts.ask_shorter(self.answer.text)
            again = True
        self._mend()
        self._look_for_urgency()

    def _is_of_no_use(self) -> bool:
        """Whether it was cut off, or nothing in it can be read: it is asked for once more, and shorter."""
        answer = self.answer
        return not answer.is_refused and (answer.is_cut or not read_answer(answer.text, {}).text)

    def _mend(self) -> None:
        """Have the model mend, once, what may not be shown, and judge what is suspected; else both are left out."""
        if self.answer.calls or self.answer.is_refused or self.deadline.remaining(RESERVED_SECONDS) < MEND_SECONDS:
            return
        self.held = list(self.check(read_answer(self.answer.text, self.prompt.passages).text).held)
        if not self.held:
            return
        try:
            self._call(prompts.ask_mend(self.work.question, self.answer.text, mend_request(self.held)), (), again=True)
        except ModelError as fault:
            logger.warning("an answer could not be mended", code=fault.reason)
            return
        if not (self.answer.calls or self.answer.is_refused or self._is_of_no_use()):
            self.mended = self.answer
            self.said.append(self.mended)

    def _first_preview(self) -> Preview:
        return Preview(self.athlete, judging=Judging.TO_COME)

    @property
    def _judging(self) -> Judging:
        """Where the model was asked of nothing that is only suspected, nobody has judged what it writes anew."""
        return Judging.DONE if any(each.is_suspected for each in self.held) else Judging.TO_COME

    def check(self, text: str, *, is_mended: bool = False) -> Checked:
        """What may be shown of an answer."""
        return check(text, self.athlete, self._judging if is_mended else Judging.TO_COME)

    def _look_for_urgency(self, verdict: Verdict | None = None) -> None:
        """Raises UrgentError."""
        if self.moderation.says_self_harm:
            verdict = Verdict("crisis", witness="moderation")
        if verdict:
            self.is_urgent = True
            raise UrgentError(verdict)

    def _ask(self, said: Sequence[Message], *, offered: Sequence[Message], again: bool) -> None:
        """One call; once more with a shorter prompt where the model cannot read all of it."""
        try:
            self._call([*self.prompt.messages, *said], offered, again=again)
        except ContextTooLongError:
            if self.is_reduced:
                raise
            self.prompt, self.is_reduced = prompts.build_prompt(self.work, token_budget(), prompts.REDUCED_SHARE), True
            self._call([*self.prompt.messages, *said], offered, again=again)

    def _call(self, messages: Sequence[Message], offered: Sequence[Message], *, again: bool) -> None:
        request = Request(
            messages,
            settings.load(settings.ModelSettings).answer_tokens,
            self.work.user_id,
            offered,
            prompts.ANSWER_SCHEMA,
            "none" if again else None,  # what was too long, or unsafe, before leaves no time for thinking anew
        )
        self.calls.append(ModelCall(coach_models(), request, self.deadline, RESERVED_SECONDS))
        self.preview = self.preview.again(self._judging) if again else self._first_preview()
        self._stream(self.calls[-1])

    def _stream(self, call: ModelCall) -> None:
        """Carry a call out, pushing of its visible text as it comes what may be shown."""
        checkpoint_at = time.monotonic() + CHECKPOINT_INTERVAL
        with BackgroundStream(call) as stream:
            running = True
            while running:
                running = stream.wait(PATIENCE)
                if running and self.deadline.remaining(RESERVED_SECONDS) <= 0:
                    raise ModelError(code="model_timeout")
                self._show(call, has_ended=not running)
                if running and time.monotonic() >= checkpoint_at:
                    self._checkpoint()
                    checkpoint_at = time.monotonic() + CHECKPOINT_INTERVAL

    def _show(self, call: ModelCall, *, has_ended: bool) -> None:
        """Push what may be read by now. Raises UrgentError."""
        growing = read_growing(call.answer.text, has_ended=has_ended)
        if has_ended and growing.text:
            self.moderation.wait()
        self._look_for_urgency(growing.verdict)
        if self.moderation.is_awaited:
            return
        ended = has_ended and not call.answer.is_cut
        if new := self.preview.update(growing.text, growing.upcoming, ended=ended):
            call.shown = True
            self.pusher.delta(Writing.of_turn(str(self.work.turn.id)), new)

    def _checkpoint(self) -> None:
        """Keep what has come, learn who listens, and whether to go on. A database that is down stops nothing."""
        try:
            checkpoint = queries.checkpoint_turn(self.database, self.work, self.preview.text, self.used)
        except DomainError as fault:
            log_fault("a checkpoint was missed", fault)
            return
        if not checkpoint.proceed:
            raise TurnStoppedError
        self.pusher.listen(checkpoint.listeners)

    def _results_of_calls(self) -> list[Message]:
        """The model's message with its calls, and a result of each: providers demand one."""
        results = ((call.id, self._result_of(call)) for call in self.answer.calls)
        return [self.answer.message, *({"role": "tool", "tool_call_id": id_, "content": told} for id_, told in results)]

    def _result_of(self, call: ToolCall) -> str:
        if self.answer.is_cut:
            return prompts.tool_result(CUT_CALL)
        if call.name not in LOOKUPS:
            return prompts.tool_result(self.proposals.propose(call))
        told = self.lookups.answer(call)
        self.proposals.origin = self._origin()  # with the passages that were found
        return told

    def _origin(self) -> JsonObject:
        return self.prompt.origin(self.work, coach_models()[0].name)
