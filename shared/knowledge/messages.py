"""Messages of the ingestion queue, several at once as far as they do not stand in each other's way."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from shared.database.client import MAINTENANCE_TIMEOUT, Database
from shared.knowledge.ingest import ingest_object
from shared.knowledge.objects import object_events
from shared.platform.deadline import Deadline

AT_ONCE = 2  # documents: one is read while another is embedded


@contextlib.contextmanager
def ingesting(bodies: Mapping[str, str], deadline: Deadline) -> Iterator[Callable[[str], None]]:
    """Begin with the messages, by their ids. What it yields waits for one of them, and raises what made it fail."""
    database = Database.as_service(MAINTENANCE_TIMEOUT)
    turns: dict[str, Lock] = {}  # events of one object are taken up one after the other

    def take(claim: str, body: str) -> None:
        for event in object_events(body):
            with turns.setdefault(event.key, Lock()):
                ingest_object(database, event, claim, deadline)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        taken = {name: pool.submit(take, name, body) for name, body in bodies.items()}
        yield lambda name: taken[name].result()
