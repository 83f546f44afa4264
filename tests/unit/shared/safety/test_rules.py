"""What rules/*.toml must hold: each rule fires where it says so, and each number stands in its source."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.safety import ENTRIES, FOLDER, LANGUAGES, RulesError, compiled, read, rendered
from infra.safety_urgent import check, concepts
from infra.safety_urgent import read as languages
from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.red_flags import fired_rules
from shared.safety.rulebook import COMPILED, rule
from shared.safety.training_rules import check_plan
from tests.unit.shared.safety.plans import exercise, plan

RULES = read()
URGENT = languages()
ADVISED = [entry for table in ("rules", "dangerous", "never") for entry in RULES[table] if "fires" in entry]
SOURCED = [
    *(entry for table in ENTRIES for entry in RULES[table] if entry["source"] != "the user's profile"),
    *RULES["advice"].values(),
    *RULES["numbers"].values(),
]
FEWEST = 3  # sentences of a language for each of its red flags
WHO = {"minor": Athlete(age=15), "pregnant": Athlete(pregnant=True), "anyone": Athlete()}
SOURCE_CODE = "".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.glob("*.py"))


def said(entry: Mapping[str, Any], key: str) -> list[str]:
    return [sentence for language in LANGUAGES for sentence in entry[key].get(language, ())]


def each_id(entry: Mapping[str, Any]) -> str:
    return str(entry.get("id", entry.get("source")))


def test_the_compiled_rules_are_what_the_files_say() -> None:
    stale = [path.name for path, text in rendered().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `python -m infra.safety`"


@pytest.mark.parametrize("language", URGENT)
@pytest.mark.parametrize("entry", RULES["red_flags"], ids=each_id)
def test_a_red_flag_fires_where_it_must_and_not_where_it_must_not(entry: dict[str, Any], language: str) -> None:
    fires, passes = (URGENT[language].get(key, {}).get(entry["id"], ()) for key in ("fires", "passes"))
    assert [text for text in fires if entry["id"] not in fired_rules(text)] == []
    assert [text for text in passes if fired_rules(text)] == []


@pytest.mark.parametrize("language", URGENT)
def test_a_language_has_sentences_for_each_red_flag_whose_symptoms_it_all_has(language: str) -> None:
    lines = URGENT[language]
    known = {each["id"] for each in RULES["red_flags"] if lines["symptoms"].keys() >= {*each["needs"]}}
    assert {name for name in known if len(lines["fires"].get(name, ())) < FEWEST} == set()
    assert {name for name in known if not lines["passes"].get(name)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_words_for_every_red_flag(language: str) -> None:
    needed = {symptom for each in RULES["red_flags"] for symptom in each["needs"]}
    assert needed - URGENT[language]["symptoms"].keys() == set()


@pytest.mark.parametrize("entry", ADVISED, ids=each_id)
def test_a_rule_of_answers_fires_where_it_must_and_not_where_it_must_not(entry: dict[str, Any]) -> None:
    athlete = WHO[entry.get("who", "anyone")]

    def found(text: str) -> set[str]:
        return {finding.rule for finding in check_answer(text, athlete)}

    assert [text for text in said(entry, "fires") if entry["id"] not in found(text)] == []
    assert [text for text in said(entry, "passes") if found(text)] == []


@pytest.mark.parametrize("entry", ADVISED, ids=each_id)
def test_case_and_width_do_not_matter_to_a_rule_of_answers(entry: dict[str, Any]) -> None:
    athlete = WHO[entry.get("who", "anyone")]
    for text in said(entry, "fires"):
        wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)
        assert check_answer(text.upper(), athlete) == check_answer(wide, athlete) == check_answer(text, athlete)


@pytest.mark.parametrize("entry", RULES["contraindications"], ids=each_id)
def test_a_contraindication_applies_where_it_must_and_not_where_it_must_not(entry: dict[str, Any]) -> None:
    def found(text: str) -> set[str]:
        injury, _, name = text.partition(": ")
        planned = plan(exercise(name, load_kg=None))
        return {finding.rule for finding in check_plan(planned, Athlete(injuries=injury))}

    assert {*entry["when_mild"]} <= {*entry["avoid"]} <= RULES["movements"].keys()
    assert [text for text in said(entry, "fires") if entry["id"] not in found(text)] == []
    assert [text for text in said(entry, "passes") if found(text)] == []


def test_every_rule_of_what_answers_say_or_injuries_forbid_has_sentences() -> None:
    for table in ("dangerous", "never", "contraindications"):
        assert [entry["id"] for entry in RULES[table] if not entry["fires"] or not entry["passes"]] == []
    assert {entry["id"] for entry in RULES["rules"] if "fires" not in entry} == {
        *(
            entry["id"]
            for entry in RULES["rules"]
            if "name}" in entry.get("message", "") and "mg}" not in entry["message"]
        ),
        *("volume_jump", "sessions_per_week", "rest_day", "sessions_available", "impossible_work", "impossible_date"),
        *("child_supervised", "minor_weight_loss", "minor_sessions", "pregnancy_weight_loss"),
    }


@pytest.mark.parametrize("entry", SOURCED, ids=each_id)
def test_a_rule_names_a_source_with_its_address(entry: dict[str, Any]) -> None:
    assert len(entry["source"]) > 10
    if not entry["source"].startswith("arithmetic"):
        assert entry["urls"]
        assert all(re.fullmatch(r"https://[\w.-]+/\S*", url) for url in entry["urls"])


def numbers(entry: Mapping[str, Any]) -> list[float]:
    return [*entry.get("bounds", {}).values(), *(number for pair in entry.get("ranges", ()) for number in pair)]


@pytest.mark.parametrize("entry", [each for each in SOURCED if numbers(each)], ids=each_id)
def test_a_number_stands_in_its_source_or_says_why_it_is_another(entry: dict[str, Any]) -> None:
    stated = {float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*(?:\.\d+)?", said_by_source(entry))}
    others = [number for number in numbers(entry) if not {number, number / 1000, number * 1000} & stated]
    assert others == [] or entry["margin"]
    assert others != [] or "margin" not in entry, "a margin explains nothing"


def said_by_source(entry: Mapping[str, Any]) -> str:
    return f"{entry['source']} {entry.get('says', '')}"


@pytest.mark.parametrize(
    "entry", [each for each in RULES["rules"] if "beginner" in each.get("bounds", ())], ids=each_id
)
def test_a_bound_of_the_less_experienced_is_no_looser(entry: dict[str, Any]) -> None:
    levels = [entry["bounds"][level] for level in ("beginner", "intermediate", "advanced")]
    fewest = entry["id"] == "beginner_heavy_lifts"  # a least number of repetitions; the others are most
    assert levels == sorted(levels, reverse=fewest)


def test_each_message_names_only_what_it_is_given_and_says_what_is_fine() -> None:
    for rule_id in json.loads(COMPILED.read_bytes())["rules"]:
        message = rule(rule_id).message
        assert len(message) > 20
        assert re.search(
            r"\b(?:fine|would fit|please|helps|drink to thirst|you have time)\b", message, re.IGNORECASE
        ), rule_id


def test_the_code_names_only_rules_that_exist() -> None:
    named = set(re.findall(r'\brule\("(\w+)"', SOURCE_CODE))
    assert len(named) > 20
    assert named <= compiled(RULES)["rules"].keys()


@pytest.mark.parametrize("table", ["patterns", "words"])
def test_no_pattern_or_list_of_words_is_there_in_vain(table: str) -> None:
    built = {"less_nouns", "more_nouns", "less_verbs", "more_verbs"}  # named by what they are made of
    assert [name for name in RULES[table] if f'"{name}"' not in SOURCE_CODE and name not in built] == []


def test_what_is_advised_names_a_rule_and_no_concept_is_there_in_vain() -> None:
    advised = RULES["advised"]
    assert {each["id"] for each in advised} <= compiled(RULES)["rules"].keys()
    named = {
        name.lstrip("!")
        for each in advised
        for line in (*each["needs"], *each.get("unless", ()))
        for name in line.split("|")
    }
    assert [name for name in RULES["concepts"] if name not in named and f'"{name}"' not in SOURCE_CODE] == []


def test_an_advice_of_unknown_meaning_is_named() -> None:
    wrong = {"id": "anabolics", "needs": ["dopping"]}
    with pytest.raises(RulesError, match="dopping"):
        compiled({**RULES, "advised": [*RULES["advised"], wrong]})


def test_no_symptom_is_described_in_vain() -> None:
    used = {
        name for each in RULES["red_flags"] for key in ("needs", "unless", "separators") for name in each.get(key, ())
    }
    described: set[str] = set().union(*(concepts(lines, "symptoms", "contexts") for lines in URGENT.values()))
    assert described == used


def test_no_advice_or_movement_is_there_in_vain() -> None:
    assert {each["advice"] for each in RULES["red_flags"]} == RULES["advice"].keys()
    avoided = {group for table in ENTRIES for each in RULES[table] for group in each.get("avoid", ())}
    assert RULES["movements"].keys() - avoided == {"gentle", "maximal", "endurance"} - avoided


@pytest.mark.parametrize(
    ("table", "wrong", "fault"),
    [
        ("red_flags", {"id": "new", "kind": "heart", "advice": "none", "needs": ["chest"]}, "advice none"),
        ("red_flags", {"id": "stroke", "kind": "heart", "advice": "emergency", "needs": ["chest"]}, "the id stroke"),
        ("dangerous", {"id": "new", "message": "", "source": "", "pattern": {"shape": "<symptoms>"}}, "<symptoms>"),
        ("dangerous", {"id": "new", "message": "", "source": "", "pattern": {"en": ["(pain"]}}, "(pain"),
    ],
)
def test_a_mistake_in_a_rule_is_named(table: str, wrong: dict[str, Any], fault: str) -> None:
    with pytest.raises(RulesError, match=re.escape(fault)):
        compiled({**RULES, table: [*RULES[table], wrong]})


@pytest.mark.parametrize(
    ("flag", "lines", "fault"),
    [
        ({"id": "new", "needs": ["chets"]}, {"symptoms": {"chest": ["chest"]}}, "chets"),
        ({"id": "new", "needs": ["chest"]}, {"symptoms": {"chest": ["chest"]}, "fires": {"old": ["chest"]}}, "old"),
    ],
)
def test_a_mistake_in_a_language_is_named(flag: dict[str, Any], lines: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        check({"en": lines}, [flag])


def test_a_mistake_in_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text("[advice.heat]\nen = 'Rest.'\n", encoding="utf-8")
    (tmp_path / "two.toml").write_text("[advice.heat]\nen = 'Run.'\n", encoding="utf-8")
    with pytest.raises(RulesError, match=r"two\.toml: \[advice\] has heat"):
        read(tmp_path)
    (tmp_path / "two.toml").write_text("[advice.heat\n", encoding="utf-8")
    with pytest.raises(RulesError, match=r"two\.toml"):
        read(tmp_path)
