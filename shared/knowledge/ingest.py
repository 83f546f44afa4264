"""Takes documents into the knowledge base."""

import hashlib
import threading
from typing import Literal

from shared.database.client import Database
from shared.knowledge.chunks import chunk_markdown
from shared.knowledge.extract import read_document
from shared.knowledge.objects import ObjectEvent, read_object
from shared.knowledge.sources import NewVersion, StoredVersion
from shared.knowledge.unreadable import UnreadableError
from shared.knowledge.vectors import KEEP_FOR_STORING, ensure_vectors
from shared.knowledge.work import Work, settled
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from shared.platform.observability import logger

MOST_CHUNKS = 2000
RECIPE = "2"  # counts the ways in which documents were read and cut; with a new one they are stored anew when they come
LEAST_TIME = 2 * KEEP_FOR_STORING  # seconds, without which nothing is begun

# One document at a time is read, and one embedded, so that with two threads one goes on while the other waits: reading
# may take most of the memory, and the embedder's rate limit is for others too.
_reading, _embedding = threading.Lock(), threading.Lock()


def cut(data: bytes, source: str, title: str, deadline: Deadline) -> NewVersion:
    """Read a file and cut it; `title` goes before its own and its name. Raises UnreadableError, UnavailableError."""
    read = read_document(data, deadline.remaining(KEEP_FOR_STORING))
    document = chunk_markdown(read.text, fallback_title=source.rpartition("/")[2] or source)
    if not document.chunks:
        raise UnreadableError("no_text")
    if len(document.chunks) > MOST_CHUNKS:
        raise UnreadableError("too_large")
    chosen = (title or read.title or document.title)[:500]
    return NewVersion(chosen, read.format, len(data), document.chunks, digest_of(data, title))


def digest_of(data: bytes, title: str) -> str:
    """By which a document is known again, as long as it would be read and cut the same way."""
    return hashlib.sha256(f"{RECIPE}\n{title}\n".encode() + data).hexdigest()


def store(work: Work, version: NewVersion, deadline: Deadline, *, in_bucket: bool) -> StoredVersion:
    """Embed what has no vector yet and serve the version. Raises UnavailableError, ConflictError."""
    with _embedding:
        ensure_vectors(work.database, [chunk.content for chunk in version.chunks], work.model, deadline)
    return work.store(version, in_bucket=in_bucket)


def ingest_object(database: Database, event: ObjectEvent, claim: str, deadline: Deadline) -> None:
    """Make the knowledge base agree with an object as it is now: store it, or delete what is gone.

    A document that can never be read ends as failed. Raises UnavailableError, ConflictError: try again.
    """
    if deadline.remaining() < LEAST_TIME:
        raise UnavailableError(code="out_of_time")
    work = Work.claim(database, event.key, claim, deadline, event.sequencer)
    if work.facts.outcome == "busy":
        raise UnavailableError(code="source_busy")
    if work.facts.outcome != "claimed":
        logger.info("nothing to do", source=event.key, outcome=work.facts.outcome)
        return
    with settled(work):
        outcome = _take_in(work, event, deadline)
        logger.info("ingested", source=event.key, outcome=outcome)


def _take_in(work: Work, event: ObjectEvent, deadline: Deadline) -> Literal["deleted", "unchanged", "stored", "lost"]:
    with _reading:
        found = read_object(event.bucket, event.key)
        if found is None:
            given_as_text = work.facts.version > 0 and not work.facts.in_bucket
            work.settle("ready" if given_as_text else "deleted")
            return "unchanged" if given_as_text else "deleted"
        if work.facts.in_bucket and work.facts.content_sha256 == digest_of(found.data, found.title):
            work.settle("ready")
            return "unchanged"
        version = cut(found.data, event.key, found.title, deadline)
    return "stored" if store(work, version, deadline, in_bucket=True).stored else "lost"
