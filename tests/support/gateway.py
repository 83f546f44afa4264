"""The Supabase gateway in a thread of the test's own process."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from infra.local.processes import HOST
from infra.local.supabase_gateway.app import create_server
from infra.local.supabase_gateway.keys import Keys
from tests.support.waiting import eventually


@dataclass(frozen=True)
class Served:
    """A running gateway, as its clients know it."""

    url: str
    anon_key: str
    service_key: str
    database_url: str


@contextlib.contextmanager
def served_in_background(database_url: str, keys: Keys) -> Iterator[Served]:
    """Serve on a free port while the context lasts."""
    # With the protocol named, asyncio switches Nagle's algorithm off; else every answer would wait 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind((HOST, 0))
        port = listening.getsockname()[1]
        server = create_server(database_url, keys, port)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            eventually(lambda: server.started or not thread.is_alive())
            assert server.started, "the Supabase gateway did not start"
            yield Served(f"http://{HOST}:{port}", keys.anon_key, keys.service_key, database_url)
        finally:
            server.should_exit = True
            thread.join()
