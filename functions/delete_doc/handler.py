"""DELETE /v1/knowledge/documents/{source_id}: take a document out of the knowledge base."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import OperatorDatabase
from shared.api.problems import problems
from shared.knowledge.documents import delete_document

router = APIRouter(tags=["knowledge"])


@router.delete(
    "/v1/knowledge/documents/{source_id}",
    operation_id="deleteDocument",
    summary="Delete a document's chunks and its object; safe to repeat (operators)",
    status_code=204,
    responses=problems(401, 403, 404, 422, 503),
)
def delete_doc(source_id: UUID, database: OperatorDatabase) -> None:
    delete_document(database, source_id)


handler = lambda_handler(router)
