"""Searches the knowledge base for whoever is no chat turn: operators, and the agents of a room."""

from uuid import UUID

from pydantic import BaseModel, Field

from shared.database.client import Database
from shared.knowledge.serving import serving_model
from shared.llm import embeddings
from shared.platform.deadline import Deadline

# Cosine similarity below which a passage is about something else. Unrelated questions reach .15 to .2 with MiniLM and
# text-embedding-3-small alike, questions that a passage answers .4 and more.
MIN_SCORE = 0.25


class Passage(BaseModel):
    """A chunk of a document, with where it is from."""

    chunk_id: UUID
    source: str
    title: str
    heading: str | None
    version: int
    content: str
    score: float = Field(description="Cosine similarity to the query.")
    rank_score: float = Field(description="Reciprocal rank fusion of meaning and words; the list is in this order.")


def search(database: Database, query: str, deadline: Deadline, limit: int) -> list[Passage]:
    """At most `limit` passages that are evidence for a query, the best first. Raises UnavailableError."""
    embedded = embeddings.embed([query], deadline, model=serving_model(database))
    rows = database.rpc(
        "search_knowledge",
        p_query=query,
        p_embedding=embedded.vectors[0],
        p_embedding_model=embedded.model,
        p_limit=limit,
        p_min_score=MIN_SCORE,
    )
    return [Passage.model_validate(row) for row in rows]
