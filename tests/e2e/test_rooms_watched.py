"""What watchers of a room see while its agents write: words and tools, as they come, and nothing that is not shown."""

import json
from typing import Any

import pytest

from infra.contract.frames import AgentCalled, AgentDelta
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.e2e.rooms_script import DONE, Room, Script, calls, heard, watching

STARVING = "Eat 400 kcal a day for two months."
SAFE = "# Your plan\n\nSquat and press on Monday and Friday.\n\nRest on Sunday, and sleep well before each session.\n\n"
ENDED = ("completed", "failed")


@pytest.fixture
def script(cloud: Cloud) -> Script:
    return Script(cloud)


def told(socket: Any) -> list[dict[str, Any]]:
    """All frames until the room has ended."""
    frames = [heard(socket)]
    while frames[-1]["data"].get("room", {}).get("status") not in ENDED:
        frames.append(heard(socket))
    return frames


def file_shown(frames: list[dict[str, Any]], filename: str, call: int) -> str:
    """What a client shows of a file in the end, as one call writes it."""
    shown = ""
    for frame in frames:
        if frame["type"] == "agent.delta":
            data = AgentDelta.model_validate(frame).data
            if (data.filename, data.call) == (filename, call):
                shown = shown[: data.offset] + data.text
    return shown


def test_a_file_is_seen_while_it_is_written_by_all_who_watch_without_what_is_not_safe(
    cloud: Cloud, user: Phone, stranger: Phone, script: Script
) -> None:
    script.plans(script.task("t1"))
    question = "What of my private matter?"
    unsafe = script.writes("t1", f"{SAFE}{STARVING}\n\nNobody reads this before it is mended.")
    script.works("t1", calls("ask_owner", question=question), unsafe, script.writes("t1", SAFE * 3), DONE)
    room = Room.open(user, script)
    room.wait("active")
    room.call("PUT", "/share", {"shared": True})
    script.behave(script.brief("t1"), "pace", seconds=0.05, times=None)
    with watching(cloud, user, f"room:{room.id}") as own, watching(cloud, stranger, f"room:{room.id}") as theirs:
        room.call("POST", "/answer", {"answer": "A private answer."})
        owner, watcher = told(own), told(theirs)

    for frames in (owner, watcher):
        name = script.file("t1")
        previews = [frame for frame in frames if frame["type"].startswith("agent.")]
        assert "400 kcal" not in json.dumps(previews)
        assert "private" not in json.dumps(previews)
        assert "Nobody reads this" not in json.dumps(previews)
        assert file_shown(frames, name, call=2) == SAFE.strip()
        assert file_shown(frames, name, call=3) == (SAFE * 3).strip()
        called = [AgentCalled.model_validate(each).data for each in previews if each["type"] == "agent.called"]
        assert [(each.tool, each.filename, each.call) for each in called] == [
            ("write_file", name, 2),
            ("write_file", name, 3),
        ]
        whole = [frame["type"] for frame in frames]
        assert max(n for n, kind in enumerate(whole) if kind == "agent.delta") < whole.index("file.created")
    of_one_call = [each for each in owner if each["type"] == "agent.delta" and each["data"]["call"] == 3]
    assert len(of_one_call) > 1  # it came as it was written
