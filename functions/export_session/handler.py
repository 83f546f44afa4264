"""GET /v1/chat/sessions/{session_id}/export: a conversation as a file."""

from uuid import UUID

from fastapi import APIRouter

from shared.account import export
from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.transcript import markdown

router = APIRouter(tags=["chat"])


@router.get(
    "/v1/chat/sessions/{session_id}/export",
    operation_id="exportSession",
    summary="Write a conversation into a Markdown file, and say where it is",
    responses=problems(401, 404, 422, 429, 503),
)
def export_session(session_id: UUID, user: CurrentUser, database: ServiceDatabase) -> export.ExportedFile:
    said = markdown(queries.session_transcript(database, user.user_id, session_id))
    name = f"hercules-chat-{session_id}.md"
    return export.write_file(user.user_id, name, said.encode(), "text/markdown; charset=utf-8")


handler = lambda_handler(router)
