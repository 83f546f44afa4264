"""Ingests documents: reads and cuts them, embeds the chunks, and serves them as the source's new version.

Three ways lead here: messages of the bucket's queue, one event of an object, and a document that an operator gives.
"""

import contextlib
import hashlib
import itertools
import threading
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Self

from shared.database.client import MAINTENANCE_TIMEOUT, Database
from shared.knowledge import front_matter, limited, objects, queries
from shared.knowledge.documents import NewDocument, StoredSource
from shared.knowledge.formats.document import UnreadableError
from shared.knowledge.formats.titles import MAX_TITLE
from shared.knowledge.objects import ObjectEvent
from shared.knowledge.queries import ClaimedSource, NewVersion, Status, StoredVersion
from shared.knowledge.reader import Reading, read_document
from shared.knowledge.units import Sizes
from shared.knowledge.vectors import STORING_SECONDS, ensure_vectors
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, NotFoundError, UnavailableError
from shared.platform.observability import count, log_fault, logger

AT_ONCE = 2  # documents: while one takes its half minute to be read, the others go past it
MAX_CHUNKS_IN_REQUEST = 50  # what 30 s are enough for
MIN_SECONDS = 2 * STORING_SECONDS  # without which nothing is begun
RECIPE = "5"  # counts the ways in which documents were read and cut; with a new one they are stored anew when they come
# One document at a time is embedded: the embedder's rate limit is for others too.
_embedding = threading.Lock()


def ingest_messages(bodies: Mapping[str, str], deadline: Deadline) -> list[str]:
    """Carry out messages of the queue, each a notification of S3 by its id. Returns the ids of those to be sent again.

    Different objects are ingested side by side, the events of one object one after the other.
    """
    database = Database.as_service(MAINTENANCE_TIMEOUT)
    locks: dict[str, threading.Lock] = {}

    def fails(message_id: str, body: str) -> bool:
        try:
            for event in objects.object_events(body):
                with locks.setdefault(event.key, threading.Lock()):
                    ingest_object(database, event, message_id, deadline)
        except Exception as fault:  # noqa: BLE001 - the message comes again, at last into the dead-letter queue
            if not isinstance(fault, DomainError):
                log_fault("a message of the queue failed", fault)
            return True
        return False

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(itertools.compress(bodies, pool.map(fails, bodies.keys(), bodies.values())))


def ingest_object(database: Database, event: ObjectEvent, claim_name: str, deadline: Deadline) -> None:
    """Make the knowledge base agree with an object as it is now: store it, or delete what is gone.

    A document that can never be read ends as failed. Raises UnavailableError, ConflictError: try again.
    """
    if deadline.remaining() < MIN_SECONDS:
        raise UnavailableError(code="out_of_time")
    event = replace(event, is_removal=event.is_removal and objects.is_gone(event.bucket, event.key))
    claim = Claim.take(database, event.key, claim_name, deadline, event)
    if claim.source.outcome == "busy":
        raise UnavailableError(code="source_busy")
    if claim.source.outcome != "claimed":
        logger.info("nothing to do", source=event.key, outcome=claim.source.outcome)
        return
    with claim.failure_recorded():
        outcome = _ingest_claimed(claim, event, deadline)
        logger.info("ingested", source=event.key, outcome=outcome)
        count("DocumentsIngested", outcome=outcome)


def _ingest_claimed(claim: "Claim", event: ObjectEvent, deadline: Deadline) -> str:
    """What came of it, for the log."""
    found = objects.read_object(event.bucket, event.key)
    if found is None:
        given_as_text = claim.source.version > 0 and not claim.source.in_bucket
        claim.settle("ready" if given_as_text else "deleted")
        return "unchanged" if given_as_text else "deleted"
    if claim.source.in_bucket and claim.source.content_sha256 == digest_of(found.data, found.title):
        claim.settle("ready")
        return "unchanged"
    version = cut(found.data, event.key, found.title, deadline, recognize=_ocr().is_on)
    return "stored" if claim.store(version, deadline, in_bucket=True).stored else "lost"


def ingest_document(database: Database, body: NewDocument, deadline: Deadline) -> StoredSource:
    """Ingest a text, or an object of the bucket: at once where that is quickly done, else through the queue (pending).

    Raises UnreadableError, NotFoundError, UnavailableError.
    """
    if body.text is None:
        found = objects.read_object(objects.bucket(), body.source)
        if found is None:
            raise NotFoundError("There is no such object in the bucket.", code="object_not_found")
        data, title = found.data, body.title or found.title
    else:
        data, title = body.text.encode(), body.title or ""
    version = cut(data, body.source, title, deadline)
    if len(version.chunks) <= MAX_CHUNKS_IN_REQUEST and not version.waits_for_ocr:
        return _ingest_now(database, body, version, deadline)
    if body.text is None:
        objects.announce(body.source)
    else:
        objects.put_text(body.source, body.text, title)
    return StoredSource(id=None, source=body.source, status="pending", version=0, chunk_count=0, stored=False)


