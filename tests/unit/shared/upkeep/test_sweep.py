"""A run of the upkeep, job by job, with a database that answers as a test says."""

import json
from collections import Counter
from typing import Any, cast

import pytest

from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from shared.rooms import storage
from shared.upkeep.sweep import sweep

UPLOADS = [
    {"id": f"00000000-0000-4000-8000-00000000000{number}", "key": f"rooms/uploads/u/{number}/a.csv"}
    for number in (1, 2)
]
NOTHING: dict[str, Any] = {
    "end_overdue_turns": {"turns_failed": 0, "reservations_released": 0},
    "end_overdue_actions": {"actions_expired": 0, "actions_lost": 0},
    "end_lost_rooms": {"rooms_failed": 0},
    "forget_expired": {"tickets_deleted": 0, "idempotency_keys_deleted": 0, "connections_deleted": 0},
    "prune_events": {"events_pruned": 0},
    "unused_uploads": [],
    "due_leftovers": [],
    "claim_erasure": None,
    "unwoken_tasks": [],
    "open_scheduled_rooms": {"schedules_run": 0, "rooms": []},
    "maintain_index": {"busy": False, "chunks": 3, "keys_folded": 0, "index_built": False, "indexes_dropped": 0},
    "upkeep_lag": {"prune_events": 0, "end_lost_rooms": 90.5},
}
ALL_DAY = Deadline.after(86_400)
NO_TIME = Deadline.after(0)


class ScriptedDatabase:
    """Answers each function with the next of its results, and with that it did nothing after the last one."""

    def __init__(self, **results: list[Any]) -> None:
        self.results = results
        self.asked: list[str] = []

    def rpc(self, function: str, **arguments: Any) -> Any:  # noqa: ARG002
        self.asked.append(function)
        result = self.results[function].pop(0) if self.results.get(function) else NOTHING[function]
        if isinstance(result, Exception):
            raise result
        return result


def run(database: ScriptedDatabase, deadline: Deadline = ALL_DAY) -> dict[str, object]:
    asked = cast("Database", database)
    return sweep(asked, asked, deadline)


def test_a_job_is_repeated_until_it_finds_nothing_to_do() -> None:
    database = ScriptedDatabase(prune_events=[{"events_pruned": 5000}, {"events_pruned": 5000}, {"events_pruned": 7}])

    assert run(database)["events_pruned"] == 10_007
    assert Counter(database.asked)["prune_events"] == 4
    assert Counter(database.asked)["end_lost_rooms"] == 1


def test_jobs_take_turns_so_that_a_long_one_keeps_none_waiting() -> None:
    database = ScriptedDatabase(
        end_overdue_turns=[{"turns_failed": 50}, {"turns_failed": 1}],
        prune_events=[{"events_pruned": 9}, {"events_pruned": 9}],
    )
    run(database)

    bites = [name for name in database.asked if name in ("end_overdue_turns", "prune_events")]
    assert bites == ["end_overdue_turns", "prune_events"] * 3


def test_without_time_left_each_job_of_the_database_still_has_one_bite() -> None:
    database = ScriptedDatabase(prune_events=[{"events_pruned": 5000}, {"events_pruned": 5000}])

    assert run(database, NO_TIME)["events_pruned"] == 5000
    assert set(database.asked) == set(NOTHING) - {"unused_uploads", "due_leftovers", "claim_erasure"}


@pytest.mark.parametrize("job", [name for name in NOTHING if name != "unused_uploads"])
@pytest.mark.parametrize("fault", [UnavailableError(code="database_unavailable"), KeyError("no such member")])
def test_a_job_that_fails_stops_no_other_and_is_reported(job: str, fault: Exception) -> None:
    database = ScriptedDatabase(**{job: [fault]})

    with pytest.raises(UnavailableError) as refused:
        run(database)
    assert refused.value.reason == "upkeep_failed"
    assert set(database.asked) == set(NOTHING)


def test_the_lag_of_each_job_is_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ScriptedDatabase())["lag"] == {"prune_events": 0, "end_lost_rooms": 90.5}

    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "UpkeepLag" in line]
    assert {metric["job"]: metric["UpkeepLag"] for metric in metrics} == {"prune_events": 0, "end_lost_rooms": 90.5}


@pytest.fixture
def deleted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that are deleted from the bucket."""
    keys: list[str] = []
    monkeypatch.setattr(storage, "delete", keys.append)
    return keys


def test_the_objects_of_unused_uploads_go_before_their_rows(deleted: list[str]) -> None:
    database = ScriptedDatabase(unused_uploads=[UPLOADS], forget_uploads=[{"uploads_deleted": 2}])

    assert run(database)["uploads_deleted"] == 2
    assert deleted == [upload["key"] for upload in UPLOADS]
    assert [name for name in database.asked if "uploads" in name] == [
        "unused_uploads",
        "forget_uploads",
        "unused_uploads",
    ]


def test_an_object_that_could_not_be_deleted_keeps_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(key: str) -> None:
        raise UnavailableError(code="storage_unavailable")

    monkeypatch.setattr(storage, "delete", fail)
    database = ScriptedDatabase(unused_uploads=[UPLOADS])

    with pytest.raises(UnavailableError):
        run(database)
    assert "forget_uploads" not in database.asked


def test_what_came_to_a_deleted_accounts_addresses_goes_before_it_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone: list[str] = []
    monkeypatch.setattr(storage, "delete_all", gone.append)
    database = ScriptedDatabase(due_leftovers=[["rooms/uploads/a/"]], forget_leftovers=[{"leftovers_deleted": 1}])

    assert run(database)["leftovers_deleted"] == 1
    assert gone == ["rooms/uploads/a/"]


def test_a_prefix_that_could_not_be_emptied_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(prefix: str) -> int:
        raise UnavailableError(prefix)

    monkeypatch.setattr(storage, "delete_all", refuse)
    database = ScriptedDatabase(due_leftovers=[["rooms/uploads/a/"]])
    with pytest.raises(UnavailableError):
        run(database)
    assert "forget_leftovers" not in database.asked
