"""POST /v1/realtime/tickets: what opens a socket where no header can be sent."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.realtime import admission

router = APIRouter(tags=["realtime"])


@router.post(
    "/v1/realtime/tickets",
    operation_id="createTicket",
    summary="Get a ticket that opens one socket within a minute",
    status_code=201,
    responses=problems(401, 503),
)
def create_ticket(user: CurrentUser, database: ServiceDatabase) -> admission.Ticket:
    return admission.create_ticket(database, user)


handler = lambda_handler(router)
