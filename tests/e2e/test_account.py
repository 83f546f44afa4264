"""An account on the deployed functions, from its first question to the moment when nothing of it is left."""

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from shared.rooms.storage import exports_of, given_of, uploads_of
from tests.support.waiting import eventually

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def used(user: Phone, session: str) -> dict[str, Any]:
    """What the coach answered to a user who asked, rated, filled the profile in and opened a second session."""
    user.call("PATCH", "/v1/profile", {"goals": ["first pull-up"], "injuries": f"knee of {user.user_id}"})
    answer = user.ask(session, f"How deep should I squat? {user.user_id}", **{"Idempotency-Key": user.user_id}).body
    rated = user.call("PUT", f"/v1/messages/{answer['message']['id']}/rating", {"rating": 1, "reasons": ["clear"]})
    assert rated.status == 200
    user.open_session("Second")
    return answer


def places_of(database: Connection, text: str) -> set[str]:
    """The columns of every table, whatever their type, in which the text occurs."""
    columns = database.execute(
        "select format('%I.%I', table_schema, table_name), format('%I', column_name) from information_schema.columns "
        "join information_schema.tables using (table_schema, table_name) "
        "where table_schema in ('public', 'private', 'auth') and table_type = 'BASE TABLE'"
    ).fetchall()
    return {
        f"{table}.{column}"
        for table, column in columns
        if database.execute(f"select 1 from {table} where strpos({column}::text, %s) > 0 limit 1", (text,)).fetchone()
    }


