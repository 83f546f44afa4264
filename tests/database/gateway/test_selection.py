"""Which columns come back, under which names, in which order."""

import pytest
from postgrest import APIError

from tests.database.gateway.actor import Actor


@pytest.fixture
def author(owner: Actor) -> Actor:
    rows: list[dict[str, object]] = [
        {"title": "b", "stars": 2, "details": {"plan": {"name": "early"}, "days": [1, 2]}},
        {"title": "a", "stars": None, "details": {}},
        {"title": "c", "stars": 1, "details": {"plan": {"name": "late"}}},
    ]
    owner.supabase.table("notes").insert(rows).execute()
    return owner


def test_all_columns_come_back_with_a_star(author: Actor) -> None:
    row = author.supabase.table("notes").select("*").eq("title", "a").single().execute().data
    assert isinstance(row, dict)
    assert {"id", "owner", "title", "stars", "tags", "details", "embedding", "words"} <= row.keys()


def test_a_column_can_be_renamed(author: Actor) -> None:
    found = author.supabase.table("notes").select("name:title, points:stars").order("title").execute().data
    assert found == [{"name": "a", "points": None}, {"name": "b", "points": 2}, {"name": "c", "points": 1}]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("title", "abc"),
        ("title.desc", "cba"),
        ("stars", "cba"),
        ("stars.desc", "abc"),
        ("stars.asc.nullsfirst", "acb"),
        ("stars.desc.nullslast,title", "bca"),
    ],
)
def test_rows_come_in_the_order_asked_for(author: Actor, order: str, expected: str) -> None:
    found = author.rest.get("/notes", params={"select": "title", "order": order}).json()
    assert "".join(row["title"] for row in found) == expected


def test_the_client_orders_by_several_columns(author: Actor) -> None:
    query = author.supabase.table("notes").select("title").order("stars", desc=True, nullsfirst=False).order("title")
    assert query.execute().data == [{"title": "b"}, {"title": "c"}, {"title": "a"}]


def test_names_that_need_quotes_are_found(owner: Actor) -> None:
    table = owner.supabase.table('odd "table% name')
    assert table.select('"a:b, c", 100:"100%"').gt("a:b, c", 1).execute().data == [{"a:b, c": 2, "100": "two"}]
    assert table.select("*").order('"a:b, c"', desc=True).limit(1).execute().data == [{"a:b, c": 2, "100%": "two"}]


def test_a_view_is_read_like_a_table(owner: Actor) -> None:
    assert owner.supabase.table("even_numbers").select("n").order("n").limit(2).execute().data == [{"n": 2}, {"n": 4}]


@pytest.mark.parametrize(
    "parameters",
    [
        {"select": "id,tasks(*)"},
        {"select": "id,t:tasks!inner(id)"},
        {"select": "id,...tasks(id)"},
        {"select": "id::text"},
        {"select": "points:stars::text"},
        {"select": "details->plan->>name"},
        {"order": "details->plan"},
        {"order": "tasks(id)"},
        {"tasks.order": "id"},
        {"tasks.limit": "1"},
    ],
)
def test_what_is_not_implemented_is_said_and_not_guessed(author: Actor, parameters: dict[str, str]) -> None:
    answer = author.rest.get("/notes", params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (501, "PGRST127")
    assert "not implemented" in answer.json()["details"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"select": "colour"}, "42703"),
        ({"select": "id,"}, "PGRST100"),
        ({"select": ""}, "PGRST100"),
        ({"select": "id;title"}, "PGRST100"),
        ({"select": "stars.sum()"}, "PGRST123"),
        ({"select": "count()"}, "PGRST123"),
        ({"order": "colour"}, "42703"),
        ({"order": "title.down"}, "PGRST100"),
        ({"order": "title.desc.nullsmiddle"}, "PGRST100"),
    ],
)
def test_a_bad_selection_is_a_bad_request(author: Actor, parameters: dict[str, str], code: str) -> None:
    answer = author.rest.get("/notes", params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_media_types_that_cannot_be_made_are_refused(author: Actor) -> None:
    for accept, status in [("text/csv", 501), ("application/vnd.pgrst.plan+json", 501), ("image/png", 406)]:
        assert author.rest.get("/notes", headers={"Accept": accept}).status_code == status
    with pytest.raises(APIError):
        author.supabase.table("notes").select("*").strip_nulls().execute()
