"""The gateway in front of a small schema with one of everything, and people to use it."""

import ssl
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from supabase import Client, create_client
from supabase.lib.client_options import SyncClientOptions

from infra.local.postgres import prelude
from infra.local.postgres.server import SUPERUSER, PostgresServer
from infra.local.supabase_gateway.keys import Keys
from tests.database.gateway.actor import Actor, MakeClient, NewActor, OpenRest, SignToken
from tests.support.gateway import Served, served_in_background

PLAYGROUND = Path(__file__).with_name("playground.sql")


@pytest.fixture(scope="session")
def playground_url(postgres_server: PostgresServer) -> str:
    url = postgres_server.create_database("playground")
    prelude.apply(postgres_server.url("playground", SUPERUSER))
    with psycopg.connect(url) as connection:
        connection.execute(PLAYGROUND.read_bytes())
    return url


@pytest.fixture(scope="session")
def served(playground_url: str, gateway_keys: Keys) -> Iterator[Served]:
    with served_in_background(playground_url, gateway_keys) as served:
        yield served


@pytest.fixture
def database(playground_url: str) -> Iterator[psycopg.Connection]:
    """The playground as its owner sees it."""
    with psycopg.connect(playground_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def certificates() -> ssl.SSLContext:
    """Loaded once: each new HTTP client would otherwise spend 100 ms on it, for plain HTTP."""
    return ssl.create_default_context()


@pytest.fixture(scope="session")
def http(certificates: ssl.SSLContext) -> Iterator[httpx.Client]:
    """A plain HTTP client without any headers of its own."""
    with httpx.Client(verify=certificates) as client:
        yield client


@pytest.fixture
def supabase_client(served: Served, certificates: ssl.SSLContext) -> Iterator[MakeClient]:
    """Makes real clients. They get their HTTP client from here, as their own one gives deprecation warnings."""
    opened: list[httpx.Client] = []

    def make(api_key: str, token: str | None = None) -> Client:
        opened.append(httpx.Client(verify=certificates))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return create_client(served.url, api_key, SyncClientOptions(headers=headers, httpx_client=opened[-1]))

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def sign_token(gateway_keys: Keys) -> SignToken:
    """Signs tokens as the auth server would, with other claims where given."""

    def sign(subject: str, **claims: object) -> str:
        now = int(time.time())
        usual = {"sub": subject, "role": "authenticated", "aud": "authenticated", "iat": now, "exp": now + 600}
        return gateway_keys.sign({**usual, **claims})

    return sign


@pytest.fixture
def open_rest(served: Served, certificates: ssl.SSLContext) -> Iterator[OpenRest]:
    """Opens plain HTTP clients of /rest/v1."""
    opened: list[httpx.Client] = []

    def make(api_key: str, token: str | None = None) -> httpx.Client:
        headers = {"apikey": api_key} | ({"Authorization": f"Bearer {token}"} if token else {})
        opened.append(httpx.Client(base_url=f"{served.url}/rest/v1", headers=headers, verify=certificates))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def new_actor(served: Served, open_rest: OpenRest, supabase_client: MakeClient, sign_token: SignToken) -> NewActor:
    """Makes signed-in users that nobody else knows."""

    def make() -> Actor:
        user_id = str(uuid.uuid4())
        token = sign_token(user_id, email=f"{user_id}@example.org")
        supabase, rest = supabase_client(served.anon_key, token), open_rest(served.anon_key, token)
        return Actor(user_id, token, supabase, rest)

    return make


@pytest.fixture
def owner(new_actor: NewActor) -> Actor:
    return new_actor()


@pytest.fixture
def stranger(new_actor: NewActor) -> Actor:
    return new_actor()


@pytest.fixture
def anonymous(served: Served, open_rest: OpenRest) -> httpx.Client:
    return open_rest(served.anon_key)


@pytest.fixture
def service(served: Served, open_rest: OpenRest) -> httpx.Client:
    return open_rest(served.service_key)
