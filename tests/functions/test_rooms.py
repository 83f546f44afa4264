"""Rooms over HTTP: who sees them, what is refused, files given and taken."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from infra.local.offline_models.server import RunningModels
from shared.rooms import storage, workflow
from shared.rooms.files import MAX_NAME_BYTES
from tests.support.functions.invocations import Answer, User, request
from tests.support.functions.rooms_cloud import RoomsCloud, Workflow
from tests.support.functions.rooms_script import DONE, Connection, calls, create, plans, snapshot, task, works, writes
from tests.support.model_requests import asked_messages

MISSING = "00000000-0000-4000-8000-000000000000"
AddUser = Callable[[], User]
# Of each function: method, path and body.
OF_A_ROOM: dict[str, tuple[str, str, Any]] = {
    "get_room": ("GET", "", None),
    "list_events": ("GET", "/events", None),
    "list_room_files": ("GET", "/files", None),
    "get_room_file": ("GET", "/files/{file}", None),
    "answer_room": ("POST", "/answer", {"steer": "Faster"}),
    "cancel_room": ("POST", "/cancel", None),
    "retry_room": ("POST", "/retry", None),
    "share_room": ("PUT", "/share", {"shared": True}),
}
FOR_READERS = ("get_room", "list_events", "list_room_files", "get_room_file")
ATTACKS = [
    "../log.csv",
    "..\\log.csv",
    "/etc/log.csv",
    "C:log.csv",
    "log\u0000.csv",
    "log\u202e.csv",
    "\uff0e\uff0e\uff0flog.csv",
    "%2e%2e%2flog.csv",
    "NUL.csv",
    "com1.csv",
    "log.csv.",
    " log.csv",
    ".log.csv",
    "a" * MAX_NAME_BYTES + ".csv",
    "log.exe",
    "log",
]


pytestmark = pytest.mark.usefixtures("cloud")


def killed(*_: object) -> str:
    """What is left of a worker that dies here is what it has stored."""
    raise RuntimeError


def create_under_key(user: User) -> Answer:
    return request("create_room", "POST", "/v1/rooms", user.token, {"task_prompt": "Once"}, Idempotency_Key="k")


@pytest.fixture
def room(user: User, models: RunningModels, cloud: RoomsCloud) -> dict[str, Any]:
    """A room that has delivered one file."""
    made = create(user, "A plan for room-with-a-file")
    mark = made["id"]
    plans(models, mark, task("t1", mark), request="A plan for room-with-a-file")
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    assert Workflow(mark).whole() == "completed"
    return made | {"file": snapshot(user, made)["files"][0]["id"]}


def call(function: str, user: User, room: str, file: str) -> Answer:
    method, path, body = OF_A_ROOM[function]
    return request(function, method, f"/v1/rooms/{room}{path.format(file=file)}", user.token, body)


def upload(user: User, content: bytes = b"a,b\n1,2\n", name: str = "log.csv") -> Answer:
    body = {"filename": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return request("create_room_upload", "POST", "/v1/rooms/uploads", user.token, body)


@pytest.mark.parametrize("function", sorted(OF_A_ROOM))
def test_a_stranger_is_told_the_same_of_a_room_as_of_a_missing_one(
    function: str, room: dict[str, Any], add_user: AddUser
) -> None:
    stranger = add_user()
    theirs = [call(function, stranger, key, room["file"]) for key in (room["id"], room["room_id"])]
    nobodys = call(function, stranger, MISSING, MISSING)
    assert [answer.status for answer in (*theirs, nobodys)] == [404, 404, 404]
    assert [answer.body for answer in theirs] == [nobodys.body, nobodys.body]


def test_a_shared_room_is_watched_and_not_touched_until_the_share_ends(
    user: User, room: dict[str, Any], add_user: AddUser
) -> None:
    reader = add_user()
    path = f"/v1/rooms/{room['id']}/share"
    assert request("share_room", "PUT", path, user.token, {"shared": True}).body["is_shared"]

    for function in sorted(OF_A_ROOM):
        expected = 200 if function in FOR_READERS else 404
        assert call(function, reader, room["room_id"], room["file"]).status == expected, function
    seen = call("get_room", reader, room["room_id"], "").body
    assert (seen["access"], seen["budget"], seen["inputs"], seen["steer"]) == ("reader", None, None, None)
    assert all(each["content"] is None for each in seen["messages"])

    request("share_room", "PUT", path, user.token, {"shared": False})
    assert {call(function, reader, room["room_id"], room["file"]).status for function in FOR_READERS} == {404}


def test_what_a_user_asks_for_is_no_advice_and_opens_a_room(user: User, cloud: RoomsCloud) -> None:
    body = {"task_prompt": "My friend eats 500 kcal a day. Write down why that is too little."}
    assert request("create_room", "POST", "/v1/rooms", user.token, body).status == 201
    assert len(cloud.asked) == 1


def test_a_readers_url_of_a_file_is_short_lived_and_does_not_say_whose_it_is(
    user: User, models: RunningModels, add_user: AddUser
) -> None:
    prepared = upload(user).body
    assert httpx.put(prepared["url"], content=b"a,b\n1,2\n", headers=prepared["headers"]).is_success
    room = create(user, "Look at the log", input_file_ids=[prepared["id"]])
    request("share_room", "PUT", f"/v1/rooms/{room['id']}/share", user.token, {"shared": True})

    own, readers = (call("get_room_file", each, room["id"], prepared["id"]).body["url"] for each in (user, add_user()))
    assert [parse_qs(urlsplit(url).query)["X-Amz-Expires"] for url in (own, readers)] == [["900"], ["120"]]
    assert user.id not in readers
    assert httpx.get(readers).content == b"a,b\n1,2\n"


def test_a_snapshot_has_all_that_an_app_shows(user: User, room: dict[str, Any]) -> None:
    seen = snapshot(user, room)
    assert (seen["access"], seen["room"]["status"]) == ("owner", "completed")
    assert [(each["key"], each["status"]) for each in seen["tasks"]] == [("t1", "done")]
    assert {each["agent_name"] for each in seen["messages"]} == {"@orchestrator", "@writer", "@reviewer"}
    assert seen["budget"]["used"]["calls"] == len(seen["messages"])
    assert "key" not in seen["files"][0]
    events = call("list_events", user, room["id"], "").body
    assert events["as_of"] == seen["as_of"] == events["items"][-1]["seq"]
    kinds = [each["type"] for each in events["items"]]
    assert [kind for kind in kinds if kind != "room.updated"] == [
        *("task.started", "file.created", "task.completed"),
        "review.completed",
    ]


def test_rooms_are_listed_page_by_page_the_newest_first(user: User, add_user: AddUser) -> None:
    made = [create(user, f"Room {number}")["id"] for number in range(3)]
    create(add_user(), "Somebody else's")
    first = request("list_rooms", "GET", "/v1/rooms", user.token, None, {"limit": 2}).body
    second = request("list_rooms", "GET", "/v1/rooms", user.token, None, {"cursor": first["next_cursor"]}).body
    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"task_prompt": ""},
        {"task_prompt": " "},
        {"task_prompt": "x" * 8001},
        {"task_prompt": "a\u0000b"},
        {"task_prompt": "a", "agents": ["hacker"]},
        {"task_prompt": "a", "provider": "Other"},
        {"task_prompt": "a", "provider": "Gemini"},  # no key for it here
        {"task_prompt": "a", "budget": {"tokens": -1}},
        {"task_prompt": "a", "budget": {"tokens": "many"}},
        {"task_prompt": "a", "budget": {"euros": 1}},
        {"task_prompt": "a", "input_file_ids": ["x"]},
        {"task_prompt": "a", "user_id": MISSING},
    ],
    ids=str,
)
def test_what_is_no_room_is_refused(user: User, cloud: RoomsCloud, body: dict[str, Any]) -> None:
    assert request("create_room", "POST", "/v1/rooms", user.token, body).status == 422
    assert cloud.asked == []
    assert request("list_rooms", "GET", "/v1/rooms", user.token).body["items"] == []


def test_a_repeated_request_opens_one_room_and_starts_it_once(user: User, cloud: RoomsCloud) -> None:
    body = {"task_prompt": "Once"}
    first, second = (
        request("create_room", "POST", "/v1/rooms", user.token, body, Idempotency_Key="k") for _ in range(2)
    )
    assert first.body["id"] == second.body["id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert first.headers["location"] == f"/v1/rooms/{first.body['id']}"
    assert len(cloud.said("StartExecution")) == 1


def test_a_room_that_cannot_be_started_costs_nothing_and_can_be_tried_again(user: User, cloud: RoomsCloud) -> None:
    cloud.fails.add("StartExecution")
    answer = request("create_room", "POST", "/v1/rooms", user.token, {"task_prompt": "Now"})
    assert (answer.status, answer.body["code"]) == (503, "workflow_unavailable")
    (room,) = request("list_rooms", "GET", "/v1/rooms", user.token).body["items"]
    assert (room["status"], room["status_reason"]) == ("failed", "workflow_unavailable")
    assert request("get_usage", "GET", "/v1/usage", user.token).body["tokens_reserved"] == 0

    cloud.fails.clear()
    again = request("retry_room", "POST", f"/v1/rooms/{room['id']}/retry", user.token)
    assert (again.status, again.body["run"]) == (200, 2)
    assert [each["name"] for each in cloud.said("StartExecution")][-1] == f"{room['id']}-2"


def test_the_same_request_again_starts_a_room_that_could_not_be_started(user: User, cloud: RoomsCloud) -> None:
    cloud.fails.add("StartExecution")
    assert create_under_key(user).status == 503
    cloud.fails.clear()
    again = create_under_key(user)

    assert (again.status, again.body["status"], again.body["run"]) == (201, "processing", 2)
    assert [each["name"] for each in cloud.said("StartExecution")][1:] == [f"{again.body['id']}-2"]
    assert len(request("list_rooms", "GET", "/v1/rooms", user.token).body["items"]) == 1


def test_the_same_request_again_starts_a_room_whose_worker_was_killed(
    user: User, cloud: RoomsCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(workflow, "start", killed)
        assert create_under_key(user).status == 500
    again, third = create_under_key(user).body, create_under_key(user).body

    assert (again["status"], third["status"], third["id"]) == ("processing", "processing", again["id"])
    assert [each["name"] for each in cloud.said("StartExecution")] == [f"{again['id']}-1"]


def test_the_same_request_again_says_how_the_room_is_now(user: User, cloud: RoomsCloud) -> None:
    room = create_under_key(user).body
    request("cancel_room", "POST", f"/v1/rooms/{room['id']}/cancel", user.token)
    again = create_under_key(user)

    assert (again.status, again.body["status"], again.body["status_reason"]) == (201, "failed", "cancelled")
    assert len(cloud.said("StartExecution")) == 1


def test_a_retry_that_was_made_and_not_started_is_started_by_its_repetition(
    user: User, cloud: RoomsCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = create_under_key(user).body
    path = f"/v1/rooms/{room['id']}/retry"
    request("cancel_room", "POST", f"/v1/rooms/{room['id']}/cancel", user.token)
    with monkeypatch.context() as patched:
        patched.setattr(workflow, "start", killed)
        assert request("retry_room", "POST", path, user.token).status == 500

    assert [request("retry_room", "POST", path, user.token).body["run"] for _ in range(2)] == [2, 2]
    assert [each["name"] for each in cloud.said("StartExecution")] == [f"{room['id']}-1", f"{room['id']}-2"]


def test_a_rooms_budget_is_taken_from_the_week_and_the_rest_given_back(user: User, room: dict[str, Any]) -> None:
    used = snapshot(user, room)["budget"]["used"]
    week = request("get_usage", "GET", "/v1/usage", user.token).body
    assert (week["tokens_reserved"], week["tokens_used"]) == (0, used["tokens"])
    create(user, "Another", budget={"tokens": 5000})
    assert request("get_usage", "GET", "/v1/usage", user.token).body["tokens_reserved"] == 5000
    refused = request("create_room", "POST", "/v1/rooms", user.token, {"task_prompt": "x", "budget": {"tokens": 10**7}})
    assert (refused.status, refused.body["code"]) == (429, "quota_exceeded")


@pytest.mark.parametrize("body", [{}, {"answer": ""}, {"budget": {}}, {"input_id": MISSING}, {"answer": 3}], ids=str)
def test_an_answer_that_says_nothing_is_refused(user: User, body: dict[str, Any]) -> None:
    room = create(user, "Wait")
    assert request("answer_room", "POST", f"/v1/rooms/{room['id']}/answer", user.token, body).status == 422


def test_nobody_answers_what_was_not_asked_or_talks_to_a_room_that_ended(user: User) -> None:
    room = create(user, "Wait")
    path = f"/v1/rooms/{room['id']}/answer"
    unasked = request("answer_room", "POST", path, user.token, {"answer": "Three"})
    assert (unasked.status, unasked.body["code"]) == (404, "input_not_found")
    request("cancel_room", "POST", f"/v1/rooms/{room['id']}/cancel", user.token)
    late = request("answer_room", "POST", path, user.token, {"steer": "Faster"})
    assert (late.status, late.body["code"]) == (409, "room_ended")


@pytest.mark.parametrize("name", ATTACKS, ids=ascii)
def test_an_upload_with_an_odd_name_is_refused_and_nothing_is_touched(
    user: User, cloud: RoomsCloud, database: Connection, name: str
) -> None:
    refused = upload(user, name=name)
    assert (refused.status, cloud.objects) == (422, {})
    assert refused.body["code"] in ("filename_invalid", "file_type_not_allowed")
    rows = database.execute("select count(*) from room_file_versions where user_id = %s", (user.id,))
    assert rows.fetchone() == (0,)


def test_a_file_that_was_given_is_there_for_the_agents(user: User, models: RunningModels, cloud: RoomsCloud) -> None:
    content = b"a,b\n1,2\n"
    prepared = upload(user, content).body
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert prepared["headers"]["x-amz-checksum-sha256"] == digest
    assert httpx.put(prepared["url"], content=content, headers=prepared["headers"]).is_success

    mark = prepared["id"]
    plans(models, mark, task("t1", mark))
    both = calls(writes("log.csv"), writes("t1.md"))
    works(models, "t1", mark, calls(("read_file", {"filename": "log.csv"})), both, DONE)
    room = create(user, mark, input_file_ids=[prepared["id"]])
    assert Workflow(room["id"]).whole() == "completed"
    bodies = [asked_messages(record["body"]) for record in models.requests(f"brief-t1-{mark}")]
    assert any('<file name="log.csv">\na,b\n1,2\n</file>' in str(each["content"]) for each in bodies[-1])
    assert any("which the owner gave" in str(each["content"]) for each in bodies[-1])


def test_what_a_room_takes_is_kept_where_unused_uploads_are_not_forgotten(
    user: User, cloud: RoomsCloud, database: Connection
) -> None:
    content = b"a,b\n1,2\n"
    prepared = upload(user, content).body
    httpx.put(prepared["url"], content=content, headers=prepared["headers"])
    [waiting] = cloud.objects
    room = create(user, "With a file", input_file_ids=[prepared["id"]])
    httpx.put(prepared["url"], content=content, headers=prepared["headers"])  # once more, as a phone may
    cloud.objects.pop(waiting)  # as the bucket does after three days

    assert [key.partition(prepared["id"])[0] for key in cloud.objects] == [storage.given_of(user.id)]
    keys = database.execute("select key from room_file_versions where room_id::text = %s", (room["id"],)).fetchall()
    assert [cloud.objects[key] for (key,) in keys] == [content]


def test_a_room_that_is_refused_keeps_no_upload_from_the_sweep(
    user: User, cloud: RoomsCloud, database: Connection
) -> None:
    content = b"a,b\n1,2\n"
    prepared = upload(user, content).body
    httpx.put(prepared["url"], content=content, headers=prepared["headers"])
    body = {"task_prompt": "With a file", "input_file_ids": [prepared["id"]], "session_id": str(UUID(int=1))}
    assert request("create_room", "POST", "/v1/rooms", user.token, body).status == 404
    [(key,)] = database.execute("select key from room_file_versions where user_id = %s", (user.id,)).fetchall()

    assert key in cloud.objects
    assert key.startswith(storage.given_of(user.id))
    assert request("create_room", "POST", "/v1/rooms", user.token, body | {"session_id": None}).status == 201


def test_a_repeated_request_prepares_one_upload(user: User) -> None:
    body = {"filename": "log.csv", "size": 8, "sha256": "0" * 64}
    first, again = (
        request("create_room_upload", "POST", "/v1/rooms/uploads", user.token, body, Idempotency_Key="k")
        for _ in range(2)
    )
    assert (first.status, again.status, again.body["id"]) == (201, 201, first.body["id"])
    assert again.headers["idempotent-replayed"] == "true"
    assert again.body["url"].partition("?")[0] == first.body["url"].partition("?")[0]
    other = request(
        "create_room_upload", "POST", "/v1/rooms/uploads", user.token, body | {"size": 9}, Idempotency_Key="k"
    )
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")


def test_a_file_that_never_arrived_opens_no_room(user: User, cloud: RoomsCloud) -> None:
    prepared = upload(user).body
    body = {"task_prompt": "With a file", "input_file_ids": [prepared["id"]]}
    refused = request("create_room", "POST", "/v1/rooms", user.token, body)
    assert (refused.status, refused.body["code"]) == (422, "file_not_uploaded")
    assert cloud.asked == []


def test_nobody_uses_the_upload_of_another(user: User, add_user: AddUser) -> None:
    prepared = upload(add_user()).body
    body = {"task_prompt": "With a file", "input_file_ids": [prepared["id"]]}
    refused = request("create_room", "POST", "/v1/rooms", user.token, body)
    assert (refused.status, refused.body["code"]) == (404, "file_not_found")


def test_with_an_account_the_files_of_its_rooms_go_and_of_nobody_elses(
    user: User, room: dict[str, Any], cloud: RoomsCloud, add_user: AddUser
) -> None:
    prepared = upload(user).body
    httpx.put(prepared["url"], content=b"a,b\n1,2\n", headers=prepared["headers"])
    theirs = upload(add_user()).body
    httpx.put(theirs["url"], content=b"a,b\n1,2\n", headers=theirs["headers"])
    assert len(cloud.objects) == 3
    receipt = request("delete_account", "DELETE", "/v1/account", user.token)
    assert (receipt.status, receipt.body["storage"]) == (200, {"objects": 2})
    assert [key.split("/")[3] for key in cloud.objects] == [theirs["id"]]


def test_files_are_made_in_another_form_so_often_and_one_that_was_made_is_had_again(
    user: User, models: RunningModels, mark: str, database: Connection
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    room = create(user, mark)
    assert Workflow(room["id"]).whole() == "completed"
    (file,) = snapshot(user, room)["files"]
    database.execute(
        "insert into private.rate_counts (user_id, name, seconds, period_start, used) "
        "select %s, name, seconds, now(), most - 1 from private.rate_limits where name = 'file_exports'",
        (user.id,),
    )

    def export(wanted: str) -> Answer:
        path = f"/v1/rooms/{room['id']}/files/{file['id']}/export"
        return request("export_room_file", "POST", path, user.token, {"format": wanted})

    assert export("html").status == 200
    refused = export("docx")
    assert (refused.status, refused.body["code"], refused.body["limit"]) == (429, "too_many_file_exports", 60)
    assert int(refused.headers["retry-after"]) > 0
    assert export("html").status == 200
