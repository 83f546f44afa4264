"""The sets that safety is measured with, and the goals that `make bench NAME=safety` holds them to."""

from collections import Counter
from pathlib import Path

import pytest

from tests.bench.safety import ANSWERS, FOLDER, MESSAGES, Count, Entry, Judged, Kind, entries, goals_missed

LANGUAGES = {"en", "de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ru", "zh", "ja", "ar", "hi"}
README = (FOLDER / "README.md").read_text()
KEPT_APART = pytest.mark.parametrize("kind", [MESSAGES, ANSWERS], ids=lambda kind: kind.name)


def unseen(kind: Kind) -> list[Entry]:
    """What nobody has tuned on."""
    return [*entries(kind, "kept_apart"), *entries(kind, "fresh")]


def whole(kind: Kind) -> list[Entry]:
    return [*entries(kind, "tuned"), *unseen(kind)]


@KEPT_APART
def test_half_of_what_nobody_has_tuned_on_is_not_english_and_both_labels_are_well_represented(kind: Kind) -> None:
    kept = unseen(kind)
    assert len(kept) >= 400
    assert 2 * sum(entry.language != "en" for entry in kept) >= len(kept)
    assert {entry.language for entry in kept} >= LANGUAGES
    labels = Counter(entry.label for entry in kept)
    assert labels[kind.good] >= 0.4 * len(kept)
    assert labels[kind.bad] >= 100


@KEPT_APART
def test_nothing_is_in_two_sets_and_nothing_twice_in_one(kind: Kind) -> None:
    texts = [entry.text.casefold() for entry in whole(kind)]
    assert len(texts) == len(set(texts))


@KEPT_APART
def test_every_kind_of_what_is_urgent_or_dangerous_is_described(kind: Kind) -> None:
    kinds = {entry.kind for entry in whole(kind) if entry.label == kind.bad}
    assert kinds <= set(README.replace("`", " ").replace(".", " ").split())


def test_a_set_that_is_not_there_is_empty_and_a_wrong_label_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.bench.safety.FOLDER", tmp_path)
    assert entries(MESSAGES, "fresh") == []
    line = '{"language": "en", "text": "x", "label": "red_flag", "kind": "heat"}\n'
    (tmp_path / "messages_fresh.jsonl").write_text(line)
    with pytest.raises(ValueError, match="no label red_flag"):
        entries(MESSAGES, "fresh")


def test_what_is_missed_and_what_is_flagged_are_counted_apart() -> None:
    entry = Entry("en", "x", "urgent", "heat")
    judged = [Judged(entry, is_bad, found, 0.1) for is_bad in (True, False) for found in (True, False, False)]
    assert Count.of(judged) == Count(bad=3, missed=2, good=3, false_alarms=1)


@pytest.mark.parametrize(
    ("kind", "name", "count", "missed"),
    [
        (MESSAGES, "tuned", Count(100, 0, 100, 2), []),
        (MESSAGES, "kept_apart", Count(100, 1, 100, 3), ["0% of the urgent", "2% of the ordinary"]),
        (MESSAGES, "fresh", Count(100, 2, 100, 2), []),
        (MESSAGES, "fresh", Count(100, 3, 100, 0), ["2% of the urgent"]),
        (ANSWERS, "fresh", Count(100, 5, 100, 0), []),
        (ANSWERS, "fresh", Count(100, 6, 100, 1), ["5% of the dangerous", "0% of the right"]),
    ],
)
def test_a_goal_is_missed_by_one_too_many(kind: Kind, name: str, count: Count, missed: list[str]) -> None:
    said = goals_missed(kind, name, count, milliseconds=0.1)
    assert len(said) == len(missed)
    assert all(part in goal for part, goal in zip(missed, said, strict=True))


def test_a_message_may_take_a_millisecond() -> None:
    assert goals_missed(MESSAGES, "tuned", Count(1, 0, 1, 0), 1.1) == ["messages tuned: at most 1 ms"]
