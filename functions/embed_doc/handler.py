"""POST /v1/knowledge/documents: put a text into the knowledge base."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.api.app import lambda_handler
from shared.api.dependencies import OperatorDatabase, TimeLeft
from shared.api.problems import problems
from shared.knowledge.ingest import StoredSource, ingest_text
from shared.platform.text import NoNul

router = APIRouter(tags=["knowledge"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoNul]
# About 50 chunks: what 30 s are enough for.
Text = Annotated[str, StringConstraints(min_length=1, max_length=100_000), NoNul]


class NewDocument(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"source": "deload.md", "text": "# Deloads\n\nA planned easy week."}},
    )

    source: Name
    text: Text
    title: Name | None = None


@router.post(
    "/v1/knowledge/documents",
    operation_id="embedDocument",
    summary="Store a text as chunks with embeddings (operators)",
    responses=problems(401, 403, 422, 503),
)
def embed_doc(body: NewDocument, database: OperatorDatabase, time_left: TimeLeft) -> StoredSource:
    return ingest_text(database, body.source, body.text, time_left, title=body.title or "")


handler = lambda_handler(router)
