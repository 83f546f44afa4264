"""How long a room waits for a provider that has no capacity."""

from typing import Any

import pytest

from shared.platform.errors import UnavailableError
from shared.rooms.errors import ProviderRateLimited
from shared.rooms.throttling import JITTER, LONGEST, MOST_SECONDS, NONE, SHORTEST, may_wait, patiently, pause_of
from shared.rooms.work import Worker
from tests.support.room_doubles import ScriptedDatabase

WORKER = Worker("room", "task", 2)

EVENTS_OF_A_WAIT, AGENTS, MOST_EVENTS = 9, 8, 25_000  # of the history of one execution of Step Functions


@pytest.mark.parametrize("asked", [1, 7, 60])
def test_it_waits_as_long_as_the_provider_asks_for_and_a_little_longer(asked: int) -> None:
    waits = {pause["wait_seconds"] for _ in range(200) if (pause := pause_of(ProviderRateLimited(asked), 0))}
    assert min(waits) >= asked
    assert max(waits) <= asked * (1 + JITTER) + 1
    assert len(waits) > 1 or asked == 1


def test_agents_that_met_the_limit_together_do_not_come_back_together() -> None:
    assert len({str(pause_of(ProviderRateLimited(60), 0)) for _ in range(50)}) > 5


def test_where_the_provider_does_not_say_the_pauses_grow_up_to_a_minute() -> None:
    pauses, waited = list[int](), 0
    while pause := pause_of(ProviderRateLimited(), waited):
        waited = pause["waited"]
        pauses.append(pause["wait_seconds"])
    assert pauses[0] <= SHORTEST * (1 + JITTER) + 1
    assert LONGEST <= max(pauses) <= LONGEST * (1 + JITTER)
    assert MOST_SECONDS - LONGEST * (1 + JITTER) <= sum(pauses) == waited <= MOST_SECONDS


def test_whoever_was_answered_meanwhile_has_all_the_time_again() -> None:
    assert pause_of(ProviderRateLimited(30), MOST_SECONDS - 10) is None
    pause = pause_of(ProviderRateLimited(30, got_on=True), MOST_SECONDS - 10)
    assert pause is not None
    assert pause["waited"] == pause["wait_seconds"]


def test_a_workflow_that_does_not_count_is_never_told_to_wait() -> None:
    assert pause_of(ProviderRateLimited(1, got_on=True), MOST_SECONDS) is None


def test_while_it_may_wait_any_wait_fits_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda _low, high: high)
    last = max(waited for waited in range(MOST_SECONDS) if may_wait(waited))
    assert pause_of(ProviderRateLimited(LONGEST), last)
    assert not pause_of(ProviderRateLimited(LONGEST), last + 1)


def limited() -> str:
    raise ProviderRateLimited(10)


def test_a_step_gives_what_it_makes_or_a_pause_which_who_watches_is_told() -> None:
    database = ScriptedDatabase()
    assert patiently(database, WORKER, lambda: "done", 50) == ("done", NONE)
    with pytest.raises(ProviderRateLimited):
        patiently(database, WORKER, limited, MOST_SECONDS)
    assert database.asked == []

    made, pause = patiently(database, WORKER, limited, 50)
    assert (made, pause["waited"]) == (None, 50 + pause["wait_seconds"])
    told = {"p_room_id": "room", "p_task_id": "task", "p_seconds": pause["wait_seconds"], "p_attempt": 2}
    assert database.asked == [("throttle_step", told)]


def test_a_step_waits_though_nobody_can_be_told() -> None:
    class Down(ScriptedDatabase):
        def rpc(self, function: str, **arguments: Any) -> Any:
            super().rpc(function, **arguments)
            raise UnavailableError

    made, pause = patiently(Down(), WORKER, limited, 0)
    assert made is None
    assert pause["wait_seconds"] >= 10


def test_a_provider_that_always_asks_for_a_second_is_asked_ever_less_often() -> None:
    waited, rounds = 0, 0
    while pause := pause_of(ProviderRateLimited(1), waited):
        waited, rounds = pause["waited"], rounds + 1
    assert rounds * EVENTS_OF_A_WAIT * AGENTS < MOST_EVENTS / 4
