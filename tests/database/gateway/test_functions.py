"""Functions called through /rest/v1/rpc."""

import uuid
from typing import Any

import httpx
import psycopg
import pytest
from postgrest import APIError
from postgrest.types import CountMethod

from tests.database.gateway.actor import Actor


def test_named_arguments_and_defaults(owner: Actor) -> None:
    assert owner.supabase.rpc("add", {"b": 5, "a": 1}).execute().data == 6
    assert owner.supabase.rpc("add", {"a": 1}).execute().data == 3


@pytest.mark.parametrize("embedding", [[0.5, 1, 2], "[0.5,1,2]"])
def test_arguments_of_every_kind(owner: Actor, embedding: object) -> None:
    arguments = {"label": "l, \"m\" 'n' %s", "tags": ["a", "b,c"], "details": {"x": [1]}, "embedding": embedding}
    found = owner.supabase.rpc("described", arguments).execute().data
    assert found == {**arguments, "embedding": "[0.5,1,2]"}


def test_a_statement_has_the_time_that_its_function_gives_it_or_its_role(owner: Actor) -> None:
    calls = ("patience", "long_patience", "patience")
    assert [owner.supabase.rpc(name).execute().data for name in calls] == ["8s", "1min", "8s"]


def test_null_is_an_argument_too(owner: Actor) -> None:
    arguments = {"label": None, "tags": None, "details": None, "embedding": None}
    assert owner.supabase.rpc("described", arguments).execute().data == arguments


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("letters", {}, ["a", "b", "c"]),
        ("pairs", {"count": 2}, [{"number": 1, "square": 1}, {"number": 2, "square": 4}]),
        ("pairs", {"count": 0}, []),
        ("both", {}, {"low": 1, "high": 9}),
    ],
)
def test_results_have_the_shape_of_what_the_function_returns(
    owner: Actor, function: str, arguments: dict[str, Any], expected: object
) -> None:
    assert owner.supabase.rpc(function, arguments).execute().data == expected


def test_a_function_that_returns_void_answers_204(owner: Actor, database: psycopg.Connection) -> None:
    task = uuid.uuid4().int % 2**31
    database.execute("insert into tasks (id) values (%s)", (task,))
    answer = owner.rest.post("/rpc/close_task", json={"task": task})
    assert (answer.status_code, answer.content) == (204, b"")
    assert database.execute("select state from tasks where id = %s", (task,)).fetchone() == ("closed",)


def test_row_level_security_holds_inside_a_function(owner: Actor, stranger: Actor) -> None:
    owner.supabase.table("notes").insert({"title": "mine", "stars": 5}).execute()
    mine, theirs = (actor.rest.post("/rpc/notes_rated", json={"minimum": 1}).json() for actor in (owner, stranger))
    assert ([row["title"] for row in mine], theirs) == (["mine"], [])


def test_rows_from_a_function_are_filtered_ordered_limited_and_counted(owner: Actor) -> None:
    query = owner.supabase.rpc("pairs", {"count": 10}, count=CountMethod.exact)
    answer = query.gt("number", 4).order("number", desc=True).limit(2).select("square").execute()
    assert answer.data == [{"square": 100}, {"square": 81}]
    assert answer.count == 6


def test_a_result_of_rows_can_be_asked_for_as_one_object(owner: Actor) -> None:
    assert owner.supabase.rpc("pairs", {"count": 1}).single().execute().data == {"number": 1, "square": 1}
    with pytest.raises(APIError) as refused:
        owner.supabase.rpc("pairs", {"count": 2}).single().execute()
    assert refused.value.code == "PGRST116"


def test_a_single_row_that_does_not_exist_is_all_null(stranger: Actor) -> None:
    # As PostgREST: a function that returns one row always does, and it may be a row of nulls.
    found = stranger.rest.post("/rpc/first_note").json()
    assert set(found.values()) == {None}


def test_only_volatile_functions_may_write(owner: Actor) -> None:
    answer = owner.rest.post("/rpc/misdeclared", json={"task": 1})
    assert (answer.status_code, answer.json()["code"]) == (405, "25006")


@pytest.mark.parametrize("arguments", [{}, {"a": 1, "c": 2}, {"A": 1}])
def test_a_function_with_other_arguments_is_not_found(owner: Actor, arguments: dict[str, Any]) -> None:
    answer = owner.rest.post("/rpc/add", json=arguments)
    assert (answer.status_code, answer.json()["code"]) == (404, "PGRST202")
    assert answer.json()["message"].startswith("Could not find the function public.add")


def test_functions_outside_public_are_not_found(owner: Actor) -> None:
    for name in ("pg_sleep", "uid", "auth.uid", "pg_catalog.version"):
        assert owner.rest.post(f"/rpc/{name}").status_code == 404


def test_overloads_that_fit_equally_are_300(owner: Actor) -> None:
    answer = owner.rest.post("/rpc/ambiguous", json={"a": 1})
    assert (answer.status_code, answer.json()["code"]) == (300, "PGRST203")
    assert "public.ambiguous(a => integer), public.ambiguous(a => text)" in answer.json()["message"]


def test_a_revoked_function_is_refused_to_users_and_allowed_to_the_service(
    owner: Actor, anonymous: httpx.Client, service: httpx.Client
) -> None:
    statuses = [client.post("/rpc/internal").status_code for client in (anonymous, owner.rest, service)]
    assert statuses == [401, 403, 200]


def test_bad_calls_are_refused(owner: Actor) -> None:
    answers = {
        "array body": owner.rest.post("/rpc/add", json=[1]),
        "wrong type": owner.rest.post("/rpc/add", json={"a": "x"}),
        "variadic": owner.rest.post("/rpc/summed", json={"terms": [1]}),
        "filter on a scalar": owner.rest.post("/rpc/add?a=eq.1", json={"a": 1}),
        "by GET": owner.rest.get("/rpc/add", params={"a": "1"}),
        "another method": owner.rest.delete("/rpc/add"),
        "unknown column": owner.rest.post("/rpc/pairs?cube=eq.1", json={"count": 1}),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "array body": 400,
        "wrong type": 400,
        "variadic": 501,
        "filter on a scalar": 501,
        "by GET": 501,
        "another method": 405,
        "unknown column": 400,
    }


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("P0001", 400),
        ("PT402", 402),
        ("PT404", 404),
        ("PT429", 429),
        ("PTXXX", 500),
        ("23503", 409),
        ("23505", 409),
        ("23514", 400),
        ("22023", 400),
        ("40001", 500),
        ("42501", 403),
        ("53300", 503),
        ("57014", 500),
        ("57P01", 503),
        ("XX000", 500),
    ],
)
def test_a_raised_error_chooses_the_status_and_undoes_everything(
    owner: Actor, database: psycopg.Connection, state: str, status: int
) -> None:
    answer = owner.rest.post("/rpc/refuse", json={"state": state, "message": "no_way"})
    assert answer.status_code == status
    assert answer.json() == {"code": state, "message": "no_way", "details": "the detail", "hint": "the hint"}
    assert database.execute("select from tasks where id = 999").fetchone() is None
