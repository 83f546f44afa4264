"""What the classifier of messages adds to the rules, and what it must leave alone."""

import pytest

from infra import safety_examples, safety_training
from infra.safety import LANGUAGES
from infra.safety_examples import lines
from shared.platform.errors import InvalidRequestError
from shared.safety import classifier, rulebook
from shared.safety.advice import Reader, advice_for
from shared.safety.classifier import (
    ALONE,
    DOUBTED,
    NEVER_DOUBTED,
    SUSPECTED,
    WEIGHTS,
    find_urgency,
    groups,
    kind_of,
    refuse_urgent,
    score,
    suspected,
    weights,
)
from shared.safety.features import FEATURES
from shared.safety.language import language_of
from shared.safety.red_flags import advice_of, find_red_flag, fired_rules, flag_rules
from shared.safety.weights import KIND_FEATURES
from tests.bench.safety import MESSAGES, Count, entries, judge

EXAMPLES = safety_examples.read()
MOST_BYTES = 1_600_000  # of a file that is read at the first message: a millisecond
MOST_FLAGGED = 0.02  # of what is ordinary
# No rule knows these words, and none stands among the sentences that the classifier was trained with.
UNKNOWN_WORDS = [
    ("emergency", "two hours after the plunge my mate is coughing up froth and can't stay awake"),
    ("overdose", "seit dem Booster rast alles in mir, die Hände zittern wie verrückt und es beruhigt sich nicht"),
    ("emergency", "il generatore era acceso in garage e adesso siamo tutti intontiti e con la nausea"),
]
# A rule knows their words, and nobody needs help.
DOUBTFUL = [
    "Which symptoms does a seizure have, I teach a class of seniors",
    "Wie lange dauert eine Ohnmacht im Schnitt, frage für meinen Kurs",
    "se me duermen las manos en la bici, ¿qué manillar compro?",
]
ORDINARY = [
    "How many sets of squats should I do per week to get stronger?",
    "Mein Ziel sind 75 kg bis zum Sommer, wie viel soll ich essen?",
    "quelle séance pour demain si j'ai couru 10 km hier ?",
    "明天练腿还是练背 昨天做了卧推",
    "my legs are a bit sore from yesterday's lunges, shall I still cycle to work?",
    # In languages without an urgent sentence in the corpus, and in none.
    "Hur ofta ska jag ta en vilovecka?",
    "Kuinka usein minun pitäisi levätä?",
    "Jak často mám mít lehčí týden?",
    "Hány napot pihenjek egy héten?",
    "스쿼트를 얼마나 자주 해야 하나요?",
    "ฉันควรวิ่งบ่อยแค่ไหน",
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6 and 2026-11-29",
]


def test_the_same_sentences_make_the_same_weights_again() -> None:
    """Within a step: another processor may round otherwise. The kinds are trained alike, so a few do for all."""
    scale, bias, again = safety_training.danger_of(safety_training.MESSAGES, EXAMPLES)
    assert (scale, bias) == pytest.approx((weights().scale, weights().bias), rel=1e-3)
    assert max(abs(a - b) for a, b in zip(memoryview(again).cast("b"), weights().table, strict=True)) <= 1


def test_the_file_is_small_and_has_all_weights() -> None:
    assert WEIGHTS.stat().st_size < MOST_BYTES
    assert len(weights().table) == FEATURES
    assert len(weights().of_kinds) == KIND_FEATURES * len(weights().kinds)


