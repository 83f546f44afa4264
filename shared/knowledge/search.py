"""Searches the knowledge base for whoever is no chat turn: operators, and the agents of a room."""

import time
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.database.client import Database
from shared.knowledge import queries, vector_queries
from shared.knowledge.queries import Passage
from shared.knowledge.questions import MIN_SCORE, behind
from shared.llm import embeddings
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.process import keep
from shared.platform.request_body import RequestBody
from shared.platform.text import NoNul

Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000), NoNul]
TIME_TO_LIVE = 60.0  # seconds, for which a question may still be embedded with the model before


class KnowledgeQuery(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"query": "How often a deload week?"}})

    query: Query
    limit: int = Field(6, ge=1, le=50)
    before: list[Query] = Field([], max_length=3, description="Questions that it may go on from, newest first.")


class Found(BaseModel):
    items: list[Passage] = Field(description="Best first; empty when nothing is evidence for the query.")


def search(database: Database, query: str, deadline: Deadline, limit: int, before: Sequence[str] = ()) -> list[Passage]:
    """At most `limit` passages that are evidence for a query, the best first. Raises UnavailableError.

    `before` are questions that it may go on from, newest first.
    """
    wanted = [query, *filter(None, [behind(query, before)])]
    embedded = embeddings.embed(wanted, deadline, model=serving_model(database))
    return queries.search_knowledge(database, wanted, embedded, limit, MIN_SCORE)


def serving_model(database: Database) -> str:
    """What questions must be embedded with: the model of the chunks, whatever the settings say by now.

    That of the settings before there are any; asked for once a minute.
    """
    wanted = settings.load(settings.ModelSettings).embedding_model
    models = _known_models()
    known = models.get(wanted)
    if known is None or time.monotonic() - known[0] > TIME_TO_LIVE:
        known = (time.monotonic(), vector_queries.serving_model(database) or wanted)
        models[wanted] = known
    return known[1]


@keep
def _known_models() -> dict[str, tuple[float, str]]:
    """When the serving model was asked for, on the monotonic clock, and which it was; by what the settings say."""
    return {}
