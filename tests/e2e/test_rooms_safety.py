"""What agents write on the deployed state machine: nothing unsafe reaches a file, an event, the room or an export."""

import gzip
import json
from typing import Any

import httpx
import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from shared.safety.advice import notice
from tests.support.e2e.rooms_script import DONE, Room, Script

STARVE = "Eat 600 kcal a day."
PLAN = "# Your plan\n\nSquat and press on Monday and Friday.\n\n{}\n\nRest on Sunday and sleep well."
WHOLE = PLAN.format("Eat well.")


@pytest.fixture
def script(cloud: Cloud) -> Script:
    return Script(cloud)


def files(room: Room) -> list[str]:
    """All versions, as they are downloaded."""
    listed = room.call("GET", "/files")["items"]
    found = [
        room.call("GET", f"/files/{each['id']}?version={v['version']}") for each in listed for v in each["versions"]
    ]
    return [httpx.get(each["url"]).raise_for_status().text for each in found]


def shown(user: Phone, room: Room) -> str:
    exported = httpx.get(user.call("GET", "/v1/account/export").body["url"], timeout=60).raise_for_status().content
    parts: list[Any] = [room.shown, room.events(), gzip.decompress(exported).decode()]
    assert room.id in parts[-1]
    return json.dumps(parts)


def test_a_dangerous_file_is_mended_once_and_arrives_whole(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1", script.writes("t1", PLAN.format(STARVE)), script.writes("t1", WHOLE), DONE)
    room = Room.open(user, script)
    assert room.wait() == ("completed", None)
    assert files(room) == [WHOLE]
    assert script.asked("t1") == 3
    assert "Eat 600" not in shown(user, room)


def test_a_file_that_is_not_mended_arrives_without_the_passage_and_says_so(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    unsafe = script.writes("t1", PLAN.format(STARVE))
    script.works("t1", unsafe, unsafe, DONE)
    room = Room.open(user, script)
    assert room.wait() == ("completed", "completed_with_issues")
    (text,) = files(room)
    assert text.startswith("# Your plan\n\nSquat and press on Monday and Friday.\n\nRest on Sunday")
    assert text.rstrip().endswith(notice("left_out_of_file"))
    assert room.shown["room"]["issues"] == [f"{script.file('t1')} lacks what was not safe."]
    assert "Eat 600" not in shown(user, room)


def test_what_the_profile_says_binds_in_rooms_too(user: Phone, script: Script) -> None:
    user.call("PATCH", "/v1/profile", {"pregnant": True, "injuries": "left knee, mild"}).expect(200)
    caffeine = "Take 400 mg of caffeine before training."
    script.plans(script.task("t1"))
    script.works("t1", script.writes("t1", PLAN.format(caffeine)), script.writes("t1", WHOLE), DONE)
    room = Room.open(user, script)
    assert room.wait() == ("completed", None)
    assert files(room) == [WHOLE]
    first, second, _ = script.requests(script.brief("t1"))
    assert "left knee, mild" in json.dumps(first["body"])
    assert "(caffeine_pregnancy)" in json.dumps(second["body"])
