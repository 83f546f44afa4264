"""Every phrase of every table is built into a text as a user would type it, and must be found there."""

from collections.abc import Iterable, Iterator, Mapping

import pytest

from infra.safety import read
from infra.safety_urgent import PHRASES, concepts, lines, slang, vocabulary
from infra.safety_urgent import read as languages
from shared.safety.lexicon import lexicon
from shared.safety.phrases import GAP, MAX_GAP_WORDS, MAX_PHRASE_WORDS, STEM, Phrases, find, ways
from shared.safety.red_flags import FlagRule, corrected, fired_rules, flag_rules
from shared.safety.words import plain_words, sentences

PLAIN = ("qum", "jux", "viq")  # what a gap is filled with: words of no table
ENDINGS = (
    ("\u0900", "\u0915"),
    ("\u0600", "\u064a"),
    ("\u0400", "\u0449"),
)  # of beginnings, by the first letter of a script
URGENT = languages()
RANGES = {f"#{name}": entry["ranges"] for name, entry in read()["numbers"].items()}
URGENCY = {rule.id: place for place, rule in enumerate(flag_rules())}
ALONE = [rule for rule in flag_rules() if len(rule.needs) == 1]  # rules that one phrase is enough for

Concepts = Mapping[str, Iterable[str]]


def written(phrases: Iterable[str]) -> Iterator[str]:
    """Each alternative of each phrase, every gap of 0 to 3 words and every number in its bounds, once or more.

    Not each with each: they share a tree, and some phrases have thousands of ways.
    """
    for phrase in phrases:
        said = [[way for word in words.split("|") for way in ways_to_say(word)] for words in phrase.split()]
        for turn in range(max(map(len, said))):
            yield " ".join(filter(None, (ways[turn % len(ways)] for ways in said)))


def ways_to_say(word: str) -> list[str]:
    if word == GAP:
        return [" ".join(PLAIN[:count]) for count in range(MAX_GAP_WORDS + 1)]
    if word in RANGES:
        return [f"{number:g}" for low, high in RANGES[word] for number in (low, (low + high) / 2, high)]
    if word.endswith(STEM):
        stem = word.removesuffix(STEM)
        return [stem, stem + next((ending for first, ending in ENDINGS if stem[-1] >= first), PLAIN[0])]
    return [word]


def dead_phrases(table: Concepts, language: str = "en") -> list[str]:
    """The texts in which their own phrase is not found."""
    phrases = Phrases(lines(table, slang(URGENT[language])))
    return [
        text
        for concept, each in table.items()
        for text in written(each)
        if not is_found(text, concept, phrases, language)
    ]


def is_found(text: str, concept: str, phrases: Phrases, language: str) -> bool:
    first, *more = [corrected(sentence, lexicon(language)).words for sentence in sentences(text)]
    return not more and (0, len(first)) in find(phrases, ways(first, lexicon(language).stems)).get(concept, ())


@pytest.mark.parametrize("language", URGENT)
@pytest.mark.parametrize("table", PHRASES)
def test_every_alternative_of_every_phrase_is_found_in_what_a_user_types(table: str, language: str) -> None:
    assert dead_phrases(concepts(URGENT[language], *PHRASES[table]), language) == []


@pytest.mark.parametrize("language", URGENT)
@pytest.mark.parametrize("rule", ALONE, ids=lambda rule: rule.id)
def test_a_phrase_that_is_enough_for_a_rule_gets_its_advice_or_a_more_urgent_one(rule: FlagRule, language: str) -> None:
    phrases = URGENT[language]["symptoms"].get(rule.needs[0], ())
    assert [text for text in written(phrases) if not _answered(text, rule.id)] == []


def _answered(text: str, rule: str) -> bool:
    return any(URGENCY[fired] <= URGENCY[rule] for fired in fired_rules(text))


@pytest.mark.parametrize("dead", ["chest ~", "temperature #unknown", "chest. pain", "chest? ~ pain"])
def test_a_phrase_that_can_never_match_is_noticed(dead: str) -> None:
    assert dead_phrases({"concept": ["chest pain", dead]}) != []


@pytest.mark.parametrize("spelling", ["won't stop", "wont stop", "i'm expecting", "im expecting", "b12", "OD'd", "Arm"])
def test_a_rule_is_read_as_a_text_is(spelling: str) -> None:
    assert dead_phrases({"concept": ["chest pain", spelling]}) == []


@pytest.mark.parametrize("language", URGENT)
def test_what_fills_the_gaps_is_in_no_table(language: str) -> None:
    entry = URGENT[language]
    assert not vocabulary(lines(concepts(entry, *PHRASES, "contexts"), slang(entry))) & set(PLAIN)
    assert corrected(sentences(" ".join(PLAIN))[0], lexicon(language)).words == PLAIN


@pytest.mark.parametrize("language", URGENT)
def test_no_phrase_spans_more_words_than_rules_look_back(language: str) -> None:
    for phrases in concepts(URGENT[language], *PHRASES, "contexts").values():
        assert all(len(plain_words(text)) <= MAX_PHRASE_WORDS for text in written(phrases))
