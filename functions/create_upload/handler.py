"""POST /v1/knowledge/uploads: be allowed to put one file into the bucket."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import OperatorDatabase
from shared.api.problems import problems
from shared.knowledge.documents import NewUpload, Upload, presign_upload

router = APIRouter(tags=["knowledge"])


@router.post(
    "/v1/knowledge/uploads",
    operation_id="createUpload",
    summary="Get a form to upload one file with, of a given size and type (operators)",
    status_code=201,
    responses=problems(401, 403, 422, 503),
)
def create_upload(body: NewUpload, _: OperatorDatabase) -> Upload:
    return presign_upload(body)


handler = lambda_handler(router)
