"""What an explained search asks the database. It raises UnavailableError where that does not answer."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, Field

from shared.database.client import Database
from shared.knowledge.vector_queries import literal


class Candidate(BaseModel, frozen=True):
    """A chunk that a search looked at, with what it thinks of it."""

    chunk_id: UUID
    source: str
    title: str
    heading: str | None
    excerpt: str = Field(description="Its first 600 characters.")
    similarity: float | None = Field(description="Of the meaning: cosine of the vectors of chunk and query.")
    question: str | None = Field(description="Of the document's own, the nearest: it made the chunk count as nearer.")
    question_similarity: float | None = Field(description="Of that question.")
    near_place: int | None = Field(description="By meaning, from 1 on; null where another 40 are nearer, or too far.")
    words_score: float | None = Field(description="Of the words: BM25. Null where it has none of the query's.")
    words_place: int | None = Field(description="By words, from 1 on.")
    coverage: float | None = Field(description="How much of the query its words are, by how rare they are: 1 for all.")
    rank_score: float = Field(
        description="Reciprocal rank fusion of both places, for the best chunk of a document of the best that its "
        "chunks have. The list is in this order."
    )
    is_evidence: bool = Field(description="Near enough, or most of the words: else nobody is shown it.")


def explain_search(
    database: Database, query: str, vector: Sequence[float], embedding_model: str, min_score: float
) -> list[Candidate]:
    """The 20 best that a search for one query looks at, also those that are no evidence."""
    rows = database.rpc(
        "explain_search",
        p_query=query,
        p_embedding=literal(vector),
        p_embedding_model=embedding_model,
        p_min_score=min_score,
    )
    return [Candidate.model_validate(row) for row in rows]
