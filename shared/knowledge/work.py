"""Work on a source, which one worker at a time has claimed."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from shared.database.client import Database
from shared.knowledge import queries
from shared.knowledge.sources import ClaimedSource, NewVersion, Status, StoredVersion
from shared.knowledge.unreadable import UnreadableError
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError
from shared.platform.observability import logger


@dataclass(frozen=True)
class Work:
    """A source that was claimed, or why it was not."""

    database: Database
    name: str  # of the claim
    facts: ClaimedSource

    @classmethod
    def claim(
        cls, database: Database, source: str, name: str, deadline: Deadline, sequencer: str | None = None
    ) -> Self:
        """Take a source up under a name that nobody else has; an attempt that is made again has the same one."""
        lease = int(deadline.remaining()) + 5
        return cls(database, name, queries.claim_source(database, source, name, lease, sequencer))

    @property
    def model(self) -> str:
        """That chunks must be embedded with."""
        return self.facts.serving_model or settings.load(settings.ModelSettings).embedding_model

    def settle(self, status: Status, error_code: str | None = None) -> None:
        """End the work without a new version; nothing happens when the claim was lost."""
        queries.settle_source(self.database, self.facts.source, self.name, status, error_code)

    def store(self, version: NewVersion, *, in_bucket: bool) -> StoredVersion:
        """Serve a version from now on. Raises ConflictError when embeddings are missing or the model was changed."""
        return queries.store_source(
            self.database, self.facts.source, self.name, self.model, version, in_bucket=in_bucket
        )


@contextlib.contextmanager
def settled(work: Work) -> Iterator[None]:
    """Note on the source how the work failed: for good, or for now, which is raised on."""
    try:
        yield
    except UnreadableError as error:
        logger.warning("not ingested", source=work.facts.source, code=error.reason)
        work.settle("failed", error.reason)
    except Exception as error:
        code = error.reason if isinstance(error, DomainError) else DomainError.code
        logger.warning("to be tried again", source=work.facts.source, code=code)
        with contextlib.suppress(DomainError):
            work.settle("pending", code)
        raise
