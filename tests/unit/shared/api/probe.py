"""Routes that let the parts of the front door be seen."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.api.dependencies import CurrentUser, Cursor, IdempotencyHeader, Limit, OperatorDatabase, TimeLeft
from shared.api.dependencies import ServiceDatabase as Service
from shared.api.pages import Page, page
from shared.database.paging import Position
from shared.platform.errors import QuotaExceededError, UnavailableError
from shared.platform.observability import logger

WORDS = "my left knee hurts"
router = APIRouter()


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=100)]
    size: int = 0


@router.post("/things", status_code=201)
def create_thing(body: Thing, response: Response) -> Thing:
    response.headers["Location"] = "/things/1"
    return body


@router.get("/things")
def list_things(cursor: Cursor, limit: Limit = 2) -> Page[Thing]:
    first = cursor.id.int + 1 if cursor else 1
    found = [Thing(name="thing", size=number) for number in range(first, 6)][: limit + 1]
    return page(found, limit, lambda thing: Position(datetime(2026, 11, 2, tzinfo=UTC), UUID(int=thing.size)))


@router.get("/things/{thing_id}")
def get_thing(thing_id: UUID) -> Thing:
    return Thing(name=str(thing_id))


@router.get("/full")
def full() -> None:
    raise QuotaExceededError("This week's limit is reached.", retry_after=3600, extra={"limit": "messages"})


@router.get("/down")
def down() -> None:
    raise UnavailableError(code="database_unavailable")


@router.get("/broken")
def broken() -> None:
    logger.info("about to break")
    raise RuntimeError(WORDS)


@router.get("/me")
def me(user: CurrentUser) -> str:
    return str(user.user_id)


@router.get("/service")
def service(database: Service) -> str:
    return "reached"


@router.get("/operator")
def operator(database: OperatorDatabase) -> str:
    return "reached"


@router.post("/repeatable")
def repeatable(idempotency: IdempotencyHeader) -> str | None:
    return idempotency.key


@router.get("/time")
def time_left(time: TimeLeft) -> float:
    return time.remaining()
