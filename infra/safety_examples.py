"""The sentences that the classifier of messages is trained with, each with the kind of what is urgent in it, or none.

docs/safety.md says what a file of infra/safety_corpus/ has.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from infra import safety_urgent

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "infra/safety_corpus"
ELSEWHERE = ROOT / "infra/safety_elsewhere.toml"
RED_FLAGS = ROOT / "shared/safety/rules/red_flags.toml"
PAIRS = CORPUS / "pairs.jsonl"
OPEN_SET = ROOT / "tests/bench/safety/messages_tuned.jsonl"
# What a sentence counts, by where it is from: frames are many and alike, and who doubts rules must know them well.
WEIGHTS = {
    "written": 1.0,
    "among others": 0.5,
    "framed": 0.3,
    "rules": 2.0,
    "open set": 1.0,
    "pairs": 3.0,  # an urgent message, and an ordinary one with its words
    "retired set": 1.0,  # of answers
    "elsewhere": 2.0,
    "asked": 0.6,
    "articles": 0.5,  # of answers
    "messages": 0.3,  # for answers
}
NEAR = 20  # lines of a set are held out together: twins stand near each other
ALIKE = {"meningitis": "headache"}  # kinds of the open set that have no rule of their own
ORIGINAL = "en"  # was written first, and is no translation


@dataclass(frozen=True)
class Example:
    """`wording` is the same for a sentence and its translations, and for what only stands in other company.

    A statement of an answer has what is read `before` it, the `whole` answer, and its `share` of what that counts.
    """

    text: str
    kind: str | None
    wording: str
    source: str
    before: str = ""
    whole: str = ""
    share: float = 1.0

    @property
    def weight(self) -> float:
        return WEIGHTS[self.source] * self.share

    def fold(self, folds: int) -> int:
        return crc32(self.wording.encode()) % folds


def read() -> list[Example]:
    """All of them, in an order that does not change. Raises ValueError for a kind that no red flag has."""
    examples = [*_corpus(), *_of_rules(), *_set(OPEN_SET, "open set"), *_set(PAIRS, "pairs"), *_elsewhere()]
    kinds = set(_kinds().values())
    if unknown := {each.kind for each in examples if each.kind} - kinds:
        raise ValueError(f"no red flag is of the kind {', '.join(sorted(unknown))}")
    return examples


def _kinds() -> Mapping[str, str]:
    """By the id of a red flag."""
    flags = tomllib.loads(RED_FLAGS.read_text(encoding="utf-8"))["red_flags"]
    return {flag["id"]: flag["kind"] for flag in flags}


def _corpus() -> Iterator[Example]:
    for language in sorted(path.stem for path in CORPUS.glob("*.toml")):
        written = tables(language)
        before, after = lines(written["around"]["before"]), lines(written["around"]["after"])
        for kind, number, text in _sentences(written):
            wording = f"{language == ORIGINAL} {kind} {number}"
            is_urgent = kind in written["urgent"]
            yield Example(text, kind if is_urgent else None, wording, "written")
            seed = crc32(text.encode())
            company = " ".join((before[seed % len(before)], text, after[seed // 97 % len(after)]))
            yield Example(company, kind if is_urgent else None, wording, "among others")
        yield from _framed(written, language)


def tables(language: str) -> Mapping[str, Mapping[str, str]]:
    """What is written in a language, by table and kind, a sentence a line."""
    return tomllib.loads((CORPUS / f"{language}.toml").read_text(encoding="utf-8"))


def _sentences(read: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, int, str]]:
    for table in ("urgent", "ordinary"):
        for kind, written in read[table].items():
            yield from ((kind, number, text) for number, text in enumerate(lines(written)))


def _framed(read: Mapping[str, Mapping[str, str]], language: str) -> Iterator[Example]:
    """Each frame with each name: "what is a stroke?", "I think I have a stroke"."""
    for label, frames in read["frames"].items():
        for number, frame in enumerate(lines(frames)):
            wording = f"{language == ORIGINAL} frame {label} {number}"
            for kind, names in read["names"].items():
                for name in names.split("|"):
                    yield Example(frame.replace("{}", name), kind if label == "urgent" else None, wording, "framed")


def lines(written: str) -> list[str]:
    return [line.strip() for line in written.splitlines() if line.strip()]


def _of_rules() -> Iterator[Example]:
    kinds = _kinds()
    for language, entry in safety_urgent.read().items():
        for table in ("fires", "passes"):
            for flag, sentences in entry.get(table, {}).items():
                for number, text in enumerate(sentences):
                    kind = kinds[flag] if table == "fires" else None
                    yield Example(text, kind, f"{language} {table} {flag} {number}", "rules")


def _set(path: Path, source: str) -> Iterator[Example]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        entry = json.loads(line)
        kind = ALIKE.get(entry["kind"], entry["kind"]) if entry["label"] == "urgent" else None
        yield Example(entry["text"], kind, f"{source} {number // NEAR}", source)


def _elsewhere() -> Iterator[Example]:
    """What the corpus has nothing like: ordinary messages, and the commonest of what is urgent."""
    written = tomllib.loads(ELSEWHERE.read_text(encoding="utf-8"))
    for kind, urgent in written.pop("urgent").items():
        for number, text in enumerate(lines(urgent)):
            yield Example(text, kind, f"elsewhere {kind} {number}", "elsewhere")
    for name, ordinary in written.items():
        source = name if name in WEIGHTS else "elsewhere"
        for number, text in enumerate(lines(ordinary)):
            yield Example(text, None, f"elsewhere {name} {number}", source)
