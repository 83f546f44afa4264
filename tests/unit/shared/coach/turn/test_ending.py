"""With what a turn ends where the model said something unsafe, or that somebody needs help."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from shared.coach.turn import prompt
from shared.coach.turn.ending import answered, partial
from shared.coach.turn.model_loop import ModelLoop
from shared.coach.turn.work import Ending
from shared.llm import tokens
from shared.llm.answer import ToolCall
from shared.llm.errors import ModelError
from shared.llm.moderation import Moderation
from shared.platform.deadline import Deadline
from shared.realtime.frames import Writing
from shared.realtime.push import Pusher
from shared.safety.advice import advice_for, notice
from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.classifier import kind_of
from shared.safety.gate import JUDGE
from shared.safety.preview import Preview
from tests.support.coach import FakeDatabase, FakeModel, Said, answer_of, message, passage, urgent, work
from tests.support.suspicion import doubted_statement, suspected_statement, suspicious, unsafe_statement
from tests.unit.shared.coach.conftest import Scripted

LEFT_OUT, WITHHELD = notice("left_out"), notice("withheld")
GOALS = ToolCall("call-1", "update_profile", json.dumps({"goals": ["run 5 km"]}))
QUOTE = {"passage_id": "p1", "quote": "planned easier week"}
BEFORE, STARVING, AFTER = "Walk every day for half an hour.", "Eat 600 kcal a day.", "Sleep for eight hours."
UNSAFE = f"{BEFORE} {STARVING} {AFTER}"
MENDED = f"{BEFORE} Eat 1,800 kcal a day. {AFTER}"
SUSPECT = suspicious()
GREEK = "Πονάει το στήθος μου και μουδιάζει το χέρι μου"


class Watched(Pusher):
    """Keeps what it is given to push."""

    def __init__(self) -> None:
        self.deltas: list[str] = []

    def delta(self, writing: Writing, text: str) -> None:  # noqa: ARG002
        self.deltas.append(text)

    def listen(self, ids: Sequence[str]) -> None:
        """Nobody else listens."""


@pytest.fixture
def pusher() -> Watched:
    return Watched()


@pytest.fixture
def turn(database: FakeDatabase, model: Scripted, pusher: Watched) -> "Turn":
    database.answers["action_target"] = lambda _: {"state": {"goals": []}, "pending": None}
    return Turn(database, model, pusher)


class Turn:
    """One that a scripted model answers."""

    def __init__(self, database: FakeDatabase, model: Scripted, pusher: Watched) -> None:
        self.database, self.model, self.pusher = database, model, pusher
        self.fake, self.moderation = FakeModel([]), Moderation()

    def ends(self, *script: Said | Exception, seconds: float = 60, **fields: Any) -> Ending:
        self.fake = self.model(*script)
        asked = work(**{"passages": [passage("A deload is a planned easier week.")], **fields})
        self.loop = ModelLoop(self.database, asked, Deadline.after(seconds), self.pusher, self.moderation)
        return answered(self.loop)

    @property
    def shown(self) -> str:
        return "".join(self.pusher.deltas)


def test_an_unsafe_sentence_is_mended_and_what_was_read_goes_on(turn: Turn) -> None:
    ending = turn.ends(Said(calls=[GOALS]), Said(answer_of(UNSAFE)), Said(answer_of(MENDED, QUOTE)))
    assert (ending.text, turn.shown) == (MENDED, MENDED)
    assert ending.metadata["safety"] == {"mended": ["calories_too_low"]}
    assert [citation["quote"] for citation in ending.metadata["citations"]] == ["planned easier week"]
    assert [proposal.action_type for proposal in ending.proposals] == ["update_profile"]
    assert (ending.is_free, ending.bill.tokens) == (False, 3 * 120 + 6)
    assert STARVING not in json.dumps(ending.metadata)


def test_where_a_question_may_be_urgent_the_model_is_told_and_its_answer_ends_with_a_word_of_care(turn: Turn) -> None:
    ending = turn.ends(Said(answer_of(AFTER)), question=SUSPECT)
    assert ending.text == f"{AFTER}\n\n{notice('careful')}"
    assert ending.metadata["safety"] == {"suspected": kind_of(SUSPECT)}
    asked = str(turn.fake.requests[-1].messages[-1]["content"])
    assert f"finds signs of {kind_of(SUSPECT)}" in asked
    assert turn.ends(Said(urgent("clot", SUSPECT)), question=SUSPECT).metadata["safety"]["kind"] == "clot"


def test_an_ordinary_question_says_nothing_of_signs(turn: Turn) -> None:
    assert turn.ends(Said(answer_of(AFTER)), question="How often should I squat?").text == AFTER
    assert "<signs>" not in str(turn.fake.requests[-1].messages[-1]["content"])


def test_the_model_is_told_what_is_wrong_and_asked_once_without_tools_or_thinking(turn: Turn) -> None:
    turn.ends(Said(answer_of(UNSAFE)), Said(answer_of(UNSAFE)))
    assert len(turn.fake.calls) == 2
    request = turn.fake.requests[-1]
    system, question, said, told = [message["content"] for message in request.messages]
    assert (system, said) == (prompt.system_text(), answer_of(UNSAFE))
    assert turn.loop.work.question in question
    assert f"<statement>{STARVING}</statement>" in told
    assert "at least 1200" in told
    assert (request.tools, request.effort) == ((), "none")


@pytest.mark.parametrize(
    "second",
    [
        ModelError(code="model_unavailable"),
        Said(answer_of(UNSAFE, QUOTE)),
        Said("<think>hm"),
        Said(refusal="I will not."),
        Said('{"urgent": null, "answer": "Walk a li', finish="length"),
    ],
)
def test_what_cannot_be_mended_is_left_out_and_that_is_said(turn: Turn, second: Said | Exception) -> None:
    ending = turn.ends(Said(answer_of(UNSAFE, QUOTE)), second)
    assert ending.text == f"{BEFORE} {AFTER}\n\n{LEFT_OUT}"
    assert ending.metadata["safety"] == {"left_out": ["calories_too_low"]}
    assert len(ending.metadata["citations"]) == 1
    assert turn.shown == BEFORE
    assert not ending.is_free


def test_what_is_only_suspected_waits_for_the_model_to_judge_it_and_is_shown_where_it_stands_by_it(turn: Turn) -> None:
    suspected = suspected_statement(BEFORE, AFTER)
    said = f"{BEFORE} {suspected} {AFTER}"
    ending = turn.ends(Said(answer_of(said)), Said(answer_of(said)))
    assert turn.loop.calls[0].shown
    assert turn.pusher.deltas[0] == BEFORE
    assert (ending.text, turn.shown) == (said, said)
    (kind,) = ending.metadata["safety"].pop("judged")
    assert (kind.partition(":")[0], ending.metadata["safety"]) == ("classifier", {})
    told = turn.fake.requests[-1].messages[-1]["content"]
    assert f"{JUDGE}\n- <statement>{suspected}</statement> ({kind}) It may" in told
    assert len(turn.fake.calls) == 2


def test_what_a_rule_finds_and_the_classifier_doubts_is_shown_where_the_model_stands_by_it(turn: Turn) -> None:
    said = f"{BEFORE} {doubted_statement(BEFORE, AFTER)} {AFTER}"
    ending = turn.ends(Said(answer_of(said)), Said(answer_of(said)))
    assert turn.pusher.deltas[0] == BEFORE
    assert (ending.text, turn.shown) == (said, said)
    assert ending.metadata["safety"] == {"judged": [each.rule for each in check_answer(said, Athlete())]}
    assert len(turn.fake.calls) == 2


def test_where_nobody_could_judge_it_the_rule_counts(turn: Turn) -> None:
    said = f"{BEFORE} {doubted_statement(BEFORE, AFTER)} {AFTER}"
    ending = turn.ends(Said(answer_of(said)), ModelError(code="model_unavailable"))
    assert ending.text == f"{BEFORE} {AFTER}\n\n{LEFT_OUT}"
    assert turn.shown == BEFORE


def test_what_is_suspected_and_written_anew_is_shown_as_it_was_mended(turn: Turn) -> None:
    suspected = suspected_statement(BEFORE, AFTER)
    ending = turn.ends(Said(answer_of(f"{BEFORE} {suspected} {AFTER}")), Said(answer_of(MENDED)))
    assert (ending.text, turn.shown) == (MENDED, MENDED)
    assert suspected not in json.dumps(ending.metadata)


def test_what_is_suspected_and_nobody_judged_is_left_out(turn: Turn) -> None:
    suspected = suspected_statement(BEFORE, AFTER)
    ending = turn.ends(Said(answer_of(f"{BEFORE} {suspected} {AFTER}")), ModelError(code="model_unavailable"))
    assert ending.text == f"{BEFORE} {AFTER}\n\n{LEFT_OUT}"
    assert turn.shown == BEFORE


def test_what_the_classifier_is_sure_of_is_left_out_though_the_model_stands_by_it(turn: Turn) -> None:
    said = Said(answer_of(f"{BEFORE} {unsafe_statement(BEFORE, AFTER)} {AFTER}"))
    ending = turn.ends(said, said, said)
    assert ending.text == f"{BEFORE} {AFTER}\n\n{LEFT_OUT}"
    assert turn.shown == BEFORE
    assert len(turn.fake.calls) == 2
    (kind,) = ending.metadata["safety"]["left_out"]
    assert kind.startswith("classifier:")


def test_without_time_nothing_is_mended(turn: Turn) -> None:
    ending = turn.ends(Said(answer_of(UNSAFE)), seconds=7)
    assert ending.text == f"{BEFORE} {AFTER}\n\n{LEFT_OUT}"


def test_where_nothing_useful_is_left_the_turn_costs_the_user_nothing(turn: Turn) -> None:
    ending = turn.ends(Said(calls=[GOALS]), *[Said(answer_of(STARVING, QUOTE))] * 2)
    assert ending.text.startswith(WITHHELD)
    assert (ending.is_free, list(ending.proposals), turn.shown) == (True, [], "")
    assert (ending.metadata["citations"], ending.metadata["safety"]) == ([], {"withheld": ["calories_too_low"]})
    assert ending.bill.tokens == 3 * 120 + 6
    assert STARVING not in json.dumps(ending.metadata)


def test_what_is_withheld_is_said_in_the_users_language_alone(turn: Turn) -> None:
    ending = turn.ends(*[Said(answer_of(STARVING))] * 2, question="Wie soll ich mich in dieser Woche ernähren?")
    assert ending.text == notice("withheld", "de") != WITHHELD


def test_a_second_answer_of_which_nothing_is_left_gives_way_to_the_first(turn: Turn) -> None:
    ending = turn.ends(Said(answer_of(UNSAFE)), Said(answer_of(STARVING)))
    assert ending.text.startswith(BEFORE)


def test_an_answer_that_is_cut_and_unsafe_keeps_only_what_is_neither(turn: Turn) -> None:
    cut = Said(f'{{"urgent": null, "answer": "{UNSAFE} And then ru', finish="length")
    ending = turn.ends(cut, cut, cut)
    assert ending.text == f"{BEFORE} {AFTER}\n\n{LEFT_OUT}"
    assert ending.metadata["truncated"] is True


def test_a_refusal_in_dangerous_words_is_withheld(turn: Turn) -> None:
    assert turn.ends(Said(refusal=STARVING)).text.startswith(WITHHELD)


@pytest.mark.parametrize("length", range(20, len(answer_of(UNSAFE)), 3))
def test_of_an_answer_that_broke_off_anywhere_nothing_unsafe_is_kept(turn: Turn, length: int) -> None:
    broken = Said(answer_of(UNSAFE)[:length], finish="length")
    with suppress(ModelError):  # where nothing can be read
        turn.ends(broken, broken, broken)
    assert partial(turn.loop) in ("", BEFORE)


def test_a_model_that_sees_somebody_in_need_has_the_advice_sent_and_nothing_else(turn: Turn) -> None:
    said = urgent("emergency", GREEK.upper(), "Try these ten exercises. Rest for a minute between them.")
    ending = turn.ends(Said(calls=[GOALS]), Said(said), question=f"{GREEK}!")
    advice = advice_for("emergency")
    assert (ending.text, ending.is_free, list(ending.proposals)) == (advice.text, True, [])
    assert ending.metadata["safety"] == {
        "red_flag": "model",
        "kind": "emergency",
        "source": advice.source,
        "quoted": True,
    }
    assert (turn.shown, partial(turn.loop)) == ("", "")
    assert ending.bill.tokens > 120


def test_a_quote_that_nobody_said_is_noted_and_one_from_earlier_is_not(turn: Turn) -> None:
    before = [message("user", "My chest hurts."), message("assistant", "So.")]
    quoted = [
        turn.ends(Said(urgent("emergency", quote)), history=before, history_total=2).metadata["safety"]["quoted"]
        for quote in ("my arm is numb", "my chest hurts")
    ]
    assert quoted == [False, True]


def test_a_model_is_left_as_soon_as_its_verdict_is_known(turn: Turn) -> None:
    ending = turn.ends(Said(urgent("clot", "my calf").partition(', "citations"')[0], waits=True))
    assert ending.metadata["safety"]["kind"] == "clot"
    assert turn.fake.calls[0].left.is_set()
    assert ending.bill.estimated is False


def test_moderation_brings_the_crisis_line_whatever_the_model_says(turn: Turn) -> None:
    turn.moderation.says_self_harm = True
    ending = turn.ends(Said(answer_of("Here is your plan. Go on.")))
    assert (ending.text, turn.shown) == (advice_for("crisis").text, "")
    assert ending.metadata["safety"]["red_flag"] == "moderation"


class Pending(Moderation):
    """A moderation that answers when a test has it answer."""

    def __init__(self, pusher: Watched, says: bool) -> None:
        super().__init__()
        self.pusher, self.says, self.waits, self.pushed = pusher, says, True, list[str]()

    @property
    def is_awaited(self) -> bool:
        return self.waits

    def wait(self) -> None:
        self.pushed, self.waits, self.says_self_harm = list(self.pusher.deltas), False, self.says


@pytest.mark.parametrize("says", [True, False])
def test_nothing_is_read_before_the_moderation_has_answered(turn: Turn, pusher: Watched, says: bool) -> None:
    turn.moderation = pending = Pending(pusher, says)
    ending = turn.ends(Said(answer_of(MENDED)))
    assert pending.pushed == []
    assert turn.shown == ("" if says else MENDED)
    assert ending.text == (advice_for("crisis").text if says else MENDED)


def test_nothing_is_pushed_while_the_answer_streams_and_the_moderation_is_awaited(turn: Turn, pusher: Watched) -> None:
    turn.ends(Said(answer_of(MENDED)))
    pusher.deltas.clear()
    loop, pending = turn.loop, Pending(pusher, says=False)
    loop.preview, loop.moderation = Preview(loop.athlete), pending
    for waits, shown in ((True, ""), (False, f"{BEFORE} Eat 1,800 kcal a day.")):
        pending.waits = waits
        loop._show(loop.calls[0], has_ended=False)  # noqa: SLF001 - between two pieces of a stream
        assert turn.shown == shown


def test_mending_fits_into_what_was_reserved() -> None:
    one, two = (prompt.max_turn_tokens("How?", size, 0) for size in (2500, 5000))
    assert one.answers == (prompt.MAX_ROUNDS + 1) * 2500
    request = prompt.ask_mend("How?", "word " * 2500, "word " * 5000)
    assert tokens.count(request[-1]["content"]) <= prompt.MEND_TOKENS
    used = sum(tokens.count(each["content"]) + 4 for each in request)
    assert used <= prompt.SYSTEM_TOKENS + prompt.FRAMING_TOKENS + prompt.MEND_TOKENS + 2510
    assert two.prompt - one.prompt == (sum(range(prompt.MAX_ROUNDS)) + 1) * 2500
