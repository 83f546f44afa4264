"""The weights of a trained classifier, as `python -m infra.safety_training` writes them; docs/safety.md says from what.

Logistic regression in plain Python, where importing numpy would cost a hundred milliseconds.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.safety.features import FEATURES, Group

UNJUDGED = float("-inf")  # the score of a word or two, which say nothing
KIND_FEATURES = 1 << 15  # weights for each kind; what a text is about shows in fewer pieces


@dataclass(frozen=True)
class Weights:
    """`scale` and `bias` make a score of the bytes of `table`; `of_kinds` has a row for each feature, by `kinds`."""

    scale: float
    bias: float
    kinds: Sequence[str]
    table: memoryview
    of_kinds: memoryview

    def score(self, groups: Iterable[Group]) -> float:
        """The logarithm of the odds."""
        table = self.table
        return self.bias + self.scale * sum(group.value * sum(table[each] for each in group.found) for group in groups)

    def kind_of(self, groups: Iterable[Group]) -> str:
        """The likeliest."""
        sums = [0] * len(self.kinds)
        for row in {each % KIND_FEATURES for group in groups for each in group.found}:
            start = row * len(sums)
            sums = [a + b for a, b in zip(sums, self.of_kinds[start : start + len(sums)], strict=True)]
        return self.kinds[max(range(len(sums)), key=sums.__getitem__)]


@cache
def read_weights(path: Path) -> Weights:
    """At the first text that is judged by them."""
    head, _, body = path.read_bytes().partition(b"\n")
    read = json.loads(head)
    table = memoryview(body).cast("b")
    return Weights(read["scale"], read["bias"], read["kinds"], table[:FEATURES], table[FEATURES:])