def _ingest_now(database: Database, body: NewDocument, version: NewVersion, deadline: Deadline) -> StoredSource:
    claim = Claim.take(database, body.source, f"operator {uuid.uuid4()}", deadline)
    with claim.failure_recorded():
        if claim.source.content_sha256 == version.digest:
            claim.settle("ready")
            return StoredSource(**{**claim.source.model_dump(), "status": "ready"}, stored=False)
        return StoredSource(**claim.store(version, deadline, in_bucket=body.text is None).model_dump())


def cut(data: bytes, source: str, title: str, deadline: Deadline, *, recognize: bool = False) -> NewVersion:
    """Read a file and cut it; `title` goes before its own and its name. Raises UnreadableError, UnavailableError."""
    front, rest = front_matter.split(data)
    found = read_document(rest, source, _sizes(), deadline.remaining(STORING_SECONDS))
    waits_for_ocr = bool(found.pictures) and _ocr().is_on
    if recognize and waits_for_ocr:
        found, waits_for_ocr = _recognized(rest, source, found, deadline), False
    if not found.chunks and not waits_for_ocr:
        raise UnreadableError("no_text")
    return NewVersion(
        title=(title or front.title or found.title)[:MAX_TITLE],
        format=found.format,
        byte_size=len(data),
        chunks=found.chunks,
        digest=digest_of(data, title),
        provenance=front.provenance(),
        omissions=found.omissions,
        questions=front.questions,
        waits_for_ocr=waits_for_ocr,
    )


def _recognized(data: bytes, source: str, found: Reading, deadline: Deadline) -> Reading:
    """The document read once more, with what its pictures say."""
    from shared.knowledge.ocr.recognition import recognized

    words = recognized(data, found.pictures, deadline.remaining(STORING_SECONDS + limited.MAX_SECONDS))
    return read_document(data, source, _sizes(), deadline.remaining(STORING_SECONDS), words) if words else found


def digest_of(data: bytes, title: str) -> str:
    """By which a document is known again, as long as it would be read and cut the same way."""
    return hashlib.sha256(f"{RECIPE}\n{_sizes().most}\n{_ocr()}\n{title}\n".encode() + data).hexdigest()


def _sizes() -> Sizes:
    return Sizes.for_model(settings.load(settings.ModelSettings).embedding_model)


def _ocr() -> settings.OcrSettings:
    return settings.load(settings.OcrSettings)


@dataclass(frozen=True)
class Claim:
    """One worker's right to work on a source for a while, or (`source.outcome`) why it has none."""

    database: Database
    name: str
    source: ClaimedSource

    @classmethod
    def take(
        cls, database: Database, source: str, name: str, deadline: Deadline, event: ObjectEvent | None = None
    ) -> Self:
        """Under a name that nobody else has; an attempt that is made again has the same one."""
        lease_seconds = int(deadline.remaining()) + 5
        return cls(database, name, queries.claim_source(database, source, name, lease_seconds, event))

    def settle(self, status: Status, error_code: str | None = None) -> None:
        """End it without a new version; nothing happens when the claim was lost."""
        queries.settle_source(self.database, self.source.source, self.name, status, error_code)

    def store(self, version: NewVersion, deadline: Deadline, *, in_bucket: bool) -> StoredVersion:
        """Embed what has no vector yet and serve the version. Raises UnavailableError, ConflictError."""
        model = self.source.serving_model or settings.load(settings.ModelSettings).embedding_model
        with _embedding:
            contents = [*(chunk.content for chunk in version.chunks), *version.questions]
            ensure_vectors(self.database, contents, model, deadline)
        return queries.store_source(self.database, self.source.source, self.name, model, version, in_bucket=in_bucket)

    @contextlib.contextmanager
    def failure_recorded(self) -> Iterator[None]:
        """Record on the source how the work failed: for good, or for now, which is raised on."""
        try:
            yield
        except UnreadableError as error:
            logger.warning("not ingested", source=self.source.source, code=error.reason)
            count("DocumentsFailed", code=error.reason)
            self.settle("failed", error.reason)
        except Exception as error:
            code = error.reason if isinstance(error, DomainError) else DomainError.code
            logger.warning("to be tried again", source=self.source.source, code=code)
            with contextlib.suppress(DomainError):
                self.settle("pending", code)
            raise
