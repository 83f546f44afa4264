"""Files in an agent's hands: read in parts, written in parts, edited, and never twice by whoever takes over."""

import json
from typing import Any

import pytest

from shared.llm import tokens
from shared.llm.answer import ToolCall
from shared.rooms import prompts, storage
from shared.rooms.files import DOCUMENTS
from shared.rooms.toolbox import Toolbox
from shared.rooms.tools import tools_for
from tests.support.documents import docx
from tests.support.room_doubles import ScriptedDatabase, in_time
from tests.support.room_work import agent_file, athlete, task_work

GUIDE = "\n".join(
    f"Line {number} of the guide, on {'knees' if number % 50 == 0 else 'sets'}." for number in range(1, 2001)
)


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    objects: dict[str, bytes] = {}
    monkeypatch.setattr(storage, "get", objects.get)
    monkeypatch.setattr(storage, "put", lambda key, content, _mime: objects.update({key: content}))
    return objects


def toolbox(*names: str, transcript: list[dict[str, Any]] | None = None, **task: Any) -> Toolbox:
    """With these files of the owner."""
    types = {name: DOCUMENTS.get(f".{name.partition('.')[2]}", "text/markdown") for name in names}
    given = [agent_file(name, task_id=None, mime=mime) for name, mime in types.items()]
    work = task_work(files=given, transcript=transcript or [], **task)
    return Toolbox(ScriptedDatabase(draft_file={"outcome": "stored"}), work, in_time())


def use(tools: Toolbox, name: str, call_id: str = "call-1", **arguments: Any) -> str:
    return tools.run(ToolCall(call_id, name, json.dumps(arguments)), 0)


def written(tools: Toolbox, bucket: dict[str, bytes], name: str = "a.md") -> str:
    return bucket[tools.files.known[name].key].decode()


# -------------------------------------------------------------------------------------------------------------- reading
def test_a_long_file_is_read_part_by_part_to_its_end(bucket: dict[str, bytes]) -> None:
    bucket["rooms/1/guide.md"] = GUIDE.encode()
    tools, line, seen = toolbox("guide.md"), 1, ""
    while line <= 2000:
        part = use(tools, "read_file", filename="guide.md", from_line=line)
        first, last = part.partition('lines="')[2].partition(" of 2000")[0].split("-")
        assert int(first) == line
        seen += part.partition(">\n")[2].removesuffix("\n</file>") + "\n"
        line = int(last) + 1
    assert seen.count("Line 1999 ") == 1
    assert seen.count("of the guide") == 2000


def test_lines_with_some_words_are_found_with_those_beside_them(bucket: dict[str, bytes]) -> None:
    bucket["rooms/1/guide.md"] = GUIDE.encode()
    told = use(toolbox("guide.md"), "read_file", filename="guide.md", find="Knees 1950")
    assert [line.partition(":")[0] for line in told.splitlines()[1:-1]] == ["1949", "1950", "1951"]


def test_words_that_are_not_there_are_said_not_to_be(bucket: dict[str, bytes]) -> None:
    bucket["rooms/1/guide.md"] = GUIDE.encode()
    assert "no line has this" in use(toolbox("guide.md"), "read_file", filename="guide.md", find="hips")


def test_a_file_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    assert "guide.md" in use(toolbox("guide.md"), "read_file", filename="other.md")


def test_the_text_of_a_word_document_is_read(bucket: dict[str, bytes]) -> None:
    bucket["rooms/1/plan.docx"] = docx("<w:p><w:r><w:t>Squat three times eight.</w:t></w:r></w:p>")
    assert "Squat three times eight." in use(toolbox("plan.docx"), "read_file", filename="plan.docx")


def test_a_broken_document_is_said_to_be_so(bucket: dict[str, bytes]) -> None:
    bucket["rooms/1/plan.docx"] = b"PK\x03\x04 nothing"
    assert "cannot be read" in use(toolbox("plan.docx"), "read_file", filename="plan.docx")


def test_a_table_is_asked_by_sql(bucket: dict[str, bytes]) -> None:
    bucket["rooms/1/log.csv"] = b"day,metres\nMon,5000\nTue,8000\n"
    assert "13000" in use(toolbox("log.csv"), "query_table", filename="log.csv", sql="select sum(metres) from data")


def test_what_is_no_table_and_what_is_no_sql_are_answered(bucket: dict[str, bytes]) -> None:
    bucket["rooms/1/log.csv"] = b"day,metres\nMon,5000\n"
    assert "SQLite says" in use(toolbox("log.csv"), "query_table", filename="log.csv", sql="drop table data")
    assert "no such file" in use(toolbox(), "query_table", filename="log.csv", sql="select 1")


# -------------------------------------------------------------------------------------------------------------- writing
def test_a_guide_of_9000_words_is_written_in_parts(bucket: dict[str, bytes]) -> None:
    tools = toolbox()
    use(tools, "write_file", filename="a.md", content="# Guide", description="A guide.")
    for part in range(9):
        use(
            tools,
            "write_file",
            f"part-{part}",
            filename="a.md",
            content=f"## Part {part}\n" + "word " * 1000,
            append=True,
        )
    assert written(tools, bucket).count("word") == 9000
    assert [line for line in written(tools, bucket).splitlines() if line.startswith("#")] == [
        "# Guide",
        *(f"## Part {part}" for part in range(9)),
    ]
    assert tools.files.known["a.md"].description == "A guide."


