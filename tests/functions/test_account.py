"""An account exported and deleted: all of it, and of nobody else."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import psycopg

from tests.support.functions.events import http_event
from tests.support.functions.invocations import Answer, Context, User, request, run

Connection = psycopg.Connection[tuple[Any, ...]]
ADD_USER = Callable[[], User]


def export(user: User) -> Answer:
    return request("export_account", "GET", "/v1/account/export", user.token)


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


def test_an_export_is_a_file_with_everything_of_the_caller(user: User) -> None:
    session = chat(user, "How deep should I squat?")
    answer = export(user)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="hercules-account.json"'
    assert answer.body["user"]["id"] == user.id
    assert [row["id"] for row in answer.body["tables"]["ai_chat_sessions"]] == [session]
    asked, answered = answer.body["tables"]["ai_chat_messages"]
    assert (asked["content"], answered["role"]) == ("How deep should I squat?", "assistant")


def test_an_export_has_nothing_of_another_tenant(user: User, add_user: ADD_USER) -> None:
    stranger = add_user()
    chat(user, "How deep should I squat?")

    assert not any(export(stranger).body["tables"].values())


def test_an_export_is_compressed_for_who_takes_that(user: User) -> None:
    event = http_event("GET", "/v1/account/export", user.token, accept_encoding="gzip, br")
    result = run("export_account", event, Context())

    assert (result["isBase64Encoded"], result["headers"]["content-encoding"]) == (True, "gzip")
    document = json.loads(gzip.decompress(base64.b64decode(result["body"])))
    assert document["user"]["id"] == user.id


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
