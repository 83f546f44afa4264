"""A question for which the classifier of urgent messages is neither sure nor calm."""

from functools import cache

from infra import safety_examples
from shared.safety.classifier import ALONE, SUSPECTED, score
from shared.safety.red_flags import find_red_flag


@cache
def suspicious() -> str:
    """In English, and known to no rule; another one where the classifier was trained anew."""
    sentences = (each.text for each in safety_examples.read() if each.wording.startswith("True") and each.kind)
    return next(each for each in sentences if SUSPECTED <= score(each) < ALONE and not find_red_flag(each))
