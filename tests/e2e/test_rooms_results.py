"""A room of a conversation, on the deployed state machine: what it knows of it, and what it leaves there."""

import json

import pytest

from infra.contract.messages import RoomResult
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.e2e.rooms_script import DONE, Room, Script, calls, heard, watching


@pytest.fixture
def script(cloud: Cloud) -> Script:
    return Script(cloud)


def test_a_room_knows_the_words_before_it_and_its_result_stands_in_the_conversation(
    cloud: Cloud, user: Phone, session: str, script: Script
) -> None:
    user.ask(session, "How deep should I squat with my stiff ankles?")
    script.plans(script.task("t1"))
    script.works("t1")
    with watching(cloud, user, f"session:{session}") as socket:
        room = Room.open(user, script, session_id=session)
        assert room.wait() == ("completed", None)
        added = heard(socket)

    for asked in (script.requests(script.brief("t1"))[0], script.requests(f"</files>\n<request>\n{script.word}")[0]):
        assert "User: How deep should I squat with my stiff ankles?" in json.dumps(asked["body"])
    assert (added["type"], added["stream"]) == ("message.added", f"session:{session}")
    newest = user.call("GET", f"/v1/chat/sessions/{session}").expect(200).body["messages"][0]
    assert newest == added["data"]["message"]
    assert (newest["role"], newest["turn_id"]) == ("system", None)
    result = RoomResult.model_validate(newest["metadata"]["room"])
    assert (str(result.id), result.status, result.issues) == (room.id, "completed", [])
    assert [file.filename for file in result.files] == [script.file("t1")]
    assert result.tokens > 0
    told = [each for each in user.call("GET", "/v1/events").body["items"] if each["type"] == "room.updated"]
    assert told[-1]["data"]["room"]["session_id"] == session

    user.ask(session, f"What has {script.word} made?")
    (next_turn,) = script.requests(f"<question>\nWhat has {script.word} made?")
    assert f"<room>\\n{script.word}" in json.dumps(next_turn["body"])
    assert script.file("t1") in json.dumps(next_turn["body"])


def test_the_coach_reads_what_a_room_has_written(user: Phone, stranger: Phone, session: str, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1", script.writes("t1", "# Plan\n\nSquat on Monday.\n\nPress on Friday."), DONE)
    room = Room.open(user, script)
    assert room.wait() == ("completed", None)

    def asks(phone: Phone, session_id: str, question: str) -> str:
        reads = calls("get_room", room_id=room.id, filename=script.file("t1"), from_line=1, find="friday")
        answer = {"content": json.dumps({"urgent": None, "answer": "Friday is press day.", "citations": []})}
        script.behave(f"<question>\n{question}", "script", steps=[reads, answer])
        phone.ask(session_id, question).expect(200)
        return json.dumps(script.requests(f"<question>\n{question}")[-1]["body"])

    told = asks(user, session, f"When do I press in {script.word}?")
    assert "5: Press on Friday." in told
    assert "Squat on Monday." not in told
    foreign = asks(stranger, stranger.open_session("Theirs"), f"When does {script.word} press?")
    assert "Press on Friday." not in foreign
    assert "There is none." in foreign
