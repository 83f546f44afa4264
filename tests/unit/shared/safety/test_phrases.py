"""Every phrase of every table is built into a text as a user would type it, and must be found there."""

import re
from collections.abc import Iterator, Mapping
from itertools import product

import pytest

from shared.safety import negation
from shared.safety.harmless import IDIOMS
from shared.safety.phrases import GAP, LONGEST, NUMBERS, WIDEST_GAP, Lexicon
from shared.safety.red_flag_rules import CONTEXTS, RULES, FlagRule
from shared.safety.red_flags import find_red_flag, spelt
from shared.safety.symptoms import SYMPTOMS
from shared.safety.words import plain_words, sentences

PLAIN = ("wooden", "table", "spoon")  # what a gap is filled with: words of no table
TABLES = {
    "symptoms": SYMPTOMS,
    "contexts": CONTEXTS,
    "idioms": IDIOMS,
    "denials": negation.DENIALS,
    "frames": negation.FRAMES,
}
URGENCY = {rule.id: place for place, rule in enumerate(RULES)}
ALONE = [rule for rule in RULES if len(rule.needs) == 1]  # rules that one phrase is enough for


def written(line: str) -> Iterator[str]:
    """Each alternative of each phrase as it stands in the table: any gap of 0 to 3 words, any number in its bounds."""
    for phrase in re.sub(r"\|\s+", "|", line).split(","):
        said = [[way for word in words.split("|") for way in ways_to_say(word)] for words in phrase.split()]
        yield from (" ".join(filter(None, chosen)) for chosen in product(*said))


def ways_to_say(word: str) -> list[str]:
    if word == GAP:
        return [" ".join(PLAIN[:count]) for count in range(WIDEST_GAP + 1)]
    if word in NUMBERS:
        return [f"{number:g}" for low, high in NUMBERS[word] for number in (low, (low + high) / 2, high)]
    return [word]


def dead_phrases(table: Mapping[str, str]) -> list[str]:
    """The texts in which their own phrase is not found."""
    lexicon = Lexicon(table)
    return [text for concept, line in table.items() for text in written(line) if not is_found(text, concept, lexicon)]


def is_found(text: str, concept: str, lexicon: Lexicon) -> bool:
    first, *more = [spelt(sentence).words for sentence in sentences(text)]
    return not more and (0, len(first)) in lexicon.find(first).get(concept, ())


@pytest.mark.parametrize("table", TABLES)
def test_every_alternative_of_every_phrase_is_found_in_what_a_user_types(table: str) -> None:
    assert dead_phrases(TABLES[table]) == []


@pytest.mark.parametrize("rule", ALONE, ids=lambda rule: rule.id)
def test_a_phrase_that_is_enough_for_a_rule_gets_its_advice_or_a_more_urgent_one(rule: FlagRule) -> None:
    missed = [text for text in written(SYMPTOMS[rule.needs[0]]) if not _answered(text, rule.id)]
    assert missed == []


def _answered(text: str, rule: str) -> bool:
    flag = find_red_flag(text)
    return flag is not None and URGENCY[flag.id] <= URGENCY[rule]


@pytest.mark.parametrize("dead", ["chest ~", "temperature #unknown", "chest. pain", "chest? ~ pain"])
def test_a_phrase_that_can_never_match_is_noticed(dead: str) -> None:
    assert dead_phrases({"concept": f"chest pain, {dead}"}) != []


@pytest.mark.parametrize("spelling", ["won't stop", "wont stop", "i'm expecting", "im expecting", "b12", "OD'd", "Arm"])
def test_a_table_is_read_as_a_text_is(spelling: str) -> None:
    assert dead_phrases({"concept": f"chest pain, {spelling}"}) == []


def test_what_fills_the_gaps_is_in_no_table() -> None:
    words = {word for table in TABLES.values() for word in Lexicon(table).vocabulary}
    assert not words & set(PLAIN)
    assert spelt(sentences(" ".join(PLAIN))[0]).words == PLAIN


def test_no_phrase_spans_more_words_than_rules_look_back() -> None:
    for line in (line for table in TABLES.values() for line in table.values()):
        assert all(len(plain_words(text)) <= LONGEST for text in written(line))
