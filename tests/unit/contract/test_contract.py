"""The OpenAPI document in the form that client generators type best."""

import json
from typing import Any

import pytest

from infra.contract.shape import TAGS, WITHOUT_NUL, shape
from infra.contract.typed import replace
from infra.openapi import DOCUMENT

CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
OPERATIONS = [operation for item in CONTRACT["paths"].values() for operation in item.values()]


def shaped(**schemas: Any) -> dict[str, Any]:
    made = shape({"paths": {}, "components": {"schemas": schemas}})
    return dict(made["components"]["schemas"])


def test_null_is_one_of_the_types() -> None:
    member = {"title": "At", "anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}], "description": "x"}
    made = shaped(Turn={"properties": {"at": member}})
    assert made["Turn"]["properties"]["at"] == {"type": ["string", "null"], "format": "date-time", "description": "x"}


def test_an_enumeration_that_may_be_null_names_null() -> None:
    member = {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}
    assert shaped(T={"properties": {"x": member}})["T"]["properties"]["x"]["enum"] == ["a", None]


def test_what_may_be_null_or_another_schema_says_so() -> None:
    ways = [{"$ref": "#/components/schemas/Turn"}, {"type": "null"}]
    made = shaped(S={"properties": {"turn": {"anyOf": ways}}}, Turn={})
    assert made["S"]["properties"]["turn"] == {"anyOf": ways}


def test_a_page_is_named_after_what_is_on_it_and_found_by_that_name() -> None:
    made = shaped(Page_Action_={"properties": {}}, L={"items": {"$ref": "#/components/schemas/Page_Action_"}})
    assert made.keys() == {"ActionPage", "L"}
    assert made["L"]["items"] == {"$ref": "#/components/schemas/ActionPage"}


@pytest.mark.parametrize("name", CONTRACT["components"]["schemas"])
def test_every_name_is_a_plain_one(name: str) -> None:
    assert name.isalnum()
    assert CONTRACT["components"]["schemas"][name]["title"] == name


def test_two_models_of_one_name_are_refused() -> None:
    ours: dict[str, Any] = {"Plan": {"properties": {"sessions": {}}}}
    replace({"Plan": {"properties": {"sessions": {}}}}, ours)
    with pytest.raises(ValueError, match="two models have the name of Plan"):
        replace({"Plan": {"properties": {"tasks": {}}}}, ours)


def test_no_member_that_may_be_null_is_lost_to_a_generator() -> None:
    assert '{"type": "null"}' not in json.dumps(CONTRACT).replace('"}, {"type": "null"}]', "")


def test_every_operation_has_a_tag_that_is_described_and_a_name_of_its_own() -> None:
    assert all(len(operation["tags"]) == 1 for operation in OPERATIONS)  # of two, generators make two methods
    assert {tag for operation in OPERATIONS for tag in operation["tags"]} == TAGS.keys()
    names = [operation["operationId"] for operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_an_answered_question_and_one_that_is_answered_later_are_told_apart_by_their_status() -> None:
    answers = CONTRACT["paths"]["/v1/chat/sessions/{session_id}/messages"]["post"]["responses"]
    found = {status: answers[status]["content"]["application/json"]["schema"]["$ref"] for status in ("200", "202")}
    assert found == {"200": "#/components/schemas/SentMessage", "202": "#/components/schemas/BegunTurn"}


def test_text_that_is_sent_has_no_nul() -> None:
    made = shape(
        {
            "paths": {"/x": {"post": {"requestBody": {"$ref": "#/components/schemas/Sent"}}}},
            "components": {"schemas": {name: {"properties": {"a": {"type": "string"}}} for name in ("Sent", "Told")}},
        }
    )["components"]["schemas"]
    assert made["Sent"]["properties"]["a"]["pattern"] == WITHOUT_NUL
    assert "pattern" not in made["Told"]["properties"]["a"]


def test_a_post_takes_a_key_or_is_safe_to_repeat_by_itself() -> None:
    posts = [item["post"] for item in CONTRACT["paths"].values() if "post" in item]
    keyed = {
        "createSession",
        "sendMessage",
        "createRoom",
        "createRoomUpload",
        "answerRoom",
        "continueRoom",
        "logWorkout",
    }
    repeated = {"approveAction", "rejectAction", "undoAction", "cancelTurn", "cancelRoom", "retryRoom", "embedDocument"}
    repeated |= {"createRoomSchedule"}
    without_effect = {"createTicket", "createUpload", "searchKnowledge", "explainSearch", "exportRoomFile"}

    takes = {post["operationId"] for post in posts if "Idempotency-Key" in str(post.get("parameters"))}
    assert takes == keyed
    assert {post["operationId"] for post in posts} - keyed == repeated | without_effect
