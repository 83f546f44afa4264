import base64
import json

import pytest

from shared.llm.answer import ToolCall
from shared.llm.request import Message
from shared.rooms import pictures, storage
from shared.rooms.pictures import MAX_IMAGES
from shared.rooms.task_files import MAX_IMAGE_BYTES
from shared.rooms.toolbox import Toolbox
from tests.support.pictures import picture
from tests.support.room_doubles import ScriptedDatabase, in_time
from tests.support.room_work import agent_file, task_work

PNG, JPEG = picture("image/png"), picture("image/jpeg")


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    objects = {f"rooms/1/{number}.png": PNG for number in range(6)}
    objects |= {"rooms/1/a.jpg": JPEG, "rooms/1/fake.png": JPEG, "rooms/1/cut.png": PNG[:-5]}
    monkeypatch.setattr(storage, "get", objects.get)
    return objects


def toolbox(*, sees: bool = True, size: int = 20) -> Toolbox:
    names = {"a.jpg": "image/jpeg", "fake.png": "image/png", "cut.png": "image/png"} | {
        f"{number}.png": "image/png" for number in range(6)
    }
    given = [agent_file(name, task_id=None, mime=mime, size=size) for name, mime in names.items()]
    return Toolbox(ScriptedDatabase(), task_work(files=given), in_time(), sees=sees)


def read(tools: Toolbox, name: str) -> str:
    return tools.run(ToolCall("c", "read_file", json.dumps({"filename": name})), 0)


def exchange(tools: Toolbox, *names: str) -> list[Message]:
    calls = [{"id": name, "function": {"name": "read_file", "arguments": "{}"}} for name in names]
    results = [{"role": "tool", "tool_call_id": name, "content": read(tools, name)} for name in names]
    return [{"role": "assistant", "content": "", "tool_calls": calls}, *results]


def test_a_picture_is_shown_behind_the_results_of_its_exchange_and_is_in_no_transcript() -> None:
    tools = toolbox()
    messages = [*exchange(tools, "0.png", "a.jpg"), {"role": "assistant", "content": "Done."}]

    sent = pictures.shown(messages, tools.files)
    assert [message["role"] for message in sent] == ["assistant", "tool", "tool", "user", "assistant"]
    assert sent[3]["images"] == [
        f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
        f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}",
    ]
    assert "base64" not in json.dumps(messages)


def test_at_most_so_many_are_shown_at_once_the_newest_of_them() -> None:
    tools = toolbox()
    sent = pictures.shown([message for number in range(6) for message in exchange(tools, f"{number}.png")], tools.files)

    shown = [message["content"] for message in sent if message.get("images")]
    assert shown == [f"Shown, as data: {number}.png" for number in range(6 - MAX_IMAGES, 6)]


@pytest.mark.parametrize(
    ("name", "size", "sees"),
    [("0.png", 20, False), ("0.png", MAX_IMAGE_BYTES + 1, True), ("fake.png", 20, True), ("cut.png", 20, True)],
    ids=["a model that does not see", "too large", "not what its name says", "cut off"],
)
def test_what_cannot_be_shown_is_said_so(name: str, size: int, sees: bool) -> None:
    assert "cannot be" in read(toolbox(sees=sees, size=size), name)


def test_a_picture_that_is_gone_is_no_reason_to_stop(bucket: dict[str, bytes]) -> None:
    tools = toolbox()
    messages = exchange(tools, "0.png")
    del bucket["rooms/1/0.png"]

    (*_, shown) = pictures.shown(messages, toolbox().files)
    assert (shown["images"], shown["content"]) == ([], "(the pictures are gone)")