def objects_with(cloud: Cloud, text: str) -> list[str]:
    """The objects of all buckets in whose key or content the text occurs."""
    s3 = client("s3", cloud.aws_endpoint_url)
    keys = [
        (bucket["Name"], item["Key"])
        for bucket in s3.list_buckets()["Buckets"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"])
        for item in page.get("Contents", [])
    ]
    return [
        key
        for bucket, key in keys
        if text in key or text.encode() in s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    ]


def totals(database: Connection) -> tuple[int, int, float]:
    """What deleted accounts used: reservations, tokens, dollars."""
    row = database.execute(
        "select coalesce(sum(reservations), 0)::int, coalesce(sum(tokens), 0)::int, coalesce(sum(cost), 0)::float "
        "from ai_usage_totals"
    ).fetchone()
    assert row is not None
    return row


def test_an_export_holds_what_the_user_said_and_was_told(user: Phone, session: str, used: dict[str, Any]) -> None:
    exported = user.call("GET", "/v1/account/export").body
    file = httpx.get(exported["url"], timeout=60)
    tables = json.loads(gzip.decompress(file.content))["tables"]

    assert (len(file.content), file.headers["content-type"]) == (exported["bytes"], "application/gzip")
    assert file.headers["content-disposition"].startswith("attachment;")
    assert [row["content"] for row in tables["ai_chat_messages"]][1] == used["message"]["content"]
    assert tables["ai_profile"][0]["goals"] == ["first pull-up"]
    assert tables["ai_feedback"][0]["reasons"] == ["clear"]
    assert {row["id"] for row in tables["ai_chat_sessions"]} >= {session}


def test_four_hundred_rooms_and_uploads_that_no_room_took_are_deleted_with_their_account(
    cloud: Cloud, database: Connection, user: Phone
) -> None:
    database.execute(
        "insert into rooms (room_id, user_id, task_prompt, folder_path, status) select "
        "encode(sha256((%s || n)::bytea), 'hex'), %s, 'Plan', 'rooms/many-' || n || '-' || %s || '/', 'completed' "
        "from generate_series(1, 400) as n",
        (user.user_id,) * 3,
    )
    s3 = client("s3", cloud.aws_endpoint_url)
    (bucket,) = [each["Name"] for each in s3.list_buckets()["Buckets"] if "rooms" in each["Name"]]
    for n in range(1, 401):
        s3.put_object(Bucket=bucket, Key=f"rooms/many-{n}-{user.user_id}/a & b.md", Body=b"text")
    content = b"not yet in a room"
    sha256 = hashlib.sha256(content).hexdigest()
    upload = {"filename": "lab_results.txt", "size": len(content), "sha256": sha256}
    given = user.call("POST", "/v1/rooms/uploads", upload).body
    assert httpx.put(given["url"], content=content, headers=given["headers"]).status_code == 200
    user.call("GET", "/v1/account/export")

    def is_gone() -> bool:
        receipt = user.call("DELETE", "/v1/account")
        return receipt.status == 200 and receipt.body["status"] == "deleted"

    eventually(is_gone, within=120)
    theirs = (uploads_of(user.user_id), given_of(user.user_id), exports_of(user.user_id))
    keys = [
        item["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in page.get("Contents", [])
        if user.user_id in item["Key"] or item["Key"].startswith(theirs)
    ]
    assert keys == []
    assert places_of(database, user.user_id) == set()


def test_after_an_account_was_deleted_nothing_of_it_is_found_anywhere(
    cloud: Cloud, database: Connection, user: Phone, used: dict[str, Any]
) -> None:
    before = totals(database)
    assert {"public.ai_chat_messages.content", "auth.users.id"} <= places_of(database, user.user_id)
    receipt = user.call("DELETE", "/v1/account")

    assert (receipt.status, receipt.body["auth"], receipt.body["storage"]) == (200, "deleted", {"objects": 0})
    assert receipt.body["database"]["ai_chat_sessions"] == 2
    assert places_of(database, user.user_id) == places_of(database, user.email) == set()
    assert objects_with(cloud, user.user_id) == []
    usage, after = used["usage"], totals(database)
    assert (after[0] - before[0], after[1] - before[1]) == (1, usage["tokens_used"])
    assert after[2] - before[2] == pytest.approx(usage["cost_used"], abs=1e-6)


def test_a_deleted_account_can_be_deleted_again_and_do_nothing_else(
    cloud: Cloud, user: Phone, session: str, used: dict[str, Any]
) -> None:
    user.call("DELETE", "/v1/account")

    again = user.call("DELETE", "/v1/account")
    assert (again.status, set(again.body["database"].values())) == (200, {0})
    assert user.call("GET", f"/v1/chat/sessions/{session}").status == 404
    for method, path, body in (
        ("POST", "/v1/chat/sessions", {}),
        ("PATCH", "/v1/profile", {"goals": ["run"]}),
        ("GET", "/v1/account/export", None),
    ):
        assert user.call(method, path, body).status == 401
    signed_in = httpx.get(
        f"{cloud.supabase_url}/auth/v1/user",
        headers={"apikey": cloud.anon_key, "Authorization": f"Bearer {user.token}"},
    )
    assert signed_in.status_code == 403


def test_a_session_is_renamed_read_and_deleted(user: Phone, session: str, used: dict[str, Any]) -> None:
    path = f"/v1/chat/sessions/{session}"
    assert user.call("PATCH", path, {"title": "Squats"}).body["title"] == "Squats"
    snapshot = user.call("GET", path).body
    turn = user.call("GET", f"{path}/turns/{used['turn']['id']}").body
    stopped = user.call("POST", f"{path}/turns/{used['turn']['id']}/cancel")

    assert (snapshot["session"]["title"], len(snapshot["messages"])) == ("Squats", 2)
    assert turn["message"] == used["message"] == snapshot["messages"][0]
    assert (stopped.status, stopped.body["status"]) == (200, "completed")
    assert user.call("DELETE", f"/v1/messages/{used['message']['id']}/rating").status == 204
    assert [user.call("DELETE", path).status for _ in range(2)] == [204, 404]
    assert user.call("GET", "/v1/usage").body["messages_used"] == 1


def test_the_sweep_runs_on_its_schedule_and_finds_nothing_twice(
    cloud: Cloud, invoke: Callable[[str, dict[str, Any]], Any]
) -> None:
    schedules = client("scheduler", cloud.aws_endpoint_url).list_schedules()["Schedules"]
    assert [item for item in schedules if "sweep" in item["Name"].lower() and item["State"] == "ENABLED"]
    invoke("sweep", {})

    assert invoke("sweep", {})["turns_failed"] == 0
