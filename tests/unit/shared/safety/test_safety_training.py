"""That the weights of both classifiers are of the sentences that are there."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra import safety_training
from infra.safety_training import MESSAGES, STATEMENTS, TRAININGS


def test_the_weights_are_of_the_sentences_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["safety_training", "--check"])
    assert safety_training.main() == 0, "run `python -m infra.safety_training`"


@pytest.mark.parametrize("training", TRAININGS, ids=lambda each: each.name)
def test_other_sentences_are_noticed(
    training: safety_training.Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "weights.bin"
    written.write_bytes(json.dumps({"corpus": "another"}).encode() + b"\n")
    monkeypatch.setattr(sys, "argv", ["safety_training", "--check"])
    assert safety_training.main([replace(training, path=written)]) == 1


def test_other_words_of_a_meaning_are_noticed_where_they_are_seen() -> None:
    told = [replace(each, seen_by=lambda: "another") for each in TRAININGS]
    examples = MESSAGES.examples()[:3]
    assert all(safety_training.digest(each, examples) != safety_training.digest(MESSAGES, examples) for each in told)
    assert STATEMENTS.seen_by() != MESSAGES.seen_by()
