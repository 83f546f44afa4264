"""POST /v1/knowledge/documents: put a text, or an object of the bucket, into the knowledge base."""

from fastapi import APIRouter, Response

from shared.api.app import lambda_handler
from shared.api.dependencies import OperatorDatabase, TimeLeft
from shared.api.problems import problems
from shared.knowledge.documents import NewDocument, StoredSource
from shared.knowledge.ingestion import ingest_document
from shared.llm.tokens import load_ahead

load_ahead()
router = APIRouter(tags=["knowledge"])


@router.post(
    "/v1/knowledge/documents",
    operation_id="embedDocument",
    summary="Store a text, or an object of the bucket, as chunks with embeddings (operators)",
    responses={
        202: {"model": StoredSource, "description": "More than 50 chunks: it is stored in the background"},
        **problems(401, 403, 404, 409, 422, 503),
    },
)
def embed_doc(body: NewDocument, database: OperatorDatabase, time_left: TimeLeft, response: Response) -> StoredSource:
    stored = ingest_document(database, body, time_left)
    response.status_code = 202 if stored.status == "pending" else 200
    return stored


handler = lambda_handler(router)
