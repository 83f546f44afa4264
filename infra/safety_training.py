"""Trains the classifier of urgent messages: `python -m infra.safety_training [--check | --validate]`.

It writes shared/safety/classifier.bin, from infra/safety_corpus/, the sentences of the red flags
(shared/safety/rules/urgent/) and the open set of the benchmark. `--check` fails when the weights were made from other
sentences; `--validate` trains without a fifth of the wordings at a time, a sentence and its translations always
together, and says what would have been missed and flagged of that fifth.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from infra import safety_examples
from infra.safety_examples import Example
from shared.safety.classifier import ALONE, FEATURES, KIND_FEATURES, SURE, SUSPECTED, WEIGHTS, features, is_doubted
from shared.safety.red_flags import RedFlag, find_red_flag

FOLDS = 5
REGULARISATION = 20.0  # the inverse of its strength; 12 to 30 did equally well on what was held out
STEPS = 127  # of a weight, to either side of nothing


def trained(examples: Sequence[Example]) -> bytes:
    """The file of weights; the same for the same examples."""
    scale, bias, urgent = urgency_of(examples)
    kinds = sorted({example.kind for example in examples if example.kind})
    head = {"scale": scale, "bias": bias, "kinds": kinds, "corpus": digest(examples)}
    table = _of_kinds([example for example in examples if example.kind], kinds)
    return json.dumps(head).encode() + b"\n" + urgent + _bytes(table / (abs(table).max() / STEPS))


def urgency_of(examples: Sequence[Example]) -> tuple[float, float, bytes]:
    """The scale, the bias, and a byte for each feature: by how many steps of the scale it speaks for urgency."""
    urgent, bias = _urgency(examples)
    scale = float(abs(urgent).max()) / STEPS
    return scale, bias, _bytes(urgent / scale)


def _bytes(table: Any) -> bytes:
    steps: bytes = table.round().astype("int8").tobytes()
    return steps


def digest(examples: Iterable[Example]) -> str:
    return hashlib.sha256(repr([(each.text, each.kind) for each in examples]).encode()).hexdigest()[:16]


def _urgency(examples: Sequence[Example]) -> tuple[Any, float]:
    model = _fitted(_matrix(examples, FEATURES), [bool(each.kind) for each in examples], examples)
    return model.coef_[0], float(model.intercept_[0])


def _of_kinds(examples: Sequence[Example], kinds: Sequence[str]) -> Any:
    """A row for each feature: how much it says for each kind, against all others."""
    import numpy as np

    found = _matrix(examples, KIND_FEATURES)
    models = [_fitted(found, [each.kind == kind for each in examples], examples) for kind in kinds]
    return np.stack([model.coef_[0] for model in models], axis=1)


def _fitted(found: Any, labels: Sequence[bool], examples: Sequence[Example]) -> Any:
    """Both labels weigh the same in all."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    is_true, each = np.array(labels), np.array([example.weight for example in examples])
    balanced = np.where(is_true, each * each[~is_true].sum() / each[is_true].sum(), each)
    model = LogisticRegression(C=REGULARISATION, max_iter=300, solver="liblinear", random_state=0)
    return model.fit(found, is_true, sample_weight=balanced)


def _matrix(examples: Sequence[Example], size: int) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix

    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for example in examples:
        found = sorted({each % size for each in features(example.text)})
        columns += found
        values += [1 / sqrt(max(SURE, len(found)))] * len(found)
        ends.append(len(columns))
    return csr_matrix((np.array(values), columns, ends), shape=(len(examples), size))


def validate(examples: Sequence[Example]) -> None:
    """Prints how sentences are judged that were not trained on, nor their translations."""
    held: list[Held] = []
    for fold in range(FOLDS):
        kept = [example for example in examples if example.fold(FOLDS) == fold]
        urgent, bias = _urgency([example for example in examples if example.fold(FOLDS) != fold])
        scores = _matrix(kept, FEATURES) @ urgent + bias
        held += [Held(each, score, find_red_flag(each.text)) for each, score in zip(kept, scores, strict=True)]
    for source in dict.fromkeys(example.source for example in examples):
        ours = [each for each in held if each.example.source == source]
        for label, is_urgent in (("urgent", True), ("ordinary", False)):
            sys.stdout.write(f"{source}, {label}: {_judged([e for e in ours if bool(e.example.kind) == is_urgent])}\n")


@dataclass(frozen=True)
class Held:
    """A sentence that was not trained with."""

    example: Example
    score: float
    flag: RedFlag | None  # of the rules

    @property
    def is_doubted(self) -> bool:
        return bool(self.flag and is_doubted(self.flag, self.score))


def _judged(held: Sequence[Held]) -> str:
    unknown = [each for each in held if not each.flag]
    alone = sum(each.score >= ALONE for each in unknown)
    doubted = sum(each.is_doubted for each in held)
    only = doubted + sum(SUSPECTED <= each.score < ALONE for each in unknown)
    advised = len(held) - len(unknown) + alone - doubted
    return (
        f"{len(held)}, of which {len(held) - len(unknown)} by the rules, {doubted} of them doubted, "
        f"{alone} by the classifier alone, {advised} in all get advice; {only} only suspected"
    )


def main(path: Path = WEIGHTS) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the weights are of other sentences")
    parser.add_argument("--validate", action="store_true", help="say how sentences that were held out are judged")
    arguments = parser.parse_args()
    examples = safety_examples.read()
    if arguments.validate:
        validate(examples)
    elif not arguments.check:
        path.write_bytes(trained(examples))
    elif json.loads(path.read_bytes().partition(b"\n")[0])["corpus"] != digest(examples):
        sys.stderr.write(f"{path.name}: not of these sentences: run `python -m infra.safety_training`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
