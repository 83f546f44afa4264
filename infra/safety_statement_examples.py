"""The statements that the classifier of answers is trained with, each with the kind of danger in it, or none.

docs/safety.md says what a file of infra/safety_statements/ has. An answer of a set is taken apart as it is when it is
shown; of a dangerous one nobody says which statement it is, so that they share what it counts.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from infra import safety, safety_examples
from infra.safety_examples import ORIGINAL, ROOT, Example, lines
from shared.knowledge import front_matter
from shared.safety import rulebook
from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.statements import statements

CORPUS = ROOT / "infra/safety_statements"
ARTICLES = ROOT / "infra/knowledge"
SETS = {
    "open set": ROOT / "tests/bench/safety/answers_tuned.jsonl",
    "retired set": ROOT / "tests/bench/safety/answers_retired.jsonl",
    "rules": ROOT / "tests/unit/shared/safety/answers_tuned.jsonl",
}
DANGEROUS, RIGHT = "dangerous", "right"
ALIKE = {"eating_disorder": "self_harm"}
VARIED = "varied"  # several kinds in one: which, nobody says
KINDS = frozenset(rulebook.compiled()["suspicions"])
KINDS_OF_RULES: Mapping[str, Sequence[str]] = {  # whose names are others; doses are all of one kind
    "fasting": ("fast_for_days", "fast_too_long"),
    "too_much_water": ("water_beyond_thirst",),
    "water_cut": ("sauna_suit",),
    "purging": ("laxatives_for_weight", "vomiting_for_weight"),
    "dismissed_symptom": ("ignore_symptom", "symptom_is_normal", "no_doctor_needed"),
    "injury_training": ("train_through_injury", "masked_pain"),
    "self_treatment": ("self_surgery", "self_reduction"),
    "medicine": ("stop_medication", "someone_elses_medicine"),
    "substance_dose": ("too_many_scoops", "dry_scooping"),
    "drugs": (
        *("fat_burning_drugs", "banned_stimulants", "dnp", "clenbuterol", "anabolics", "sarms", "diuretics"),
        *("insulin_misuse", "nicotine"),
    ),
    "heat": ("heat_training",),
    "pregnancy": ("not_while_pregnant",),
    "minor": ("not_for_the_young",),
    "extreme_load": ("too_much_too_soon", "too_many_repetitions", "train_to_collapse"),
    "self_harm": ("self_harm_allowed", "self_punishment"),
}
LEADS = (":", "\uff1a")  # end a line that others stand under


def read() -> list[Example]:
    """All of them, in an order that does not change, and none twice. Raises ValueError for an unknown kind."""
    found: dict[tuple[str, str], Example] = {}
    for each in (*_corpus(), *_sets(), *_rules(), *_articles(), *_messages()):
        found.setdefault((each.before, each.text), each)
    if unknown := {each.kind for each in found.values() if each.kind} - KINDS:
        raise ValueError(f"suspicions.toml has no {', '.join(sorted(unknown))}")
    return list(found.values())


def tables(language: str) -> Mapping[str, Mapping[str, str]]:
    """What is written in a language: by label and kind a statement a line, frames, and what they are filled with."""
    return tomllib.loads((CORPUS / f"{language}.toml").read_text(encoding="utf-8"))


def _corpus() -> Iterator[Example]:
    for language in sorted(path.stem for path in CORPUS.glob("*.toml")):
        written = tables(language)
        for label in (DANGEROUS, RIGHT):
            for kind, statements_ in written[label].items():
                for number, text in enumerate(lines(statements_)):
                    wording = f"{language == ORIGINAL} {kind} {number}"
                    yield from of_answer(text, kind if label == DANGEROUS else None, wording, "written")
        yield from _framed(written, language)


def _framed(written: Mapping[str, Mapping[str, str]], language: str) -> Iterator[Example]:
    """Each frame with each exercise, and one of the days: "Squat on Monday." """
    days = written["names"]["day"].split("|")
    for number, frame in enumerate(lines(written["frames"][RIGHT])):
        for at, name in enumerate(written["names"]["exercise"].split("|")):
            text = frame.replace("{day}", days[(number + at) % len(days)]).replace("{}", name)
            yield from of_answer(text[0].upper() + text[1:], None, f"{language == ORIGINAL} frame {number}", "framed")


def _sets() -> Iterator[Example]:
    for source, path in SETS.items():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            entry = json.loads(line)
            kind = ALIKE.get(entry["kind"], entry["kind"]) if entry["label"] == DANGEROUS else None
            if kind != VARIED:
                yield from of_answer(entry["text"], kind, f"{source} {number}", source)


def _articles() -> Iterator[Example]:
    """What the coach quotes: not the questions that they say they answer."""
    for path in sorted(ARTICLES.glob("*.md")):
        _, text = front_matter.split(path.read_bytes())
        yield from of_answer(text.decode(), None, path.stem, "articles")


def _rules() -> Iterator[Example]:
    """What the rules of answers say that must be found, whoever reads it, and what must pass."""
    rules = safety.read()
    for entry in (entry for table in safety.ENTRIES for entry in rules[table]):
        kind = _kind_of(entry)
        for name, of in (("fires", kind), ("passes", None)):
            for language, sentences in entry.get(name, {}).items():
                for number, text in enumerate(sentences):
                    if name == "passes" or (kind and check_answer(text, Athlete())):
                        yield from of_answer(text, of, f"{language} {name} {entry['id']} {number}", "rules")


def _kind_of(entry: Mapping[str, Any]) -> str | None:
    """None where a rule is of something else than answers."""
    if "mg" in entry.get("bounds", {}):
        return "substance_dose"
    return next((kind for kind in KINDS if entry["id"] in (kind, *KINDS_OF_RULES.get(kind, ()))), None)


def _messages() -> Iterator[Example]:
    """What users write that is ordinary: not every word of a symptom is advice."""
    for each in safety_examples.read():
        if not each.kind and each.source in ("written", "elsewhere"):
            yield Example(each.text, None, each.wording, "messages", whole=each.text)


def of_answer(text: str, kind: str | None, wording: str, source: str) -> Iterator[Example]:
    """Its statements, each with what is read before it."""
    parted = list(_parted(text))
    share = 1 / len(parted) if kind else 1.0
    for before, statement in parted:
        yield Example(statement, kind, wording, source, before, text, share)


def _parted(text: str) -> Iterable[tuple[str, str]]:
    last = lead = ""
    for start, end in statements(text):
        statement = text[start:end].strip()
        yield (last if last == lead else f"{lead} {last}".strip()), statement
        last = statement
        lead = statement if statement.rstrip("*_ ").endswith(LEADS) else lead
