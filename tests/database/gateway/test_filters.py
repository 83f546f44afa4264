"""The filters, through the real client where it has a method for them."""

from collections.abc import Callable
from typing import Any

import pytest
from postgrest import APIError, SyncSelectRequestBuilder

from tests.database.gateway.actor import Actor

Notes = SyncSelectRequestBuilder
NOTES: list[dict[str, object]] = [
    {"title": "Squat heavy", "stars": 5, "tags": ["legs", "power"], "details": {"sets": 5, "by": "ann"}, "done": True},
    {"title": "bench press", "stars": 3, "tags": ["chest"], "details": {"sets": 3, "by": "bob"}, "done": False},
    {"title": 'Run, "easy" 5% (zone 2)', "stars": None, "tags": [], "details": {"route": ["park", "lake"]}},
    {"title": "Deadlift", "stars": 4, "tags": ["back", "legs"], "pages": "[10,20)", "written_on": "2026-03-01"},
]
SQUAT, BENCH, RUN, DEADLIFT = (str(note["title"]) for note in NOTES)

CASES: list[tuple[str, Callable[[Notes], Any], list[str]]] = [
    ("eq", lambda q: q.eq("title", "Deadlift"), [DEADLIFT]),
    ("eq with reserved characters", lambda q: q.eq("title", RUN), [RUN]),
    ("eq true", lambda q: q.eq("done", True), [SQUAT]),
    ("neq", lambda q: q.neq("stars", 5), [BENCH, DEADLIFT]),
    ("gt", lambda q: q.gt("stars", 4), [SQUAT]),
    ("gte", lambda q: q.gte("stars", 4), [SQUAT, DEADLIFT]),
    ("lt", lambda q: q.lt("stars", 4), [BENCH]),
    ("lte", lambda q: q.lte("stars", 4), [BENCH, DEADLIFT]),
    ("two filters are both required", lambda q: q.gt("stars", 3).lt("stars", 5), [DEADLIFT]),
    ("like", lambda q: q.like("title", "%press"), [BENCH]),
    ("like with stars", lambda q: q.like("title", "S*"), [SQUAT]),
    ("like minds case", lambda q: q.like("title", "squat%"), []),
    ("ilike", lambda q: q.ilike("title", "squat%"), [SQUAT]),
    ("is null", lambda q: q.is_("stars", None), [RUN]),
    ("is not null", lambda q: q.not_.is_("stars", None), [SQUAT, BENCH, DEADLIFT]),
    ("is not_null", lambda q: q.filter("stars", "is", "not_null"), [SQUAT, BENCH, DEADLIFT]),
    ("is false", lambda q: q.is_("done", False), [BENCH]),
    ("is unknown", lambda q: q.filter("done", "is", "unknown"), [RUN, DEADLIFT]),
    ("in", lambda q: q.in_("stars", [3, 4]), [BENCH, DEADLIFT]),
    ("in with reserved characters", lambda q: q.in_("title", [RUN, 'a"b\\c', "Deadlift"]), [RUN, DEADLIFT]),
    ("in nothing", lambda q: q.in_("stars", []), []),
    ("not in", lambda q: q.not_.in_("stars", [3, 4]), [SQUAT]),
    ("contains elements", lambda q: q.contains("tags", ["legs"]), [SQUAT, DEADLIFT]),
    ("contains json", lambda q: q.contains("details", {"by": "bob"}), [BENCH]),
    ("contains range", lambda q: q.contains("pages", "[11,12)"), [DEADLIFT]),
    ("or", lambda q: q.or_("stars.eq.5,title.eq.Deadlift"), [SQUAT, DEADLIFT]),
    ("or, quoted", lambda q: q.or_('title.eq."Run, \\"easy\\" 5% (zone 2)",stars.eq.5'), [SQUAT, RUN]),
    ("or with in", lambda q: q.or_("stars.in.(3,4),done.is.true"), [SQUAT, BENCH, DEADLIFT]),
    ("or with array", lambda q: q.or_("tags.cs.{back,legs},stars.eq.3"), [BENCH, DEADLIFT]),
    ("nested", lambda q: q.or_("and(stars.gte.4,done.not.is.true), stars.is.null"), [RUN, DEADLIFT]),
    ("not or", lambda q: q.not_.or_("stars.eq.5,stars.eq.4"), [BENCH]),
    ("date", lambda q: q.gte("written_on", "2026-02-28"), [DEADLIFT]),
]


@pytest.fixture
def author(owner: Actor) -> Actor:
    for note in NOTES:
        owner.supabase.table("notes").insert(note).execute()
    return owner


@pytest.mark.parametrize(("ask", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_filter(author: Actor, ask: Callable[[Notes], Any], expected: list[str]) -> None:
    query = author.supabase.table("notes").select("title").order("id")
    assert [row["title"] for row in ask(query).execute().data] == expected


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"stars": "noop.1"}, "PGRST100"),
        ({"stars": "5"}, "PGRST100"),
        ({"stars": "in.1,2"}, "PGRST100"),
        ({"stars": "in.(1,2"}, "PGRST100"),
        ({"stars": "is.five"}, "PGRST100"),
        ({"or": "(stars.eq.1"}, "PGRST100"),
        ({"or": "()"}, "PGRST100"),
        ({"or": "(xor(stars.eq.1,stars.eq.2))"}, "PGRST100"),
        ({"or": "(" + "and(" * 100 + "stars.eq.1" + ")" * 101}, "PGRST100"),
        ({"stars": "eq.many"}, "22P02"),
        ({"colour": "eq.red"}, "42703"),
        ({"or": "(colour.eq.red)"}, "42703"),
    ],
)
def test_a_filter_that_cannot_be_read_is_a_bad_request(author: Actor, parameters: dict[str, str], code: str) -> None:
    answer = author.rest.get("/notes", params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["message"]


def test_a_filter_on_another_table_is_not_implemented(author: Actor) -> None:
    with pytest.raises(APIError) as refused:
        author.supabase.table("tasks").select("*").eq("notes.title", "x").execute()
    assert refused.value.code == "PGRST127"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("title", "match.^[DS]"),
        ("tags", "cd.{legs}"),
        ("stars", "eq(any).{3,5}"),
        ("stars", "isdistinct.5"),
        ("pages", "adj.[20,30)"),
        ("words", "fts(english).cat"),
        ("words", "not.plfts.cat"),
        ("details->>by", "eq.ann"),
        ("or", "(tags.ov.{legs},details->>by.eq.ann)"),
    ],
)
def test_the_other_operators_and_json_paths_are_said_to_be_missing(author: Actor, parameter: str, value: str) -> None:
    answer = author.rest.get("/notes", params={parameter: value})
    assert (answer.status_code, answer.json()["code"]) == (501, "PGRST127")
