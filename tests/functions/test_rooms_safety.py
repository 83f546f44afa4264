"""Urgent words to a room: fixed advice at once, and nothing begins or changes."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from shared.actions.registry import TYPES
from shared.safety.rulebook import Advice, advice
from shared.safety.situation import Situation
from tests.support.functions.invocations import Answer, User, request
from tests.support.functions.proposals import propose
from tests.support.functions.rooms_cloud import RoomsCloud, rooms_cloud
from tests.support.functions.rooms_script import Connection, create, snapshot
from tests.support.stub_server import StubServer

URGENT = "Write me a plan for tomorrow, my chest hurts and my left arm is numb"
BLEEDS = "I cut my shin on the box and it won't stop bleeding"
EMERGENCY = advice("emergency")


@pytest.fixture(autouse=True)
def cloud(parameters: StubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RoomsCloud]:
    with rooms_cloud(parameters, monkeypatch) as cloud:
        yield cloud


def is_advised(answer: Answer, kind: str, given: Advice) -> bool:
    body = answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    told = (answer.status, body["code"], body["detail"], body["kind"], body["source"])
    return told == (422, "red_flag", given.text, kind, given.source)


def heard(user: User, room: dict[str, Any]) -> list[Any]:
    """All that an owner's words would change."""
    seen = snapshot(user, room)
    return [seen[part] for part in ("room", "steer", "inputs", "messages", "as_of")]


def test_urgent_words_get_advice_and_no_room(user: User, cloud: RoomsCloud) -> None:
    body = {"task_prompt": URGENT}
    answers = [request("create_room", "POST", "/v1/rooms", user.token, body, Idempotency_Key="k") for _ in range(2)]
    assert all(is_advised(answer, "chest_pain", EMERGENCY) for answer in answers)
    assert "idempotent-replayed" not in answers[1].headers
    assert cloud.asked == []
    assert request("list_rooms", "GET", "/v1/rooms", user.token).body["items"] == []
    assert request("get_usage", "GET", "/v1/usage", user.token).body["tokens_reserved"] == 0


def test_the_key_of_a_request_that_got_advice_is_still_free(user: User) -> None:
    request("create_room", "POST", "/v1/rooms", user.token, {"task_prompt": URGENT}, Idempotency_Key="k")
    answer = request("create_room", "POST", "/v1/rooms", user.token, {"task_prompt": "A plan"}, Idempotency_Key="k")
    assert answer.status == 201


@pytest.mark.parametrize(
    "body", [{"steer": BLEEDS}, {"answer": BLEEDS}, {"steer": "Faster", "answer": BLEEDS}], ids=str
)
def test_urgent_words_of_an_owner_reach_no_agent(user: User, body: dict[str, Any]) -> None:
    room = create(user, "Wait")
    before = heard(user, room)
    answer = request("answer_room", "POST", f"/v1/rooms/{room['id']}/answer", user.token, body)
    assert is_advised(answer, "bleeding", EMERGENCY)
    assert heard(user, room) == before


def test_what_only_sounds_urgent_opens_and_steers_a_room(user: User) -> None:
    room = create(user, "A chest day for somebody without chest pain, explain the warning signs of a stroke")
    answer = request(
        "answer_room", "POST", f"/v1/rooms/{room['id']}/answer", user.token, {"steer": "No chest pain here"}
    )
    assert answer.status == 200


def test_the_coach_may_not_propose_a_room_with_urgent_words() -> None:
    action_type = TYPES["open_room"]
    payload = action_type.payload.model_validate({"prompt": URGENT})
    (found,) = action_type.findings(payload, {}, Situation({}))
    assert (found.rule, found.message) == ("chest_pain", EMERGENCY.text)
    assert action_type.findings(action_type.payload(prompt="Compare three plans"), {}, Situation({})) == []


def test_a_proposed_room_is_not_approved_with_urgent_words_put_in(
    user: User, database: Connection, cloud: RoomsCloud
) -> None:
    action = propose(database, user, "open_room")
    seen = request("list_actions", "GET", "/v1/actions", user.token).body["items"]
    version = next(each["version"] for each in seen if UUID(each["id"]) == UUID(action))
    body = {"version": version, "edited_payload": {"prompt": URGENT}}
    answer = request("approve_action", "POST", f"/v1/actions/{action}/approve", user.token, body)
    assert (answer.status, answer.body["code"]) == (422, "unsafe_action")
    assert [each["message"] for each in answer.body["findings"]] == [EMERGENCY.text]
    assert cloud.asked == []
