"""Spans of OpenTelemetry, sent to a collector by OTLP over HTTP, in JSON: https://opentelemetry.io/docs/specs/otlp/.

Without the SDK: what is sent here has ended long ago, and its ids and times are known.
"""

import gzip
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self
from urllib.parse import unquote

import httpx
from pydantic import Field

from shared.platform import settings
from shared.platform.observability import SERVICE, count, logger
from shared.platform.secrets import read_secret

PATH = "/v1/traces"
TIMEOUT = httpx.Timeout(4.0, connect=2.0)  # of a collector that says nothing: a bite of the sweep has ten seconds
MAX_SECONDS = 6.0  # of one that says little by little
MAX_ANSWER = 64 * 1024  # bytes of which anything is read
# "Retryable Response Codes" of the specification: all others would come again.
LATER = {429, 502, 503, 504}
KINDS = {"internal": 1, "client": 3}  # SpanKind in trace.proto
ERROR = 2  # StatusCode in trace.proto
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = str | int | float | bool | None  # None is left out


@dataclass(frozen=True)
class Event:
    name: str
    at: datetime


@dataclass(frozen=True)
class Span:
    """`trace` has 32 digits of hexadecimal, `id` and `parent` 16; `error` is the code of what failed."""

    trace: str
    id: str
    name: str
    started_at: datetime
    ended_at: datetime
    parent: str = ""
    kind: Literal["internal", "client"] = "internal"
    attributes: Mapping[str, Value] = field(default_factory=dict)
    events: Sequence[Event] = ()
    error: str | None = None

    def encoded(self) -> dict[str, Any]:
        """In the JSON of the specification: ids in hexadecimal, kinds as numbers, numbers of 64 bits as text."""
        parent = {"parentSpanId": self.parent} if self.parent else {}
        failed = {"status": {"code": ERROR, "message": self.error}} if self.error else {}
        attributes = {**self.attributes, "error.type": self.error}
        return {
            "traceId": self.trace,
            "spanId": self.id,
            **parent,
            "name": self.name,
            "kind": KINDS[self.kind],
            "startTimeUnixNano": _nanoseconds(self.started_at),
            "endTimeUnixNano": _nanoseconds(max(self.started_at, self.ended_at)),  # two clocks may disagree
            "attributes": _attributes(attributes),
            "events": [{"name": event.name, "timeUnixNano": _nanoseconds(event.at)} for event in self.events],
            **failed,
        }


class CollectorSettings(settings.PlatformSettings):
    """Where spans are sent to; without an endpoint, nowhere. On the laptop it may be a collector of the laptop's."""

    otlp_endpoint: str = Field("", pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[!-~]+$|^$")
    otlp_headers_parameter: str = ""  # of the secret `name=value,name=value`


class CollectorUnavailableError(Exception):
    """Nothing was taken: the same spans may be sent later."""


@dataclass(frozen=True)
class Collector:
    """`headers` are those by which it knows us."""

    url: str
    headers: Mapping[str, str]

    @classmethod
    def configured(cls) -> Self | None:
        """None where there is none. Raises UnavailableError where its secret cannot be read."""
        known = settings.load(CollectorSettings)
        if not known.otlp_endpoint:
            return None
        secret = read_secret(known.otlp_headers_parameter) if known.otlp_headers_parameter else ""
        return cls(known.otlp_endpoint.rstrip("/") + PATH, _headers(secret))

    def send(self, spans: Sequence[Span]) -> int:
        """How many were taken; those that were refused would be again. Raises CollectorUnavailableError."""
        content = gzip.compress(json.dumps(encoded(spans), separators=(",", ":")).encode())
        headers = {**self.headers, "content-type": "application/json", "content-encoding": "gzip"}
        try:
            with httpx.stream("POST", self.url, content=content, headers=headers, timeout=TIMEOUT) as answer:
                said = _read(answer)
        except httpx.HTTPError as fault:
            raise CollectorUnavailableError(type(fault).__name__) from None
        if answer.status_code in LATER:
            raise CollectorUnavailableError(str(answer.status_code))
        refused = _refused(said) if answer.is_success else len(spans)
        if refused:
            logger.error("a collector refused spans", extra={"status": answer.status_code, "refused": refused})
            count("SpansRefused")
        return len(spans) - refused


def encoded(spans: Sequence[Span]) -> dict[str, Any]:
    """An ExportTraceServiceRequest."""
    known = settings.load(settings.PlatformSettings)
    resource = {
        "service.name": SERVICE,
        "service.version": known.service_version,
        "deployment.environment.name": known.stage,
    }
    scoped = {"scope": {"name": SERVICE}, "spans": [span.encoded() for span in spans]}
    return {"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scoped]}]}


def _read(answer: httpx.Response) -> bytes:
    """The beginning of what a collector says, as far as it comes in time. Raises httpx.ReadTimeout."""
    until, said = time.monotonic() + MAX_SECONDS, b""
    for piece in answer.iter_bytes():
        said += piece
        if len(said) > MAX_ANSWER:
            return b""
        if time.monotonic() > until:
            raise httpx.ReadTimeout("too slow")
    return said


def _refused(said: bytes) -> int:
    """Of an ExportTraceServiceResponse the spans that it says it did not take; of anything else, none."""
    try:
        return int(json.loads(said or b"{}")["partialSuccess"]["rejectedSpans"])
    except (KeyError, TypeError, ValueError):
        return 0


def _headers(secret: str) -> dict[str, str]:
    """As OTEL_EXPORTER_OTLP_HEADERS is written: https://opentelemetry.io/docs/specs/otel/protocol/exporter/."""
    pairs = (pair.partition("=") for pair in secret.split(",") if "=" in pair)
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}


def _attributes(values: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _value(value: str | float) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _nanoseconds(at: datetime) -> str:
    return str((at - _EPOCH) // timedelta(microseconds=1) * 1000)
