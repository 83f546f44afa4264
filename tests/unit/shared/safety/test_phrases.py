"""Every phrase of every table is built into a text as a user would type it, and must be found there."""

from collections.abc import Iterator, Mapping
from itertools import product

import pytest

from infra.safety import LANGUAGES, read, tree, vocabulary
from shared.safety.phrases import GAP, MAX_GAP_WORDS, MAX_PHRASE_WORDS, Tree, find
from shared.safety.red_flags import FlagRule, corrected, find_red_flag, flag_rules
from shared.safety.words import plain_words, sentences

PLAIN = ("wooden", "table", "spoon")  # what a gap is filled with: words of no table
RULES = read()
SLANG = RULES["slang"]
TABLES = {name: RULES[name] for name in ("symptoms", "contexts", "harmless", "denials", "frames")}
RANGES = {f"#{name}": entry["ranges"] for name, entry in RULES["numbers"].items()}
URGENCY = {rule.id: place for place, rule in enumerate(flag_rules())}
ALONE = [rule for rule in flag_rules() if len(rule.needs) == 1]  # rules that one phrase is enough for

Concepts = Mapping[str, Mapping[str, list[str]]]


def written(concept: Mapping[str, list[str]]) -> Iterator[str]:
    """Each alternative of each phrase as it stands in the rules: any gap of 0 to 3 words, any number in its bounds."""
    for phrase in (phrase for language in LANGUAGES for phrase in concept.get(language, ())):
        said = [[way for word in words.split("|") for way in ways_to_say(word)] for words in phrase.split()]
        yield from (" ".join(filter(None, chosen)) for chosen in product(*said))


def ways_to_say(word: str) -> list[str]:
    if word == GAP:
        return [" ".join(PLAIN[:count]) for count in range(MAX_GAP_WORDS + 1)]
    if word in RANGES:
        return [f"{number:g}" for low, high in RANGES[word] for number in (low, (low + high) / 2, high)]
    return [word]


def dead_phrases(table: Concepts) -> list[str]:
    """The texts in which their own phrase is not found."""
    phrases = tree(table, SLANG)
    return [text for concept, entry in table.items() for text in written(entry) if not is_found(text, concept, phrases)]


def is_found(text: str, concept: str, phrases: Tree) -> bool:
    first, *more = [corrected(sentence).words for sentence in sentences(text)]
    return not more and (0, len(first)) in find(phrases, first).get(concept, ())


@pytest.mark.parametrize("table", TABLES)
def test_every_alternative_of_every_phrase_is_found_in_what_a_user_types(table: str) -> None:
    assert dead_phrases(TABLES[table]) == []


@pytest.mark.parametrize("rule", ALONE, ids=lambda rule: rule.id)
def test_a_phrase_that_is_enough_for_a_rule_gets_its_advice_or_a_more_urgent_one(rule: FlagRule) -> None:
    missed = [text for text in written(RULES["symptoms"][rule.needs[0]]) if not _answered(text, rule.id)]
    assert missed == []


def _answered(text: str, rule: str) -> bool:
    flag = find_red_flag(text)
    return flag is not None and URGENCY[flag.id] <= URGENCY[rule]


@pytest.mark.parametrize("dead", ["chest ~", "temperature #unknown", "chest. pain", "chest? ~ pain"])
def test_a_phrase_that_can_never_match_is_noticed(dead: str) -> None:
    assert dead_phrases({"concept": {"en": ["chest pain", dead]}}) != []


@pytest.mark.parametrize("spelling", ["won't stop", "wont stop", "i'm expecting", "im expecting", "b12", "OD'd", "Arm"])
def test_a_rule_is_read_as_a_text_is(spelling: str) -> None:
    assert dead_phrases({"concept": {"en": ["chest pain", spelling]}}) == []


def test_what_fills_the_gaps_is_in_no_table() -> None:
    words = {word for table in TABLES.values() for word in vocabulary(tree(table, SLANG))}
    assert not words & set(PLAIN)
    assert corrected(sentences(" ".join(PLAIN))[0]).words == PLAIN


def test_no_phrase_spans_more_words_than_rules_look_back() -> None:
    for concept in (concept for table in TABLES.values() for concept in table.values()):
        assert all(len(plain_words(text, SLANG)) <= MAX_PHRASE_WORDS for text in written(concept))