def test_a_passage_is_replaced_where_it_stands_once(bucket: dict[str, bytes]) -> None:
    tools = toolbox()
    use(tools, "write_file", filename="a.md", content="Squat deep. Run. Run.")
    assert "Written: a.md" in use(tools, "edit_file", filename="a.md", old="Squat deep.", new="Squat to a box.")
    assert "stands in it 2 times" in use(tools, "edit_file", filename="a.md", old="Run.", new="Walk.")
    assert "stands in it 0 times" in use(tools, "edit_file", filename="a.md", old="Swim.", new="Walk.")
    assert written(tools, bucket) == "Squat to a box. Run. Run."


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("write_file", {"content": "More.", "append": True}),
        ("edit_file", {"old": "Squat.", "new": "Run."}),
    ],
)
def test_a_call_that_a_dead_worker_made_is_not_made_again(
    bucket: dict[str, bytes], name: str, arguments: dict[str, Any]
) -> None:
    first = toolbox()
    use(first, "write_file", "call-1", filename="a.md", content="Squat.")
    use(first, name, "call-2", filename="a.md", **arguments)
    once = written(first, bucket)
    call = {"id": "call-2", "function": {"name": name, "arguments": "{}"}}
    second = toolbox(transcript=[{"role": "assistant", "content": "", "tool_calls": [call]}])
    second.files.known = first.files.known
    assert "Written: a.md" in use(second, name, "call-2", filename="a.md", **arguments)
    assert written(second, bucket) == once


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("write_file", {"content": "x", "append": True}), ("edit_file", {"old": "x", "new": "y"})],
)
def test_a_file_of_the_owner_is_neither_appended_to_nor_edited(
    bucket: dict[str, bytes], name: str, arguments: dict[str, Any]
) -> None:
    bucket["rooms/1/log.md"] = b"x"
    assert "no such file of yours" in use(toolbox("log.md"), name, filename="log.md", **arguments)
    assert bucket == {"rooms/1/log.md": b"x"}


def test_what_is_not_safe_stays_out_of_a_file_also_by_parts(bucket: dict[str, bytes]) -> None:
    tools = toolbox()
    use(tools, "write_file", filename="a.md", content="# Fat loss")
    told = use(tools, "write_file", "call-2", filename="a.md", content="Eat 500 kcal a day for a month.", append=True)
    assert told.startswith("Written without what is not safe")
    assert "500 kcal" not in written(tools, bucket)


# ---------------------------------------------------------------------------------------------------------------- tools
def names_of(**work: Any) -> set[str]:
    return {tool["function"]["name"] for tool in tools_for(task_work(**work), has_files=True)}


def test_an_agent_is_offered_what_its_task_can_need() -> None:
    assert "search_knowledge" in names_of(role="writer")
    assert "search_knowledge" not in names_of(role="coder")
    assert "query_table" not in names_of()
    assert "query_table" in names_of(files=[agent_file("log.csv")])
    assert not {"get_workouts", "get_plan"} & names_of()
    trained = task_work().model_copy(update={"athlete": athlete().model_copy(update={"plan": {"name": "Base"}})})
    assert {"get_workouts", "get_plan"} <= {tool["function"]["name"] for tool in tools_for(trained, has_files=True)}


def test_one_without_any_files_is_offered_none_for_reading_them() -> None:
    names = {tool["function"]["name"] for tool in tools_for(task_work(), has_files=False)}
    assert names == {"search_knowledge", "write_file", "ask_owner"}


@pytest.mark.parametrize("role", ["researcher", "writer", "coder"])
def test_what_is_sent_beside_the_work_is_short(role: Any) -> None:
    work = task_work(role)
    fixed = str(prompts.working(work)[0]["content"]) + json.dumps(tools_for(work, has_files=True))
    assert tokens.count(fixed) <= 700


# --------------------------------------------------------------------------------------------------------------- quotes
class Knowing(ScriptedDatabase):
    """Has one passage."""

    def rpc(self, function: str, **arguments: Any) -> Any:
        answer = super().rpc(function, **arguments)
        return [PASSAGE] if function == "passages_named" else answer


PASSAGE: dict[str, Any] = {"chunk_id": f"{'1' * 8}-0000-0000-0000-000000000000", "source": "d.md", "title": "Deloads"}
PASSAGE |= {"heading": None, "version": 1, "content": "A deload is an easier week.", "score": 0, "rank_score": 0}


def test_quotes_are_checked_when_the_task_is_done_and_read_again_as_they_were_written(bucket: dict[str, bytes]) -> None:
    tools = Toolbox(Knowing(draft_file={"outcome": "stored"}), task_work(), in_time())
    said = '"A deload is an easier week" [k11111111]. "A hard week" [k11111111].\n'
    use(tools, "write_file", filename="a.md", content=said)
    for _ in range(2):
        tools.files.cite()
        delivered = '"A deload is an easier week" [1]. "A hard week".\n\n---\n\n1. Deloads (k11111111)\n'
        assert written(tools, bucket) == delivered
        assert tools.files.known["a.md"].quotes_dropped == 1
    told = use(tools, "read_file", filename="a.md")
    assert '"A deload is an easier week" [k11111111]. "A hard week".' in told
    assert "---" not in told
