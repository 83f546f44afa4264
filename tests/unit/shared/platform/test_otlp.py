"""Spans on their way to a collector, which takes nothing that its specification does not allow."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from shared.platform import otlp, secrets
from shared.platform.errors import UnavailableError
from shared.platform.otlp import CollectorSettings, CollectorUnavailableError, Event, Span
from tests.support.collector import Collector, attributes, running_collector
from tests.support.stub_server import Request, Response
from tests.unit.shared.conftest import KnowSecret

BEGAN = datetime(2026, 11, 29, 12, 0, 0, 123456, tzinfo=UTC)
SPAN = Span("0a" * 16, "0b" * 8, "turn", BEGAN, BEGAN + timedelta(seconds=2))


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with running_collector() as running:
        monkeypatch.setenv("OTLP_ENDPOINT", running.server.url)
        yield running


def configured() -> otlp.Collector:
    found = otlp.Collector.configured()
    assert found is not None
    return found


def test_without_an_endpoint_there_is_no_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTLP_ENDPOINT", raising=False)

    assert otlp.Collector.configured() is None


def test_spans_arrive_with_what_is_known_of_them(collector: Collector) -> None:
    known: dict[str, otlp.Value] = {"count": 2**60, "share": 0.5, "found": True, "name": "a", "missing": None}
    child = Span(
        SPAN.trace, "0c" * 8, "chat", BEGAN, BEGAN, SPAN.id, "client", known, [Event("first token", BEGAN)], "timeout"
    )

    assert configured().send([SPAN, child]) == 2
    whole, part = collector.spans
    assert (whole["startTimeUnixNano"], whole["endTimeUnixNano"]) == ("1795953600123456000", "1795953602123456000")
    assert (whole.get("parentSpanId"), whole.get("status"), whole["kind"]) == (None, None, 1)
    assert (part["parentSpanId"], part["status"]) == (SPAN.id, {"code": 2, "message": "timeout"})
    assert attributes(part) == {
        "count": str(2**60), "share": 0.5, "found": True, "name": "a", "error.type": "timeout",
    }  # fmt: skip
    assert part["events"] == [{"name": "first token", "timeUnixNano": "1795953600123456000"}]
    assert collector.resources == [
        {"service.name": "hercules", "service.version": "dev", "deployment.environment.name": "local"}
    ]


def test_a_span_that_ends_before_it_begins_by_another_clock_has_no_length(collector: Collector) -> None:
    early = Span(SPAN.trace, SPAN.id, "turn", BEGAN, BEGAN - timedelta(milliseconds=3))

    assert configured().send([early]) == 1
    assert collector.spans[0]["endTimeUnixNano"] == collector.spans[0]["startTimeUnixNano"]


def test_a_collector_knows_us_by_the_headers_of_the_secret(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret
) -> None:
    monkeypatch.setenv("OTLP_HEADERS_PARAMETER", "/headers")
    know_secret("/headers", "Authorization=Bearer%20abc, x-team = one=two")
    configured().send([SPAN])

    headers = collector.server.asked[0].headers
    assert (headers["authorization"], headers["x-team"]) == ("Bearer abc", "one=two")


def test_a_secret_that_cannot_be_read_is_said(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, nobody: str
) -> None:
    monkeypatch.setenv("OTLP_HEADERS_PARAMETER", "/headers")
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    monkeypatch.setattr(secrets, "PAUSES", ())
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")

    with pytest.raises(UnavailableError):
        otlp.Collector.configured()
    assert not collector.server.asked


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_a_collector_cannot_take_now_may_be_sent_later(collector: Collector, status: int) -> None:
    collector.answer = lambda _: Response(b"", status)

    with pytest.raises(CollectorUnavailableError, match=str(status)):
        configured().send([SPAN])


@pytest.mark.parametrize("status", [301, 400, 401, 404, 413, 500])
def test_what_a_collector_refuses_is_counted_and_not_sent_again(
    collector: Collector, status: int, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.answer = lambda _: Response(b"no", status)

    assert configured().send([SPAN]) == 0
    assert json.loads(log.getvalue())["status"] == status
    assert '"SpansRefused":1' in capsys.readouterr().out


def test_of_some_that_it_refused_the_others_were_taken(collector: Collector, log: io.StringIO) -> None:
    said = {"partialSuccess": {"rejectedSpans": "1", "errorMessage": "too old"}}
    collector.answer = lambda _: Response(json.dumps(said).encode())

    assert configured().send([SPAN, SPAN]) == 1
    assert json.loads(log.getvalue())["refused"] == 1


@pytest.mark.parametrize("said", [b"", b"{}", b"<html>", b"[]", b"x" * 100_000, b'{"partialSuccess": {}}'])
def test_whatever_else_a_collector_says_with_200_is_a_yes(collector: Collector, said: bytes) -> None:
    collector.answer = lambda _: Response(said)

    assert configured().send([SPAN]) == 1


def test_one_that_is_gone_is_unavailable(nobody: str) -> None:
    with pytest.raises(CollectorUnavailableError, match="ConnectError"):
        otlp.Collector(nobody, {}).send([SPAN])


def test_one_that_says_nothing_is_left(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "TIMEOUT", 0.05)
    ended: list[bool] = []

    def silent(_: Request) -> Response:
        while not ended:
            pass
        return Response()

    collector.answer = silent
    try:
        with pytest.raises(CollectorUnavailableError, match="ReadTimeout"):
            configured().send([SPAN])
    finally:
        ended.append(True)


def test_one_that_never_comes_to_an_end_is_left(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "MAX_SECONDS", -1)

    with pytest.raises(CollectorUnavailableError, match="ReadTimeout"):
        configured().send([SPAN])


@pytest.mark.parametrize("endpoint", ["http://collector:4318", "collector:4318", "ftp://x", "https://a b"])
def test_spans_go_nowhere_unencrypted(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("OTLP_ENDPOINT", endpoint)

    with pytest.raises(ValidationError):
        CollectorSettings.from_environment()
