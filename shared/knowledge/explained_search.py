"""A search as a turn makes it, and why what it looked at is shown to the model or not."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.database.client import Database
from shared.knowledge import queries
from shared.knowledge.explanation_queries import Candidate, explain_search
from shared.knowledge.passages import MAX_PASSAGES, PASSAGES_TOKENS, best
from shared.knowledge.questions import least_similarity, searched
from shared.knowledge.search import Query, serving_model
from shared.llm import embeddings
from shared.llm.catalogue import cost
from shared.llm.embeddings import Embeddings
from shared.platform.deadline import Deadline
from shared.platform.request_body import RequestBody
from shared.quotas import Dollars


class ExplainedQuestion(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"question": "How often a deload week?"}})

    question: Query
    before: list[Query] = Field([], max_length=3, description="Questions that it may go on from, newest first.")


class Considered(Candidate, frozen=True):
    found_place: int | None = Field(
        description="Among the six that are found, over both queries; null: not one of them."
    )
    is_shown: bool = Field(description="To the model: what is found and fits into its budget of tokens.")


class ExplainedQuery(BaseModel):
    query: str
    items: list[Considered] = Field(description="The 20 best that were looked at.")


class ExplainedSearch(BaseModel):
    queries: list[ExplainedQuery] = Field(
        description="The question alone and, where it may go on from another, behind that one. None: small talk, for "
        "which nothing is searched."
    )
    min_similarity: float = Field(
        description="From which on a chunk is evidence by its meaning; half of it is enough where another has it all."
    )
    embedding_model: str
    embedding_tokens: int
    cost: Dollars = Field(description="US dollars, for the embedding.")


def explain(database: Database, question: str, before: Sequence[str], deadline: Deadline) -> ExplainedSearch:
    """What a turn would find for a question behind `before`, newest first. Raises UnavailableError."""
    wanted, least = searched(question, before), least_similarity(question)
    model = serving_model(database)
    embedded = embeddings.embed(wanted, deadline, model=model) if wanted else Embeddings([], model, 0)
    found = queries.search_knowledge(database, wanted, embedded, MAX_PASSAGES, least) if wanted else []
    places = {passage.chunk_id: place for place, passage in enumerate(found, 1)}
    shown = {passage.chunk_id for passage in best(found, PASSAGES_TOKENS).values()}
    return ExplainedSearch(
        queries=[
            ExplainedQuery(
                query=query,
                items=_considered(explain_search(database, query, vector, model, least), places, shown),
            )
            for query, vector in zip(wanted, embedded.vectors, strict=True)
        ],
        min_similarity=least,
        embedding_model=embedded.model,
        embedding_tokens=embedded.tokens,
        cost=cost(embedded.model, embedded.tokens).dollars,
    )


def _considered(candidates: Sequence[Candidate], places: dict[UUID, int], shown: set[UUID]) -> list[Considered]:
    return [
        Considered(**dict(each), found_place=places.get(each.chunk_id), is_shown=each.chunk_id in shown)
        for each in candidates
    ]
