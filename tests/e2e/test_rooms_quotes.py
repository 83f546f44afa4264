"""Quotes in what a room delivers, on the deployed state machine: checked against the knowledge base, sources listed."""

import json

import httpx
import psycopg
import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.e2e.rooms_script import DONE, Room, Script, calls


@pytest.fixture
def script(cloud: Cloud) -> Script:
    return Script(cloud)


def test_a_quote_that_is_not_in_its_passage_loses_its_mark_and_is_named_as_an_issue(
    user: Phone, script: Script, knowledge: str, database: psycopg.Connection[tuple[object, ...]]
) -> None:
    known = "select 'k' || left(id::text, 8) from ai_kb_docs where source = %s"
    ((name,),) = database.execute(known, (knowledge,)).fetchall()
    said = f'"A deload is a planned easier week" [{name}].\n\n"A deload is ten hard days" [{name}].\n'
    script.plans(script.task("t1", role="researcher"), script.task("t2", "t1"))
    search = calls("search_knowledge", query="deload week")
    script.works("t1", search, script.writes("t1", said), DONE)
    script.works("t2", calls("read_file", filename=script.file("t1")), script.writes("t2", said.splitlines()[0]), DONE)
    room = Room.open(user, script)
    assert room.wait() == ("completed", "completed_with_issues")

    found, written = script.requests(script.brief("t1"))[1], script.requests(script.brief("t2"))[1]
    assert f'id="{name}"' in json.dumps(found["body"]).replace("\\\\", "").replace('\\"', '"')
    assert "easier week" in json.dumps(written["body"])
    assert f"[{name}]" in json.dumps(written["body"])
    files = {file["filename"]: file for file in room.call("GET", "/files")["items"]}
    first = files[script.file("t1")]
    text = httpx.get(room.call("GET", f"/files/{first['id']}")["url"]).raise_for_status().text
    head, _, sources = text.partition("\n\n---\n\n")
    assert head == '"A deload is a planned easier week" [1].\n\n"A deload is ten hard days".'
    assert sources.startswith("1. Deloads")
    assert sources.rstrip().endswith(f"({name})")
    assert [file["quotes_dropped"] for file in (first, files[script.file("t2")])] == [1, 0]
    assert room.shown["room"]["issues"] == [f"{script.file('t1')} had quotes that are not in their sources: 1."]


@pytest.mark.parametrize("given_up_by", ["its worker", "the workflow"])
def test_an_unfinished_file_has_its_quotes_checked_as_well(
    user: Phone, script: Script, knowledge: str, database: psycopg.Connection[tuple[object, ...]], given_up_by: str
) -> None:
    known = "select 'k' || left(id::text, 8) from ai_kb_docs where source = %s"
    ((name,),) = database.execute(known, (knowledge,)).fetchall()
    said = f'"A deload is a planned easier week" [{name}].\n\n"A deload is ten hard days" [{name}].\n'
    script.plans(script.task("t1"))
    if given_up_by == "its worker":
        script.works("t1", script.writes("t1", said), *[calls("read_file", filename="none.md")] * 9)
    else:
        script.behave(f"Written: {script.file('t1')}", "status", status=500, times=None)
        script.works("t1", script.writes("t1", said))
    room = Room.open(user, script)
    assert room.wait() == ("failed", "task_failed")

    (file,) = room.call("GET", "/files")["items"]
    text = httpx.get(room.call("GET", f"/files/{file['id']}")["url"]).raise_for_status().text
    head, _, sources = text.partition("\n\n---\n\n")
    assert (file["is_partial"], file["quotes_dropped"]) == (True, 1)
    assert head == '"A deload is a planned easier week" [1].\n\n"A deload is ten hard days".'
    assert f"({name})" in sources
