"""Insert, update, delete and upsert."""

import uuid

import httpx
import psycopg
import pytest
from postgrest import APIError
from postgrest.types import CountMethod, ReturnMethod

from tests.database.gateway.actor import Actor

SHOWN = {"Prefer": "return=representation"}


@pytest.fixture
def number() -> int:
    """An id that no other test uses."""
    return uuid.uuid4().int % 2**31


def test_an_inserted_row_comes_back_with_its_defaults(owner: Actor) -> None:
    row = owner.supabase.table("notes").insert({"title": "new", "embedding": [1, 2.5, 3]}).execute().data[0]
    assert isinstance(row, dict)
    assert (row["owner"], row["tags"], row["details"], row["embedding"]) == (owner.id, [], {}, "[1,2.5,3]")


def test_values_of_every_kind_arrive_as_they_were_sent(owner: Actor) -> None:
    sent = {
        "title": "ünï 'quoted' \"double\" 100% %s \\n $1 {x}",
        "stars": -7,
        "tags": ["a,b", 'c"d', "", "NULL", "{e}"],
        "details": {"null": None, "deep": [1, {"pi": 3.141592653589793}], "text": "x"},
        "pages": "[1,5)",
        "done": False,
        "written_on": "2026-02-28",
    }
    columns = ",".join(sent)
    row = owner.rest.post("/notes", params={"select": columns}, json=sent, headers=SHOWN).json()[0]
    assert row == sent


def test_numbers_keep_every_digit(owner: Actor) -> None:
    content = b'{"title": "n", "details": {"n": 12345678901234567890.123456789}}'
    headers = {**SHOWN, "Content-Type": "application/json"}
    answer = owner.rest.post("/notes?select=details", content=content, headers=headers)
    assert answer.text == '[{"details":{"n": 12345678901234567890.123456789}}]'


def test_without_a_preference_a_write_answers_nothing(owner: Actor) -> None:
    created = owner.rest.post("/notes", json={"title": "x"})
    changed = owner.rest.patch("/notes?title=eq.x", json={"title": "y"})
    deleted = owner.rest.delete("/notes?title=eq.y")
    assert [(a.status_code, a.content) for a in (created, changed, deleted)] == [(201, b""), (204, b""), (204, b"")]
    assert owner.supabase.table("notes").insert({"title": "x"}, returning=ReturnMethod.minimal).execute().data == []


def test_many_rows_are_inserted_at_once_and_counted(owner: Actor) -> None:
    rows: list[dict[str, object]] = [{"title": str(n), "stars": n} for n in range(50)]
    answer = owner.supabase.table("notes").insert(rows, count=CountMethod.exact).execute()
    assert (len(answer.data), answer.count) == (50, 50)


def test_a_column_that_a_row_of_many_lacks_is_null(owner: Actor) -> None:
    rows: list[dict[str, object]] = [{"name": "a", "value": "given"}, {"name": "b"}]
    with pytest.raises(APIError) as refused:
        owner.supabase.table("entries").insert(rows).execute()
    assert refused.value.code == "23502"


def test_a_column_that_a_row_of_many_lacks_is_null_or_its_default_as_preferred(owner: Actor) -> None:
    rows: list[dict[str, object]] = [{"name": "a", "value": "given"}, {"name": "b"}]
    entries = owner.supabase.table("entries")
    with pytest.raises(APIError) as refused:
        entries.insert(rows).execute()
    assert refused.value.code == "23502"
    found = entries.insert(rows, default_to_null=False).execute().data
    assert [row["value"] for row in found if isinstance(row, dict)] == ["given", "unset"]


def test_an_expression_with_a_percent_sign_is_a_usable_default(service: httpx.Client, number: int) -> None:
    rows = [{"id": number, "unlike": 1}, {"id": number - 1}]
    headers = {"Prefer": "return=representation,missing=default"}
    answer = service.post("/tasks", params={"columns": "id,unlike", "select": "unlike"}, json=rows, headers=headers)
    assert answer.json() == [{"unlike": 1}, {"unlike": 3}]


def test_empty_inserts(owner: Actor, database: psycopg.Connection) -> None:
    assert owner.rest.post("/notes", json=[], headers=SHOWN).json() == []
    assert owner.rest.post("/notes", json={}, headers=SHOWN).json()["code"] == "23502"  # title has no default
    database.execute("create table if not exists public.clicks (id serial primary key, at timestamptz default now())")
    assert len(owner.rest.post("/clicks", json=[{}, {}], headers=SHOWN).json()) == 2


def test_only_the_columns_asked_for_are_read_from_the_body(owner: Actor) -> None:
    rows = [{"title": "x", "stars": 5, "junk": True}]
    answer = owner.rest.post("/notes", params={"columns": "title", "select": "title,stars"}, json=rows, headers=SHOWN)
    assert answer.json() == [{"title": "x", "stars": None}]


def test_an_update_changes_the_chosen_rows_only(owner: Actor) -> None:
    notes = owner.supabase.table("notes")
    notes.insert([{"title": "a", "stars": 1}, {"title": "b", "stars": 2}]).execute()
    changed = notes.update({"stars": None, "tags": ["x"]}).eq("title", "a").select("title, stars, tags").execute().data
    assert changed == [{"title": "a", "stars": None, "tags": ["x"]}]
    assert notes.select("stars").eq("title", "b").single().execute().data == {"stars": 2}


