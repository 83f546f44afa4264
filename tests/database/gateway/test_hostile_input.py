"""Requests made to break out: every name is looked up, every value is a parameter."""

import httpx
import psycopg
import pytest

from tests.database.gateway.actor import Actor

HOSTILE = [
    "'; drop table notes; --",
    '"; drop table notes; --',
    "1) or (1=1",
    "notes; select pg_sleep(10)",
    "%s %(p0)s %%",
    "$1",
    "\\'; --",
    'a" from vault --',
    "{},{}",
    "id::text as id, (select content from vault)",
]


@pytest.fixture(autouse=True)
def _everything_is_still_there(database: psycopg.Connection) -> None:
    database.execute("insert into vault values (1, 'the secret') on conflict do nothing")


@pytest.mark.parametrize("text", HOSTILE)
def test_as_a_value_it_is_just_text(owner: Actor, text: str) -> None:
    notes = owner.supabase.table("notes")
    notes.insert({"title": text, "tags": [text], "details": {text: text}}).execute()
    for query in (
        notes.select("title").eq("title", text),
        notes.select("title").in_("title", [text]),
    ):
        assert query.execute().data == [{"title": text}]
    assert owner.supabase.rpc("described", {"label": text, "tags": [], "details": {}, "embedding": None}).execute()


@pytest.mark.parametrize("text", HOSTILE)
def test_as_a_name_it_is_refused(owner: Actor, text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    answers = [
        owner.rest.get("/notes", params={"select": text}),
        owner.rest.get("/notes", params={"select": quoted}),
        owner.rest.get("/notes", params={"select": f"id::{text}"}),
        owner.rest.get("/notes", params={"order": text}),
        owner.rest.get("/notes", params={"order": f"{quoted}.desc"}),
        owner.rest.get("/notes", params={quoted: "eq.1"}),
        owner.rest.get("/notes", params={"or": f"({quoted}.eq.1)"}),
        owner.rest.get("/notes", params={"limit": text}),
        owner.rest.post("/notes", json={text: 1}),
        owner.rest.post("/notes", params={"columns": quoted}, json=[{"title": "x"}]),
        owner.rest.post("/notes", params={"on_conflict": quoted}, json=[{"title": "x"}]),
        owner.rest.patch("/notes?id=eq.1", json={text: 1}),
        owner.rest.post("/rpc/add", json={"a": 1, text: 1}),
    ]
    assert {answer.status_code for answer in answers} <= {400, 404, 501}
    assert not any("the secret" in answer.text for answer in answers)


def test_as_an_alias_it_is_only_a_label(owner: Actor) -> None:
    owner.supabase.table("notes").insert({"title": "x"}).execute()
    answer = owner.rest.get("/notes", params={"select": '"a\\"; drop table notes; -- %s":title'})
    assert answer.json() == [{'a"; drop table notes; -- %s': "x"}]


def test_a_table_name_is_never_more_than_a_name(owner: Actor) -> None:
    for name in ("notes;drop", 'notes"', "notes where", "public.notes", "..", "notes%00"):
        assert owner.rest.get(f"/{name}").status_code in (404, 501)


def test_nul_and_broken_encodings_are_bad_requests(owner: Actor, anonymous: httpx.Client) -> None:
    assert owner.rest.get("/notes?title=eq.%00").status_code == 400
    assert owner.rest.get("/notes?title=eq.%ff").status_code == 400
    answer = owner.rest.post("/notes", content=b'{"title": "\xff"}', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "PGRST102")
    assert anonymous.get("/notes?" + "&".join(f"id=eq.{n}" for n in range(1000))).status_code == 400


def test_claims_cannot_be_set_from_outside(owner: Actor, stranger: Actor) -> None:
    owner.supabase.table("notes").insert({"title": "mine"}).execute()
    headers = {"request.jwt.claims": f'{{"sub": "{owner.id}"}}', "role": "postgres", "X-Role": "service_role"}
    assert stranger.rest.get("/notes", headers=headers).json() == []
    assert stranger.rest.post("/rpc/set_config", json={"name": "role", "value": "postgres"}).status_code == 404
