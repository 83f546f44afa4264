"""What became of each document, and who is at work on it: the SQL functions of the knowledge sources."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, StringConstraints

from shared.database.client import Database
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.text import NoNul

if TYPE_CHECKING:
    from shared.knowledge.chunks import Chunk

Status = Literal["pending", "ready", "failed", "deleted"]
LONGEST_KEY = 1024  # bytes, of S3


def _as_key(source: str) -> str:
    if len(source.encode()) > LONGEST_KEY:
        raise ValueError("longer than 1,024 bytes")
    return source


SourceName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_as_key), NoNul
]


class SourceFacts(BaseModel):
    """A source as the database answers with it. `version`, `chunk_count` and digest are of what is served."""

    id: UUID
    source: str
    status: Status
    version: int
    chunk_count: int
    content_sha256: str | None
    in_bucket: bool


@dataclass(frozen=True)
class Work:
    """A source that was claimed, or why it was not."""

    database: Database
    name: str  # of the claim
    outcome: Literal["claimed", "stale", "duplicate", "busy"]
    facts: SourceFacts
    model: str  # that chunks must be embedded with

    @classmethod
    def claim(
        cls, database: Database, source: str, name: str, deadline: Deadline, sequencer: str | None = None
    ) -> Self:
        """Take a source up under a name that nobody else has; an attempt that is made again has the same one."""
        lease = int(deadline.remaining()) + 5
        found = database.rpc(
            "claim_source", p_source=source, p_claim=name, p_lease_seconds=lease, p_sequencer=sequencer
        )
        model = found["serving_model"] or settings.load(settings.ModelSettings).embedding_model
        return cls(database, name, found["outcome"], SourceFacts.model_validate(found), model)

    def settle(self, status: Status, **facts: Any) -> None:
        """End the work without a new version; nothing happens when the claim was lost."""
        self.database.rpc("settle_source", p_source=self.facts.source, p_claim=self.name, p_status=status, **facts)

    def store(self, title: str, digest: str, chunks: "list[Chunk]", **facts: Any) -> tuple[SourceFacts, bool]:
        """Serve these chunks from now on, and say whether that was done: not when the claim was lost.

        Raises ConflictError when embeddings are missing or the model was changed.
        """
        rows = [
            {"content": chunk.content, "heading": chunk.heading, "token_count": chunk.token_count} for chunk in chunks
        ]
        stored = self.database.rpc(
            "store_source",
            p_source=self.facts.source,
            p_claim=self.name,
            p_title=title,
            p_content_sha256=digest,
            p_embedding_model=self.model,
            p_chunks=rows,
            **facts,
        )
        return SourceFacts.model_validate(stored), stored["stored"]
