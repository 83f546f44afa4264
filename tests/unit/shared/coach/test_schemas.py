"""What the coach's requests may hold."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from shared.coach.schemas import MAX_CHARACTERS, NewMessage, NewSession, ProfileChange

NUL = "a\x00b"


def refuse(model: type[BaseModel], sent: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(sent)


def test_a_message_is_stripped() -> None:
    assert NewMessage(content="  How deep?\n").content == "How deep?"


def test_a_message_may_be_as_long_as_the_limit() -> None:
    assert len(NewMessage(content=" " + "x" * MAX_CHARACTERS + " ").content) == MAX_CHARACTERS


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"content": ""},
        {"content": " \n\t"},
        {"content": None},
        {"content": 5},
        {"content": ["How?"]},
        {"content": "x" * (MAX_CHARACTERS + 1)},
        {"content": "How?", "role": "system"},
        {"content": NUL},
        {"content": "\ud800"},
    ],
    ids=lambda sent: str(sent)[:30].encode("ascii", "replace").decode(),
)
def test_a_message_that_cannot_be_asked_is_refused(sent: dict[str, Any]) -> None:
    refuse(NewMessage, sent)


def test_a_session_needs_no_title() -> None:
    assert NewSession().title is None
    assert NewSession(title=" Running ").title == "Running"


@pytest.mark.parametrize("title", ["", "  ", "x" * 201, 5, NUL])
def test_a_title_that_cannot_be_shown_is_refused(title: Any) -> None:
    refuse(NewSession, {"title": title})


def test_only_what_was_sent_is_written() -> None:
    assert ProfileChange(goals=["pull-up"]).columns() == {"goals": ["pull-up"]}


def test_null_empties_a_field() -> None:
    lists: dict[str, Any] = {"goals": [], "equipment": [], "conditions": [], "medicines": [], "preferences": {}}
    texts = {"injuries": None, "experience_level": None, "time_availability": None}
    sent = dict.fromkeys([*lists, *texts])
    assert ProfileChange.model_validate(sent).columns() == lists | texts


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"weight": 80},
        {"user_id": "0198a5f0-0000-7000-8000-00000000000a"},
        {"experience_level": "elite"},
        {"goals": "pull-up"},
        {"goals": [""]},
        {"goals": ["x" * 151]},
        {"goals": ["x"] * 21},
        {"injuries": "x" * 2001},
        {"time_availability": "x" * 501},
        {"preferences": []},
        {"preferences": {"note": "x" * 3000}},
        {"goals": [NUL]},
        {"injuries": NUL},
        {"time_availability": NUL},
        {"preferences": {"note": NUL}},
        {"preferences": {NUL: 1}},
        {"preferences": {"note": "\ud800"}},
        {"preferences": {"\ud800": 1}},
        {"preferences": {"note": float("nan")}},
        {"preferences": {"note": float("inf")}},
        {"pregnant": "yes"},
        {"birth_year": "1990"},
        {"conditions": ["asthma"] * 21},
        {"medicines": [NUL]},
    ],
    ids=lambda sent: str(sent)[:40],
)
def test_a_profile_that_cannot_be_stored_is_refused(sent: dict[str, Any]) -> None:
    refuse(ProfileChange, sent)
