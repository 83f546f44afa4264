"""Files of rooms on the deployed bucket: given by the owner, written by agents, and the names that are refused."""

import base64
import hashlib
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.e2e.rooms_script import DONE, Room, Script, calls, writes

LOG = b"day,km\nmon,5\n"
# One pixel.
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")
ATTACKS = [
    "../plan.md",
    "a/../../plan.md",
    "..\\plan.md",
    "/etc/plan.md",
    "C:\\plan.md",
    "\\\\server\\plan.md",
    "plan.md\x00",
    "plan\n.md",
    "plan\u202egpj.md",
    "..%2fplan.md",
    "\uff0e\uff0e\uff0fplan.md",
    "CON.md",
    "nul.json",
    "plan.md.",
    "plan.md ",
    ".hidden.md",
    "a" * 253 + ".md",
    "plan.exe",
    "plan.md.sh",
    "plan",
]


@pytest.fixture
def script(cloud: Cloud) -> Script:
    return Script(cloud)


def new_upload(user: Phone, filename: str, content: bytes = LOG) -> Any:
    digest = hashlib.sha256(content).hexdigest()
    return user.call("POST", "/v1/rooms/uploads", {"filename": filename, "size": len(content), "sha256": digest})


def keys(cloud: Cloud) -> list[str]:
    """Of all objects in the bucket."""
    pages = client("s3", cloud.aws_endpoint_url).get_paginator("list_objects_v2").paginate(Bucket=cloud.rooms_bucket)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_agents_read_what_the_owner_gave(user: Phone, script: Script) -> None:
    upload = new_upload(user, "log.csv").expect(201).body
    early = user.call("POST", "/v1/rooms", {"task_prompt": script.word, "input_file_ids": [upload["id"]]})
    assert (early.status, early.body["code"]) == (422, "file_not_uploaded")

    httpx.put(upload["url"], content=LOG, headers=upload["headers"]).raise_for_status()
    script.plans(script.task("t1"))
    script.works("t1", calls("read_file", filename="log.csv"), script.writes("t1"), DONE)
    room = Room.open(user, script, input_file_ids=[upload["id"]])
    assert room.wait() == ("completed", None)
    assert len(script.requests("mon,5")) >= 2
    given = next(file for file in room.call("GET", "/files")["items"] if file["filename"] == "log.csv")
    assert httpx.get(room.call("GET", f"/files/{given['id']}")["url"]).content == LOG


def test_an_upload_is_for_its_owner_alone(user: Phone, stranger: Phone, script: Script) -> None:
    upload = new_upload(user, "log.csv").expect(201).body
    httpx.put(upload["url"], content=LOG, headers=upload["headers"]).raise_for_status()

    for file_id in (upload["id"], str(uuid4())):
        told = stranger.call("POST", "/v1/rooms", {"task_prompt": script.word, "input_file_ids": [file_id]})
        assert (told.status, told.body["code"]) == (404, "file_not_found")
    assert stranger.call("GET", "/v1/rooms").body["items"] == []


def test_a_name_that_is_an_attack_is_refused_and_touches_nothing(cloud: Cloud, user: Phone) -> None:
    before = keys(cloud)
    for name in ATTACKS:
        told = new_upload(user, name)
        assert (told.status, told.body["code"]) in [
            (422, "filename_invalid"),
            (422, "file_type_not_allowed"),
            (422, "validation_failed"),
        ], ascii(name)
    assert keys(cloud) == before


def test_an_agent_cannot_write_under_such_a_name_either(cloud: Cloud, user: Phone, script: Script) -> None:
    before = set(keys(cloud))
    attempts = [calls("write_file", filename=name, content="x", description="") for name in ATTACKS[:4]]
    script.plans(script.task("t1"))
    script.works("t1", *attempts, script.writes("t1"), DONE)
    room = Room.open(user, script)

    assert room.wait() == ("completed", None)
    assert [file["filename"] for file in room.shown["files"]] == [script.file("t1")]
    (written,) = set(keys(cloud)) - before
    assert written.startswith(f"rooms/{room.room_id}/")
    assert written.endswith(f"/{script.file('t1')}")


def test_a_file_that_is_written_again_after_a_retry_is_a_new_version(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"), script.task("t2", "t1"))
    script.works("t1")
    script.works("t2", *[calls("read_file", filename="none.md")] * 9)
    room = Room.open(user, script)
    assert room.wait() == ("failed", "task_failed")

    overwrites = calls("write_file", filename=script.file("t1"), content="# Better", description="Better.")
    script.works("t2", overwrites, script.writes("t2"), DONE)
    room.call("POST", "/retry")
    assert room.wait() == ("completed", None)
    file = next(each for each in room.call("GET", "/files")["items"] if each["filename"] == script.file("t1"))
    assert [version["version"] for version in file["versions"]] == [1, 2]
    for version, content in zip(file["versions"], ("# Plan", "# Better"), strict=True):
        assert httpx.get(room.call("GET", f"/files/{version['id']}")["url"]).text == content


def test_a_guide_is_had_as_pdf_and_word_and_a_plan_as_a_calendar(user: Phone, stranger: Phone, script: Script) -> None:
    user.call("PATCH", "/v1/profile", {"time_zone": "Europe/Berlin"}).expect(200)
    plan = script.file("t1").replace(".md", ".csv")
    script.plans(script.task("t1", deliverables=[script.file("t1"), plan]))
    table = "date,start,minutes,title,notes\n2026-12-01,18:30,45,Easy run,Slowly.\n"
    script.works("t1", script.writes("t1", "# Guide\n\nRun **easily**."), writes(plan, table), DONE)
    room = Room.open(user, script)
    assert room.wait() == ("completed", None)
    guide, calendar = (
        next(each for each in room.shown["files"] if each["filename"] == name) for name in (script.file("t1"), plan)
    )

    for file, wanted, begins in (
        (guide, "pdf", b"%PDF-"),
        (guide, "docx", b"PK"),
        (calendar, "ics", b"BEGIN:VCALENDAR"),
    ):
        made = user.call("POST", f"/v1/rooms/{room.id}/files/{file['id']}/export", {"format": wanted}).expect(200).body
        content = httpx.get(made["url"]).content
        assert (content[: len(begins)], len(content)) == (begins, made["size"])
    assert b"DTSTART;TZID=Europe/Berlin:20261201T183000" in content
    refused = user.call("POST", f"/v1/rooms/{room.id}/files/{guide['id']}/export", {"format": "ics"})
    assert (refused.status, refused.body["code"]) == (422, "format_unavailable")
    other = stranger.call("POST", f"/v1/rooms/{room.id}/files/{guide['id']}/export", {"format": "pdf"})
    assert (other.status, other.body["code"]) == (404, "room_not_found")


def test_a_picture_that_the_owner_gave_is_seen_by_an_agent_that_asks_for_it(user: Phone, script: Script) -> None:
    upload = new_upload(user, "form.png", PNG).expect(201).body
    httpx.put(upload["url"], content=PNG, headers=upload["headers"]).raise_for_status()
    script.plans(script.task("t1"))
    script.works("t1", calls("read_file", filename="form.png"), script.writes("t1"), DONE)
    room = Room.open(user, script, input_file_ids=[upload["id"]])

    assert room.wait() == ("completed", None)
    shown = [base64.b64encode(PNG).decode() in json.dumps(each["body"]) for each in script.requests(script.brief("t1"))]
    assert shown[-3:] == [False, True, True]
