"""An account exported and deleted: all of it, and of nobody else."""

import gzip
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from shared.account import deletion
from shared.rooms import storage
from tests.support.functions.invocations import Answer, Context, User, request, run
from tests.support.functions.rooms_cloud import RoomsCloud

Connection = psycopg.Connection[tuple[Any, ...]]
ADD_USER = Callable[[], User]


pytestmark = pytest.mark.usefixtures("cloud")


def export(user: User) -> Answer:
    return request("export_account", "GET", "/v1/account/export", user.token)


def exported(cloud: RoomsCloud, answer: Answer) -> dict[str, Any]:
    """The document at the address of an answer."""
    assert answer.status == 200
    key = unquote(urlsplit(answer.body["url"]).path).removeprefix("/rooms-bucket/")
    assert len(cloud.objects[key]) == answer.body["bytes"]
    document: dict[str, Any] = json.loads(gzip.decompress(cloud.objects[key]))
    return document


def delete(user: User) -> Answer:
    return request("delete_account", "DELETE", "/v1/account", user.token)


def chat(user: User, question: str) -> str:
    """Ask in a new session; its id."""
    session = str(request("create_session", "POST", "/v1/chat/sessions", user.token, {}).body["id"])
    path = f"/v1/chat/sessions/{session}/messages"
    assert request("send_message", "POST", path, user.token, {"content": question}).status == 200
    return session


