"""What has ended on its way from the database to a collector, in the sweep."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from shared.database.client import Database
from shared.platform import secrets
from shared.platform.errors import UnavailableError
from shared.upkeep.span_export import export_spans
from tests.support.collector import Collector, running_collector
from tests.support.stub_server import Response

TURN: dict[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000001", "status": "completed", "error_code": None, "stages": [],
    "started_at": "2026-11-29T12:00:00.000001Z", "ended_at": "2026-11-29T12:00:05.654321Z", "receipt": None,
}  # fmt: skip
NOTHING: dict[str, list[Any]] = {"turns": [], "rooms": [], "tasks": [], "documents": []}


class Ended:
    """A database in which a turn has ended, until it is told that a collector knows."""

    def __init__(self) -> None:
        self.work = [NOTHING | {"turns": [TURN]}, NOTHING]
        self.asked: list[tuple[str, Any]] = []

    def rpc(self, function: str, **arguments: Any) -> Any:
        self.asked.append((function, arguments))
        if function == "note_told":
            self.work.pop(0)
        return self.work[0] if function == "ended_work" else None


def export(database: Ended) -> dict[str, int]:
    return export_spans(cast("Database", database))


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with running_collector() as running:
        monkeypatch.setenv("OTLP_ENDPOINT", running.server.url)
        yield running


def test_without_a_collector_the_database_is_not_even_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTLP_ENDPOINT", raising=False)
    database = Ended()

    assert export(database) == {"spans_exported": 0}
    assert database.asked == []


def test_what_was_told_is_noted_to_the_microsecond_and_not_told_again(collector: Collector) -> None:
    database = Ended()

    assert [export(database)["spans_exported"] for _ in range(2)] == [1, 0]
    assert len(collector.spans) == 1
    (noted,) = [arguments for function, arguments in database.asked if function == "note_told"]
    assert noted == {
        "p_through": {"turns": {"ended_at": "2026-11-29T12:00:05.654321+00:00", "id": TURN["id"]}},
    }


def test_what_a_collector_could_not_take_is_told_again(
    collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Ended()
    collector.answer = lambda _: Response(b"", 503)

    assert export(database) == {"spans_exported": 0}
    assert '"SpansDelayed":1' in capsys.readouterr().out
    collector.answer = lambda _: None
    assert export(database) == {"spans_exported": 1}


def test_what_a_collector_refuses_is_in_the_way_of_nothing_after_it(collector: Collector) -> None:
    database = Ended()
    collector.answer = lambda _: Response(b"", 400)

    assert export(database) == {"spans_exported": 0}
    assert database.work == [NOTHING]


def test_a_secret_that_cannot_be_read_stops_nothing(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, nobody: str
) -> None:
    monkeypatch.setenv("OTLP_HEADERS_PARAMETER", "/headers")
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    monkeypatch.setattr(secrets, "PAUSES", ())
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")

    assert export(Ended()) == {"spans_exported": 0}
    assert collector.spans == []


def test_a_database_that_is_down_is_the_sweeps_own_fault(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> Any:
        raise UnavailableError

    database = Ended()
    monkeypatch.setattr(database, "rpc", down)

    with pytest.raises(UnavailableError):
        export(database)
    assert collector.spans == []
