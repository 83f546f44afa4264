from typing import Any

import pytest

from tests.unit.offline_models.pretend.calling import payload


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("Set my goal to a strict muscle-up", {"goals": ["a strict muscle-up"]}),
        ("Please change my goal to run a 10k.", {"goals": ["run a 10k"]}),
        ("My goal is now a 5k, update my profile", {"goals": ["a 5k"]}),
        ("Add lose 3 kg to my goals", {"goals": ["first pull-up", "lose 3 kg"]}),
        ("add a kettlebell and some bands to my equipment",
         {"equipment": ["dumbbells", "pull-up bar", "kettlebell", "bands"]}),
        ("I bought a barbell, please update my profile", {"equipment": ["dumbbells", "pull-up bar", "barbell"]}),
        ("Remove dumbbells from my equipment", {"equipment": ["pull-up bar"]}),
        (
            "I can train 3 times a week for 45 minutes now, update my profile",
            {"time_availability": "3 times a week for 45 minutes"},
        ),
        ("My wrist hurts a bit, note it as an injury", {"injuries": "left knee, mild; My wrist hurts a bit"}),
        ("Note a shoulder strain as an injury", {"injuries": "left knee, mild; a shoulder strain"}),
        ("Clear my injuries", {"injuries": ""}),
        (
            "Set my experience level to intermediate and add rings to my equipment",
            {"experience_level": "intermediate", "equipment": ["dumbbells", "pull-up bar", "rings"]},
        ),
    ],
)  # fmt: skip
def test_the_fields_that_are_named_change_and_the_others_stay(question: str, fields: dict[str, Any]) -> None:
    changed = payload("update_profile", question)
    assert {name: value for name, value in changed.items() if value is not None} == fields


def test_what_is_only_told_changes_nothing() -> None:
    changed = payload("update_profile", "My goal is to rest. I have a barbell. Add rings to my equipment")
    assert changed["goals"] is None
    assert changed["equipment"] == ["dumbbells", "pull-up bar", "rings"]