def test_every_kind_is_one_of_the_red_flags_and_has_advice_in_every_language() -> None:
    assert set(weights().kinds) == {rule.kind for rule in flag_rules()}
    for kind in weights().kinds:
        assert advice_of(kind) in rulebook.advice_kinds()
        assert len({advice_for(advice_of(kind), language).text for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_sentences_of_every_kind_to_train_with(language: str) -> None:
    tables = safety_examples.tables(language)
    assert tables["urgent"].keys() == {rule.kind for rule in flag_rules()}
    assert all(len(lines(written)) >= 2 for written in tables["urgent"].values())


@pytest.mark.parametrize(("advice", "text"), UNKNOWN_WORDS)
def test_a_message_that_no_rule_knows_is_met_with_advice_of_its_kind_in_its_language(advice: str, text: str) -> None:
    assert find_red_flag(text) is None
    assert text not in {example.text for example in EXAMPLES}
    assert score(text) >= ALONE
    flag = find_urgency(text)
    assert flag is not None
    assert (flag.id, flag.kind, flag.topic) == ("classifier", kind_of(text), advice)
    assert flag.advice() == advice_for(advice, language_of(text))


def test_what_it_is_less_sure_of_is_only_suspected() -> None:
    unsure = next(each.text for each in EXAMPLES if each.source == "written" and SUSPECTED < score(each.text) < ALONE)
    assert suspected(unsure) in weights().kinds


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_messages_are_left_alone(text: str) -> None:
    assert find_urgency(text) is None
    assert suspected(text) is None


def test_what_rules_are_made_for_still_gets_advice() -> None:
    made_for = [each.text for each in EXAMPLES if each.kind and each.source in ("rules", "open set")]
    assert len(made_for) > 4_000
    assert [text for text in made_for if find_red_flag(text) and find_urgency(text) is None] == []


PLAN = (
    "Here is my plan for the next weeks: Monday squats 5x5 at 100 kg, Tuesday an easy run, Wednesday bench 4x8 at 70 "
    "kg and rows, Thursday off, Friday deadlifts, Saturday a long ride, Sunday a walk. Is the volume fine?"
)


@pytest.mark.parametrize(
    "urgent",
    [
        "I passed out during my run today.",
        "I have been coughing up blood since this morning.",
        "My dad took the whole bottle of sleeping pills and cannot be woken, what now?",
        "I took an overdose of caffeine pills. My chest hurts badly and my arm is numb.",
    ],
)
@pytest.mark.parametrize("times", [1, 2, 10])
def test_what_else_is_asked_takes_no_advice_away(urgent: str, times: int) -> None:
    plans = " ".join([PLAN] * times)
    assert find_urgency(f"{plans} {urgent}") is not None
    assert find_urgency(f"{urgent} {plans}") is not None


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_a_rule_finds_in_a_question_or_a_story_is_only_suspected(text: str) -> None:
    flag = find_red_flag(text)
    assert flag is not None
    assert text not in {example.text for example in EXAMPLES}
    assert find_urgency(text) is None
    assert suspected(text) == flag.kind


@pytest.mark.parametrize("kind", sorted({rule.kind for rule in flag_rules() if not rule.named}))
def test_where_minutes_count_no_doubt_about_symptoms_is_enough(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = made_for({rule.id for rule in flag_rules() if rule.kind == kind and not rule.named})
    monkeypatch.setattr(classifier, "score", lambda _: DOUBTED - 1)
    assert (find_urgency(text) is not None) == (kind in NEVER_DOUBTED)


@pytest.mark.parametrize("rule", [rule.id for rule in flag_rules() if rule.named])
def test_an_illness_that_is_only_named_may_be_doubted(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = made_for({rule})
    monkeypatch.setattr(classifier, "score", lambda _: DOUBTED - 1)
    assert find_urgency(text) is None


def made_for(rules: set[str]) -> str:
    """The first sentence of the red flags that fires these and no others."""
    sentences = (each.text for each in EXAMPLES if each.source == "rules" and each.kind)
    return next(text for text in sentences if (fired := fired_rules(text)) and fired <= rules)


def test_few_ordinary_messages_of_a_set_that_it_was_not_trained_with_get_advice() -> None:
    count = Count.of(judge(MESSAGES, entry) for entry in entries(MESSAGES, "kept_apart"))
    assert (count.missed, count.false_alarms <= MOST_FLAGGED * count.good) == (0, True)


@pytest.mark.parametrize("text", ["", " ", "?", "deeper", "no", "胸", "😀" * 50, "\ud800 x y z"])
def test_a_word_or_two_are_for_the_rules(text: str) -> None:
    assert score(text) == float("-inf")
    assert suspected(text) is None


def test_an_identifier_says_nothing() -> None:
    for name in ("a7cbdc1c-ba49-4cd4-9c5f-55d13b55b4dd", "01J9ZQ7K3W5V8X2N4M6P0R1S3T", "user_4f9a81c27be3"):
        assert groups(f"In plain {name} words?") == groups("In plain words?")


@pytest.mark.parametrize(
    "text", ["500mg-1000mg of caffeine", "30pills-2hours-ago", "800kcal-1000kcal", "3x8-12reps-rest90s"]
)
def test_amounts_that_are_written_together_are_no_identifiers(text: str) -> None:
    assert groups(text) != groups(text.partition(" ")[2])


def test_what_has_no_spaces_is_no_identifier() -> None:
    assert groups("胸口痛了10分钟左臂也麻了2个小时") != groups("")


def test_case_accents_and_punctuation_change_nothing() -> None:
    plain = "el corazon me late raro y estoy mareado"
    assert groups(plain) == groups("EL CORAZÓN, me late raro... ¡y estoy mareado!")


def test_the_work_grows_no_faster_than_the_text_and_has_an_end() -> None:
    words = [f"word{number}" for number in range(5_000)]
    assert groups(" ".join(words)) == groups(" ".join(words[:1_000]))


def test_who_reads_is_looked_up_only_where_something_urgent_was_said() -> None:
    def reader() -> Reader:
        looked_up.append(True)
        return Reader(None, "AU")

    looked_up: list[bool] = []
    refuse_urgent("a plan for the squat", None, reader=reader)
    assert not looked_up
    with pytest.raises(InvalidRequestError, match="please call 000 now"):
        refuse_urgent(None, "my chest hurts", reader=reader)