def test_an_update_says_how_many_rows_it_changed(owner: Actor) -> None:
    owner.supabase.table("notes").insert([{"title": "a"}, {"title": "a"}, {"title": "b"}]).execute()
    headers = {"Prefer": "count=exact"}
    changed = owner.rest.patch("/notes?title=eq.a", json={"stars": 1}, headers=headers)
    unchanged = owner.rest.patch("/notes?title=eq.z", json={"stars": 1}, headers=headers)
    assert [answer.headers["content-range"] for answer in (changed, unchanged)] == ["0-1/2", "*/0"]


def test_an_update_without_columns_changes_nothing(owner: Actor) -> None:
    owner.supabase.table("notes").insert({"title": "a"}).execute()
    assert owner.rest.patch("/notes?title=eq.a", json={}, headers=SHOWN).json() == []


def test_writing_to_a_whole_table_is_refused_as_on_supabase(owner: Actor) -> None:
    for answer in (owner.rest.delete("/notes"), owner.rest.patch("/notes", json={"stars": 1})):
        assert (answer.status_code, answer.json()["code"]) == (400, "21000")
        assert answer.json()["message"].endswith("requires a WHERE clause")


def test_a_deleted_row_comes_back_once(owner: Actor) -> None:
    notes = owner.supabase.table("notes")
    notes.insert({"title": "gone"}).execute()
    first, second = (notes.delete().eq("title", "gone").select("title").execute().data for _ in range(2))
    assert (first, second) == ([{"title": "gone"}], [])


def test_upsert_inserts_then_updates_by_primary_key(owner: Actor) -> None:
    entries = owner.supabase.table("entries")
    for value in ("one", "two"):
        row: dict[str, object] = {"owner": owner.id, "name": "k", "value": value}
        assert entries.upsert(row).execute().data == [row]
    assert len(entries.select("*").execute().data) == 1


def test_upsert_answers_201_when_a_row_is_new_and_200_when_none_is(owner: Actor) -> None:
    headers = {"Prefer": "resolution=merge-duplicates"}
    statuses = [
        owner.rest.post("/entries", json=[{"owner": owner.id, "name": name} for name in names], headers=headers)
        for names in (["a"], ["a"], ["a", "b"], ["a", "b"])
    ]
    assert [answer.status_code for answer in statuses] == [201, 200, 201, 200]


def test_ignoring_duplicates_keeps_what_is_there(owner: Actor) -> None:
    entries = owner.supabase.table("entries")
    entries.insert({"name": "k", "value": "first"}).execute()
    rows: list[dict[str, object]] = [
        {"owner": owner.id, "name": "k", "value": "second"},
        {"owner": owner.id, "name": "new", "value": "third"},
    ]
    answer = entries.upsert(rows, ignore_duplicates=True, on_conflict="owner,name").execute()
    assert [row["name"] for row in answer.data if isinstance(row, dict)] == ["new"]
    assert entries.select("value").eq("name", "k").single().execute().data == {"value": "first"}


def test_a_conflict_on_columns_without_a_unique_index_is_an_error(owner: Actor) -> None:
    with pytest.raises(APIError) as refused:
        owner.supabase.table("entries").upsert({"name": "k"}, on_conflict="value").execute()
    assert refused.value.code == "42P10"


def test_a_single_object_that_is_not_single_undoes_the_write(owner: Actor) -> None:
    notes = owner.supabase.table("notes")
    notes.insert([{"title": "a"}, {"title": "a"}]).execute()
    headers = {**SHOWN, "Accept": "application/vnd.pgrst.object+json"}
    answer = owner.rest.patch("/notes?title=eq.a", json={"title": "b"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (406, "PGRST116")
    assert len(notes.select("*").eq("title", "a").execute().data) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "PGRST102"),
        (b"{", "PGRST102"),
        (b'{"stars": NaN}', "PGRST102"),
        (b'"text"', "PGRST102"),
        (b"[1]", "PGRST102"),
        (b'[{"title": "a"}, {"stars": 1}]', "PGRST102"),
        (b'{"colour": "red"}', "PGRST204"),
        (b'{"title": "a", "stars": "many"}', "22P02"),
        (b'{"title": "a", "words": "cat"}', "428C9"),
        (b'{"title": "nul \\u0000"}', "22P05"),
        (b"[" * 100_000, "PGRST102"),
    ],
)
def test_a_bad_body_is_a_bad_request(owner: Actor, body: bytes, code: str) -> None:
    answer = owner.rest.post("/notes", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_what_is_not_implemented_for_writes_is_said(owner: Actor) -> None:
    refused = [
        owner.rest.put("/entries?name=eq.a", json={"name": "a"}),
        owner.rest.delete("/notes?title=eq.a&limit=1"),
        *(
            owner.rest.post("/notes", json={"title": "a"}, headers={"Prefer": preference})
            for preference in ("timezone=Europe/Berlin", "return=headers-only", "max-affected=1")
        ),
    ]
    assert {answer.status_code for answer in refused} == {501}
