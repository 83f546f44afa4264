"""A question for which the classifier of urgent messages is neither sure nor calm, and statements of answers."""

from functools import cache

from infra import safety_examples, safety_statement_examples
from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.classifier import ALONE, SUSPECTED, score
from shared.safety.gate import Judging, check
from shared.safety.red_flags import find_red_flag


@cache
def suspicious() -> str:
    """In English, and known to no rule; another one where the classifier was trained anew."""
    sentences = (each.text for each in safety_examples.read() if each.wording.startswith("True") and each.kind)
    return next(each for each in sentences if SUSPECTED <= score(each) < ALONE and not find_red_flag(each))


@cache
def suspected_statement(before: str, after: str) -> str:
    """Of an answer, between two others: what the classifier of statements is not sure of, and no rule knows."""
    return next(each for each in _written("dangerous") if _held(before, each, after) == [(each, True)])


@cache
def doubted_statement(before: str, after: str) -> str:
    """What a rule finds in a right statement, and that classifier doubts."""
    right = (each for each in _written("right") if check_answer(each, Athlete()))
    return next(each for each in right if _all_held(before, each, after) == [(each, True)])


@cache
def unsafe_statement(before: str, after: str) -> str:
    """What that classifier is sure of, and no rule knows."""
    return next(each for each in _written("dangerous") if _held(before, each, after) == [(each, False)])


def _held(before: str, statement: str, after: str) -> list[tuple[str, bool]]:
    """By the classifier alone."""
    known = check_answer(f"{before} {statement} {after}", Athlete())
    return [] if known else _all_held(before, statement, after)


def _all_held(before: str, statement: str, after: str) -> list[tuple[str, bool]]:
    text = f"{before} {statement} {after}"
    return [(each.statement, each.is_suspected) for each in check(text, Athlete(), Judging.TO_COME).held]


def _written(label: str) -> list[str]:
    english = safety_statement_examples.tables("en")[label]
    return [line for kind in english.values() for line in safety_examples.lines(kind) if line[0].isalpha()]
