"""Trains the classifiers of safety: `python -m infra.safety_training [--check | --validate]`.

That of urgent messages is written to shared/safety/classifier.bin, from infra/safety_corpus/, the sentences of the red
flags (shared/safety/rules/urgent/) and the open set of the benchmark; that of dangerous statements of answers to
statement_classifier.bin, from infra/safety_statements/, the open sets of answers and our own articles. `--check` fails
when the weights were made from other sentences; `--validate` trains without a fifth of the wordings at a time, a
sentence and its translations always together, and says what would have been missed and flagged of that fifth.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra import safety_examples, safety_statement_examples
from infra.safety_examples import Example
from shared.safety import classifier, concepts, rulebook, statement_classifier, statement_features
from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.features import FEATURES, Group
from shared.safety.red_flags import RedFlag, find_red_flag
from shared.safety.weights import KIND_FEATURES

FOLDS = 5
STEPS = 127  # of a weight, to either side of nothing
UNSEEN = 0.3  # times that each feature counts as seen in each kind


@dataclass(frozen=True)
class Held:
    """A text that was held out, and the score of the likeliest of its statements."""

    text: str
    score: float

    @cached_property
    def flag(self) -> RedFlag | None:
        return find_red_flag(self.text)

    @property
    def is_doubted(self) -> bool:
        return bool(self.flag and classifier.is_doubted(self.flag, self.score))


@dataclass(frozen=True)
class Training:
    """What a classifier is made from, and how `--validate` tells of texts that were held out.

    `regularisation` is the inverse of its strength: of messages 10 to 40 did equally well on what was held out, of
    statements 10 to 20. `seen_by` is what else the features depend on.
    """

    name: str
    path: Path
    examples: Callable[[], Sequence[Example]]
    groups: Callable[[Example], Sequence[Group]]
    regularisation: float
    told: Callable[[Sequence[Held]], str]
    seen_by: Callable[[], str]


def _meanings() -> str:
    """The words of the concepts, and the units, by which statements are read."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(concepts.FOLDER.glob("*.json")))
    return "".join([*texts, json.dumps(rulebook.compiled()["units"])])


def _of_messages(held: Sequence[Held]) -> str:
    unknown = [each for each in held if not each.flag]
    alone = sum(each.score >= classifier.ALONE for each in unknown)
    doubted = sum(each.is_doubted for each in held)
    only = doubted + sum(classifier.SUSPECTED <= each.score < classifier.ALONE for each in unknown)
    advised = len(held) - len(unknown) + alone - doubted
    return (
        f"{len(held)}, of which {len(held) - len(unknown)} by the rules, {doubted} of them doubted, "
        f"{alone} by the classifier alone, {advised} in all get advice; {only} only suspected"
    )


def _of_answers(held: Sequence[Held]) -> str:
    unknown = [each for each in held if not check_answer(each.text, Athlete())]
    sure = sum(each.score >= statement_classifier.SURE for each in unknown)
    suspected = sum(each.score >= statement_classifier.SUSPECTED for each in unknown) - sure
    return (
        f"{len(held)}, of which {len(held) - len(unknown)} are held by the rules, {sure} more by the classifier, "
        f"{suspected} are only suspected"
    )


MESSAGES = Training(
    "messages",
    classifier.WEIGHTS,
    safety_examples.read,
    lambda each: classifier.groups(each.text),
    20.0,
    _of_messages,
    str,
)
STATEMENTS = Training(
    "answers",
    statement_classifier.WEIGHTS,
    safety_statement_examples.read,
    lambda each: statement_features.groups(each.text, each.before),
    20.0,
    _of_answers,
    _meanings,
)
TRAININGS = (MESSAGES, STATEMENTS)


def trained(training: Training, examples: Sequence[Example]) -> bytes:
    """The file of weights; the same for the same examples."""
    scale, bias, table = danger_of(training, examples)
    kinds = sorted({example.kind for example in examples if example.kind})
    head = {"scale": scale, "bias": bias, "kinds": kinds, "corpus": digest(training, examples)}
    of_kinds = _of_kinds(training, [example for example in examples if example.kind], kinds)
    return json.dumps(head).encode() + b"\n" + table + _bytes(of_kinds / (abs(of_kinds).max() / STEPS))


