"""A provider without capacity slows a room: the step gives back how long the workflow waits before it asks again."""

import random
from collections.abc import Callable
from typing import TypedDict, TypeVar

from shared.database.client import Database
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault, logger
from shared.realtime.publishing import publish
from shared.rooms import step_queries
from shared.rooms.errors import ProviderRateLimited
from shared.rooms.work import Worker

T = TypeVar("T")

MOST_SECONDS = 1200  # that a step waits without getting on: as long as for room in Lambda (infra/resources/rooms.yml)
SHORTEST, LONGEST = 5, 60  # seconds of one wait, where the provider does not say
JITTER = 0.25  # more, at most: the agents of a wave that met one limit do not come back together


class Pause(TypedDict):
    """As the state machine reads it: seconds to wait (0: it goes on), and seconds waited in all without getting on."""

    wait_seconds: int
    waited: int


NONE = Pause(wait_seconds=0, waited=0)


def pause_of(limited: ProviderRateLimited, waited: int) -> Pause | None:
    """As long as the provider asks for, and the longer the longer it has been; None where that is too long.

    A provider that always asks for a second must not fill the history of an execution: it has 25,000 events at most,
    of which each wait of each agent takes nine.
    """
    before = 0 if limited.got_on and waited < MOST_SECONDS else waited
    least = SHORTEST if limited.seconds is None else limited.seconds
    asked = max(least, min(before, LONGEST))
    seconds = round(asked * (1 + random.uniform(0, JITTER)))  # noqa: S311 - no secret
    if before + seconds > MOST_SECONDS:
        return None
    logger.info("a provider's limit slows a room", seconds=seconds, waited=before)
    return Pause(wait_seconds=max(1, seconds), waited=before + seconds)


def may_wait(waited: int) -> bool:
    """Whether any wait still fits in."""
    return waited + LONGEST * (1 + JITTER) <= MOST_SECONDS


def patiently(database: Database, worker: Worker, step: Callable[[], T], waited: int) -> tuple[T | None, Pause]:
    """What a step makes, or how long to wait before it is done again: who watches is told. Raises what it raises."""
    try:
        return step(), NONE
    except ProviderRateLimited as limited:
        if pause := pause_of(limited, waited):
            _tell(database, worker, pause["wait_seconds"])
            return None, pause
        raise


def _tell(database: Database, worker: Worker, seconds: int) -> None:
    """Never raises: it waits all the same."""
    try:
        publish(database, step_queries.throttle_step(database, worker, seconds))
    except DomainError as fault:
        log_fault("that a room waits for a provider could not be told", fault)
