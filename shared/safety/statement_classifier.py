"""How dangerous a statement of an answer looks to a trained classifier: a second witness, for what no rule knows.

And against what a rule finds: its words stand in warnings, myths and stories, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from shared.safety.findings import Finding
from shared.safety.rulebook import rule, suspicion
from shared.safety.statement_features import groups
from shared.safety.weights import UNJUDGED, Weights, read_weights

WEIGHTS = Path(__file__).with_name("statement_classifier.bin")
LEAST = 25  # pieces that are worth judging: two or three words
# Of the score, the logarithm of the odds; chosen on answers that were held out, by docs/safety.md.
SURE = 5.0  # and more: it is held as what a rule holds is
SUSPECTED = 1.1  # and more: the model is asked once whether it stands by it
DOUBTED = -1.0  # and less: so it is of what a rule found


@dataclass(frozen=True)
class Doubt:
    """`kind` is one of [suspicions] in rules/suspicions.toml."""

    kind: str
    is_sure: bool

    def finding(self) -> Finding:
        return Finding(f"classifier:{self.kind}", suspicion(self.kind), "")


def weights() -> Weights:
    return read_weights(WEIGHTS)


@lru_cache(maxsize=256)  # an answer is judged as it streams, and when it has ended
def score(statement: str, before: str = "", languages: Sequence[str] = ()) -> float:
    """The logarithm of the odds that it is dangerous; the lowest for a word or two."""
    seen = groups(statement, before, languages)
    return weights().score(seen) if len(seen[0].found) >= LEAST else UNJUDGED


def doubt(statement: str, before: str = "", languages: Sequence[str] = ()) -> Doubt | None:
    """None for most."""
    value = score(statement, before, languages)
    if value < SUSPECTED:
        return None
    return Doubt(weights().kind_of(groups(statement, before, languages)), value >= SURE)


def doubts_rules(found: Iterable[str], statement: str, before: str = "", languages: Sequence[str] = ()) -> bool:
    """Whether a statement is rather right, whatever rules found in it; doses are theirs alone: it cannot count."""
    if any("mg" in rule(each).bounds for each in found):
        return False
    return UNJUDGED < score(statement, before, languages) < DOUBTED
