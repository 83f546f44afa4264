"""Serves the gateway over HTTP."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from infra.local.supabase_gateway.app import create_app
from infra.local.supabase_gateway.keys import Keys

HOST = "127.0.0.1"
GRACE = 5  # seconds that requests under way get when the gateway is ended
READY_WITHIN = 30.0  # seconds


@dataclass(frozen=True)
class Served:
    """A running gateway, as its clients know it."""

    url: str
    anon_key: str
    service_key: str
    database_url: str


def serve(database_url: str, keys: Keys, port: int, public_url: str | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    _server(create_app(database_url, keys, public_url or f"http://{HOST}:{port}"), port).run()


@contextlib.contextmanager
def served_in_background(database_url: str, keys: Keys) -> Iterator[Served]:
    """Serve from a thread of this process, on a free port, while the context lasts."""
    # With the protocol named, asyncio switches Nagle's algorithm off; else every answer would wait 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind((HOST, 0))
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        server = _server(create_app(database_url, keys, url), listening.getsockname()[1])
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            _await_start(server, thread)
            yield Served(url, keys.anon_key, keys.service_key, database_url)
        finally:
            server.should_exit = True
            thread.join()


def _server(app: Starlette, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        host=HOST,
        port=port,
        log_level="warning",
        access_log=False,  # query strings hold what users store
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    return uvicorn.Server(config)


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the Supabase gateway did not start")
        time.sleep(0.005)
