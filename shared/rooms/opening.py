"""Opens rooms."""

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.llm.providers import candidates
from shared.platform.errors import InvalidRequestError
from shared.platform.idempotency import Idempotency
from shared.realtime.publishing import publish
from shared.rooms import queries
from shared.rooms.estimate import Estimator
from shared.rooms.file_service import keep_uploads
from shared.rooms.requests import NewRoom
from shared.rooms.schemas import ProviderChoice, Room
from shared.rooms.service import refuse_urgent, started


def create_room(database: Database, principal: Principal, body: NewRoom, idempotency: Idempotency) -> tuple[Room, bool]:
    """Open a room and start it. Also says whether an earlier request with the same key has opened it.

    A repetition starts what the first request could not. Urgent words come first, even then: they get fixed advice.

    Raises NotFoundError, ConflictError, InvalidRequestError, QuotaExceededError, UnavailableError.
    """
    refuse_urgent(database, principal, body.task_prompt)
    check_provider(body.provider)
    keep_uploads(database, principal, body.input_file_ids)
    estimate = Estimator.of(database, body.provider).unplanned(body.agents)
    created = publish(database, queries.create_room(database, principal.user_id, body, estimate, idempotency))
    return started(database, principal, created.room), created.replayed


def check_provider(wanted: ProviderChoice | None) -> None:
    """Raises InvalidRequestError (provider_unavailable)."""
    if wanted and not candidates("orchestrator", wanted):
        raise InvalidRequestError(f"{wanted} is not available here.", code="provider_unavailable")
