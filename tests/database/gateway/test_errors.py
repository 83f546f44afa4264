"""What an error looks like, and which status it has."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from infra.local.postgres import prelude
from infra.local.postgres.server import SUPERUSER, PostgresServer
from infra.local.supabase_gateway.keys import Keys
from tests.database.gateway.actor import Actor
from tests.support.gateway import Served, served_in_background


def test_an_unknown_table_is_404(owner: Actor) -> None:
    answer = owner.rest.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json() == {
        "code": "PGRST205",
        "message": "Could not find the table 'public.nowhere' in the schema cache",
        "details": None,
        "hint": None,
    }


def test_tables_outside_public_are_unknown(service: httpx.Client) -> None:
    for name in ("users", "auth.users", "pg_class", "pg_catalog.pg_class"):
        assert service.get(f"/{name}").status_code == 404
    answer = service.get("/notes", headers={"Accept-Profile": "auth"})
    assert (answer.status_code, answer.json()["code"]) == (406, "PGRST106")


def test_constraints_have_their_statuses(service: httpx.Client, database: psycopg.Connection) -> None:
    task = uuid.uuid4().int % 2**31
    database.execute("insert into tasks (id) values (%s)", (task,))
    answers = {
        "unique": service.post("/tasks", json={"id": task}),
        "foreign key": service.post("/tasks", json={"id": task + 1, "note_id": 0}),
        "check": service.post("/tasks", json={"id": task + 1, "state": "lost"}),
        "not null": service.post("/tasks", json={"id": None}),
    }
    assert {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()} == {
        "unique": (409, "23505"),
        "foreign key": (409, "23503"),
        "check": (400, "23514"),
        "not null": (400, "23502"),
    }
    assert answers["unique"].json()["details"] == f"Key (id)=({task}) already exists."


def test_a_head_request_has_its_error_code_in_a_header(owner: Actor) -> None:
    answer = owner.rest.head("/nowhere")
    assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers["proxy-status"] == "PostgREST; error=PGRST205"


def test_a_new_table_is_found_and_a_dropped_one_is_not(owner: Actor, database: psycopg.Connection) -> None:
    name = f"t{uuid.uuid4().hex}"
    assert owner.rest.get(f"/{name}").status_code == 404
    database.execute(f"create table public.{name} (a int)")
    assert owner.rest.get(f"/{name}").json() == []
    database.execute(f"drop table public.{name}")
    assert owner.rest.get(f"/{name}").status_code == 404


def test_a_changed_table_is_noticed(owner: Actor, database: psycopg.Connection) -> None:
    name = f"t{uuid.uuid4().hex}"
    database.execute(f"create table public.{name} (a int)")
    assert owner.rest.get(f"/{name}?select=b").status_code == 400
    database.execute(f"alter table public.{name} add b int")
    deadline = time.monotonic() + 10
    while owner.rest.get(f"/{name}?select=b").status_code != 200:
        assert time.monotonic() < deadline, "the notification did not arrive"


def test_preferences_are_checked_only_when_handled_strictly(owner: Actor) -> None:
    lenient = owner.rest.get("/notes", headers={"Prefer": "colour=red"})
    strict = owner.rest.get("/notes", headers={"Prefer": "handling=strict, colour=red"})
    assert (lenient.status_code, strict.status_code, strict.json()["code"]) == (200, 400, "PGRST122")


def test_the_answer_says_which_preferences_were_applied(owner: Actor) -> None:
    headers = {"Prefer": "return=representation, count=exact, resolution=merge-duplicates"}
    answer = owner.rest.post("/notes", json={"title": "x"}, headers=headers)
    applied = set(answer.headers["preference-applied"].split(", "))
    assert applied == {"return=representation", "count=exact", "resolution=merge-duplicates"}


def test_a_body_that_is_not_json_is_415(owner: Actor) -> None:
    for media in ("text/csv", "application/x-www-form-urlencoded"):
        assert owner.rest.post("/notes", content=b"title=x", headers={"Content-Type": media}).status_code == 415


def test_a_body_over_ten_megabytes_is_413(owner: Actor) -> None:
    body = b'{"title": "' + b"x" * (10 * 1024 * 1024) + b'"}'
    headers = {"Content-Type": "application/json"}
    whole = owner.rest.post("/notes", content=body, headers=headers)
    streamed = owner.rest.post("/notes", content=iter([body]), headers=headers)
    assert (whole.status_code, streamed.status_code) == (413, 413)


def test_other_services_of_supabase_are_not_here(http: httpx.Client, served: Served) -> None:
    for path in ("/storage/v1/bucket", "/functions/v1/hello", "/graphql/v1", "/realtime/v1"):
        assert http.get(served.url + path).status_code == 501
    assert http.get(f"{served.url}/rest/v1/a/b/c").status_code == 404
    assert http.get(f"{served.url}/rest/v1/", headers={"apikey": served.anon_key}).status_code == 501


def test_a_statement_that_takes_too_long_is_cancelled(
    http: httpx.Client, postgres_server: PostgresServer, gateway_keys: Keys
) -> None:
    url = postgres_server.create_database("impatient")
    prelude.apply(postgres_server.url("impatient", SUPERUSER))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create function public.slow() returns void language sql as 'select pg_sleep(30)'")
    with psycopg.connect(postgres_server.url("impatient", SUPERUSER), autocommit=True) as connection:
        connection.execute("alter role authenticator in database impatient set statement_timeout = '50ms'")
    with served_in_background(url, gateway_keys) as served:
        answer = http.post(f"{served.url}/rest/v1/rpc/slow", headers={"apikey": served.anon_key})
    assert (answer.status_code, answer.json()["code"]) == (500, "57014")


@pytest.fixture
def doomed() -> PostgresServer:
    return PostgresServer()


def test_without_a_database_everything_is_503(http: httpx.Client, doomed: PostgresServer, gateway_keys: Keys) -> None:
    with doomed:
        prelude.apply(doomed.url(user=SUPERUSER))
        with served_in_background(doomed.url(), gateway_keys) as served:
            headers = {"apikey": served.anon_key}
            assert http.get(f"{served.url}/health").status_code == 200
            assert http.post(f"{served.url}/rest/v1/rpc/x", headers=headers).status_code == 404
            doomed.stop()
            answer = http.post(f"{served.url}/rest/v1/rpc/x", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "PGRST001")
            assert http.get(f"{served.url}/health").status_code == 503


def test_more_requests_than_connections_wait_their_turn(owner: Actor) -> None:
    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda n: owner.rest.post("/rpc/add", json={"a": n}), range(60)))
    assert [answer.json() for answer in answers] == [n + 2 for n in range(60)]
