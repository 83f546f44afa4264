"""POST /v1/knowledge/search and /explain: what is found, and why."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import OperatorDatabase, TimeLeft
from shared.api.problems import problems
from shared.knowledge.explained_search import ExplainedQuestion, ExplainedSearch, explain
from shared.knowledge.search import Found, KnowledgeQuery, search

router = APIRouter(tags=["knowledge"])


@router.post(
    "/v1/knowledge/search",
    operation_id="searchKnowledge",
    summary="Find passages by meaning and words (operators)",
    responses=problems(401, 403, 422, 503),
)
def search_knowledge(body: KnowledgeQuery, database: OperatorDatabase, time_left: TimeLeft) -> Found:
    return Found(items=search(database, body.query, time_left, body.limit, body.before))


@router.post(
    "/v1/knowledge/explain",
    operation_id="explainSearch",
    summary="Search as the coach would for a question, with the scores of all that was looked at (operators)",
    responses=problems(401, 403, 422, 503),
)
def explain_search(body: ExplainedQuestion, database: OperatorDatabase, time_left: TimeLeft) -> ExplainedSearch:
    return explain(database, body.question, body.before, time_left)


handler = lambda_handler(router)