def count_of_users(database: Connection, user: User) -> int:
    row = database.execute("select count(*) from auth.users where id = %s", (user.id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_an_export_is_a_file_with_everything_of_the_caller(user: User, cloud: RoomsCloud) -> None:
    session = chat(user, "How deep should I squat?")
    answer = export(user)
    document = exported(cloud, answer)

    assert user.id not in answer.body["url"]
    assert "hercules-account-" in answer.body["url"]
    assert document["user"]["id"] == user.id
    assert [row["id"] for row in document["tables"]["ai_chat_sessions"]] == [session]
    asked, answered = document["tables"]["ai_chat_messages"]
    assert (asked["content"], answered["role"]) == ("How deep should I squat?", "assistant")


def test_an_export_has_nothing_of_another_tenant(user: User, add_user: ADD_USER, cloud: RoomsCloud) -> None:
    stranger = add_user()
    chat(user, "How deep should I squat?")

    assert not any(exported(cloud, export(stranger))["tables"].values())


def test_a_day_has_ten_exports(user: User) -> None:
    assert [export(user).status for _ in range(10)] == [200] * 10
    refused = export(user)
    assert (refused.status, refused.body["code"], refused.body["limit"]) == (429, "too_many_exports", 10)
    assert int(refused.headers["retry-after"]) > 0


def test_a_deletion_takes_exports_and_uploads_that_no_row_knows_along(user: User, cloud: RoomsCloud) -> None:
    export(user)
    cloud.objects[f"{storage.uploads_of(user.id)}x/lab_results.pdf"] = b"private"
    cloud.objects["rooms/uploads/of-somebody-else/a.md"] = b"kept"

    assert delete(user).body["storage"] == {"objects": 2}
    assert list(cloud.objects) == ["rooms/uploads/of-somebody-else/a.md"]


def test_many_rooms_are_deleted_in_as_many_calls_as_it_takes_and_each_makes_progress(
    user: User, cloud: RoomsCloud, database: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "hercules-test-delete_account")
    database.execute(
        "insert into rooms (room_id, user_id, task_prompt, folder_path, status, execution_arn) "
        "select encode(sha256(n::text::bytea), 'hex'), %s, 'Plan', 'rooms/' || n || '/', 'processing', 'arn:' || n "
        "from generate_series(1, 120) as n",
        (user.id,),
    )
    cloud.objects.update({f"rooms/{n}/a.md": b"text" for n in range(1, 121)})
    hurried = Context(seconds_left=deletion.RESERVED_SECONDS)  # no time for more than one bite
    first = request("delete_account", "DELETE", "/v1/account", user.token, context=hurried)

    assert (first.status, first.body["status"], first.body["auth"]) == (202, "deleting", "pending")
    assert (first.body["database"]["rooms"], len(cloud.objects)) == (50, 70)
    assert [invoked["erase"] for invoked in cloud.invocations] == [user.id]
    for invoked in cloud.invocations:
        run("delete_account", invoked, hurried)
    assert (cloud.objects, count_of_users(database, user)) == ({}, 0)
    assert sorted(asked["executionArn"] for asked in cloud.said("StopExecution")) == sorted(
        f"arn:{n}" for n in range(1, 121)
    )


def test_the_sweep_ends_a_deletion_that_nobody_goes_on_with(
    user: User, cloud: RoomsCloud, database: Connection
) -> None:
    cloud.objects[f"{storage.uploads_of(user.id)}x/a.md"] = b"private"
    database.execute(
        "insert into private.erasures (user_id, asked_at) values (%s, now() - interval '10 minutes')", (user.id,)
    )
    assert run("sweep", {}, Context(seconds_left=120))["accounts_deleted"] == 1
    assert (cloud.objects, count_of_users(database, user)) == ({}, 0)


def test_what_is_put_to_an_address_after_the_deletion_is_deleted_by_the_sweep(
    user: User, cloud: RoomsCloud, database: Connection
) -> None:
    delete(user)
    cloud.objects[f"{storage.uploads_of(user.id)}x/late.pdf"] = b"private"
    database.execute("update private.leftovers set due_at = now()")
    run("sweep", {}, Context(seconds_left=120))

    assert cloud.objects == {}


def test_a_deleted_account_is_gone_and_the_receipt_says_what_was_there(user: User, database: Connection) -> None:
    chat(user, "How deep should I squat?")
    receipt = delete(user)

    assert (receipt.status, receipt.body["auth"], receipt.body["storage"]) == (200, "deleted", {"objects": 0})
    counts = receipt.body["database"]
    assert (counts["ai_chat_sessions"], counts["ai_chat_turns"], counts["ai_chat_messages"]) == (1, 1, 2)
    assert (counts["ai_usage"], counts["ai_usage_ledger"], counts["rooms"]) == (1, 1, 0)
    assert count_of_users(database, user) == 0


def test_deleting_one_account_leaves_the_others_alone(user: User, add_user: ADD_USER) -> None:
    session = chat(user, "How deep should I squat?")
    delete(add_user())

    assert request("get_session", "GET", f"/v1/chat/sessions/{session}", user.token).status == 200


def test_deleting_again_finds_nothing_left(user: User) -> None:
    delete(user)
    again = delete(user)

    assert (again.status, again.body["auth"]) == (200, "deleted")
    assert set(again.body["database"].values()) == {0}


def test_a_deletion_that_failed_half_way_is_finished_by_the_next(user: User, database: Connection) -> None:
    chat(user, "How deep should I squat?")
    database.execute("create table keeps_the_user as select id from auth.users with no data")
    database.execute("alter table keeps_the_user add foreign key (id) references auth.users (id)")
    database.execute("insert into keeps_the_user values (%s)", (user.id,))
    failed = delete(user)
    database.execute("drop table keeps_the_user")

    assert (failed.status, failed.body["code"]) == (503, "auth_unavailable")
    assert int(failed.headers["retry-after"]) > 0
    assert count_of_users(database, user) == 1
    finished = delete(user)
    assert (finished.status, finished.body["auth"], count_of_users(database, user)) == (200, "deleted", 0)


def test_the_token_of_a_deleted_account_opens_nothing(user: User) -> None:
    session = chat(user, "How deep should I squat?")
    delete(user)

    refused = {
        "create_session": request("create_session", "POST", "/v1/chat/sessions", user.token, {}),
        "create_session, key": request(
            "create_session", "POST", "/v1/chat/sessions", user.token, {}, Idempotency_Key="k"
        ),
        "update_profile": request("update_profile", "PATCH", "/v1/profile", user.token, {"goals": ["run"]}),
        "export_account": export(user),
    }
    assert {name: (answer.status, answer.body["code"]) for name, answer in refused.items()} == dict.fromkeys(
        refused, (401, "account_gone")
    )
    path = f"/v1/chat/sessions/{session}"
    assert request("get_session", "GET", path, user.token).status == 404
    assert request("send_message", "POST", f"{path}/messages", user.token, {"content": "Hi"}).status == 404
    assert request("list_sessions", "GET", "/v1/chat/sessions", user.token).body["items"] == []


def test_a_message_under_a_key_of_a_deleted_account_is_refused(user: User, session: str) -> None:
    delete(user)
    path = f"/v1/chat/sessions/{session}/messages"
    answer = request("send_message", "POST", path, user.token, {"content": "Hi"}, Idempotency_Key="k")

    assert (answer.status, answer.body["code"]) == (401, "account_gone")