def danger_of(training: Training, examples: Sequence[Example]) -> tuple[float, float, bytes]:
    """The scale, the bias, and a byte for each feature: by how many steps of the scale it speaks for danger."""
    weights, bias = _danger(training, examples, _matrix(training, examples, FEATURES))
    scale = float(abs(weights).max()) / STEPS
    return scale, bias, _bytes(weights / scale)


def _bytes(table: Any) -> bytes:
    steps: bytes = table.round().astype("int8").tobytes()
    return steps


def digest(training: Training, examples: Iterable[Example]) -> str:
    said = [(each.text, each.before, each.kind) for each in examples]
    return hashlib.sha256((repr(said) + training.seen_by()).encode()).hexdigest()[:16]


def _danger(training: Training, examples: Sequence[Example], found: Any) -> tuple[Any, float]:
    """Weights and bias; both labels weigh the same in all."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    is_true = np.array([bool(example.kind) for example in examples])
    each = np.array([example.weight for example in examples])
    balanced = np.where(is_true, each * each[~is_true].sum() / each[is_true].sum(), each)
    model = LogisticRegression(C=training.regularisation, max_iter=300, solver="liblinear", random_state=0)
    model.fit(found, is_true, sample_weight=balanced)
    return model.coef_[0], float(model.intercept_[0])


def _of_kinds(training: Training, examples: Sequence[Example], kinds: Sequence[str]) -> Any:
    """A row for each feature: by how much it is likelier in each kind than in all others, as a logarithm.

    Of few sentences of a kind that says more than a regression does: 49 % of the kinds are right against 30 %.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    found = _matrix(training, examples, KIND_FEATURES)
    found.data[:] = 1.0
    rows, columns = [kinds.index(str(each.kind)) for each in examples], range(len(examples))
    weights = csr_matrix(([each.weight for each in examples], (rows, columns)), shape=(len(kinds), len(examples)))
    seen = (weights @ found).toarray() + UNSEEN
    others = seen.sum(axis=0) - seen
    return (np.log(seen / seen.sum(axis=1, keepdims=True)) - np.log(others / others.sum(axis=1, keepdims=True))).T


def _matrix(training: Training, examples: Sequence[Example], size: int) -> Any:
    """What features of several groups have in common is added up."""
    import numpy as np
    from scipy.sparse import csr_matrix

    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for example in examples:
        for group in training.groups(example):
            found = Group(frozenset(each % size for each in group.found), group.least, group.weight)
            columns += sorted(found.found)
            values += [found.value] * len(found.found)
        ends.append(len(columns))
    return csr_matrix((np.array(values), columns, ends), shape=(len(examples), size))


def validate(training: Training, examples: Sequence[Example]) -> None:
    """Prints how texts are judged that were not trained on, nor their translations; an answer as one."""
    most: dict[tuple[str, bool, str], float] = {}
    for example, score in _held_out(training, examples):
        key = example.source, bool(example.kind), example.whole or example.text
        most[key] = max(score, most.get(key, score))
    for source, is_bad in dict.fromkeys((source, is_bad) for source, is_bad, _ in most):
        held = [Held(text, score) for (*where, text), score in most.items() if where == [source, is_bad]]
        label = "to be found" if is_bad else "to be left alone"
        sys.stdout.write(f"{training.name}, {source}, {label}: {training.told(held)}\n")


def _held_out(training: Training, examples: Sequence[Example]) -> Iterator[tuple[Example, float]]:
    matrix = _matrix(training, examples, FEATURES)
    for fold in range(FOLDS):
        rows = [row for row, example in enumerate(examples) if example.fold(FOLDS) != fold]
        kept = [row for row, example in enumerate(examples) if example.fold(FOLDS) == fold]
        weights, bias = _danger(training, [examples[row] for row in rows], matrix[rows])
        yield from zip([examples[row] for row in kept], matrix[kept] @ weights + bias, strict=True)


def main(trainings: Sequence[Training] = TRAININGS) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the weights are of other sentences")
    parser.add_argument("--validate", action="store_true", help="say how sentences that were held out are judged")
    arguments = parser.parse_args()
    for training in trainings:
        examples = training.examples()
        if arguments.validate:
            validate(training, examples)
        elif not arguments.check:
            training.path.write_bytes(trained(training, examples))
        elif json.loads(training.path.read_bytes().partition(b"\n")[0])["corpus"] != digest(training, examples):
            sys.stderr.write(f"{training.path.name}: not of these sentences: run `python -m infra.safety_training`\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
