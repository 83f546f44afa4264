"""POST /v1/knowledge/search: what the coach would find."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.api.app import lambda_handler
from shared.api.dependencies import OperatorDatabase, TimeLeft
from shared.api.problems import problems
from shared.knowledge.queries import Passage
from shared.knowledge.search import search
from shared.platform.request_body import RequestBody
from shared.platform.text import NoNul

router = APIRouter(tags=["knowledge"])

Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000), NoNul]


class KnowledgeQuery(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"query": "How often a deload week?"}})

    query: Query
    limit: int = Field(6, ge=1, le=50)


class Found(BaseModel):
    items: list[Passage] = Field(description="Best first; empty when nothing is evidence for the query.")


@router.post(
    "/v1/knowledge/search",
    operation_id="searchKnowledge",
    summary="Find passages by meaning and words (operators)",
    responses=problems(401, 403, 422, 503),
)
def search_knowledge(body: KnowledgeQuery, database: OperatorDatabase, time_left: TimeLeft) -> Found:
    return Found(items=search(database, body.query, time_left, body.limit))


handler = lambda_handler(router)
