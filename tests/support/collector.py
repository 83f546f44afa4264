"""A collector of OpenTelemetry that takes what the specification of OTLP/HTTP allows, and nothing else.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding; the messages are those of the project's own package.
"""

import base64
import binascii
import gzip
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.stub_server import Request, Response, StubServer, stub_server

IDS = {"traceId": 32, "spanId": 16, "parentSpanId": 16}  # digits of hexadecimal
NUMBERS_AS_TEXT = {"startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "intValue"}  # of 64 bits
ENUMS = {"kind", "code"}

Answer = Callable[[Request], Response | None]


class RefusedError(Exception):
    """What was sent is no OTLP."""


@dataclass
class Collector:
    """`spans` are those it took, and `texts` whatever was sent; `answer` may answer instead of it."""

    server: StubServer
    spans: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    answer: Answer = lambda _: None

    def take(self, request: Request) -> Response:
        if answered := self.answer(request):
            return answered
        try:
            exported = read(request)
        except (RefusedError, ValueError, json_format.ParseError) as fault:
            return Response(json.dumps({"code": 3, "message": str(fault)}).encode(), 400)
        self.texts.append(json.dumps(exported))
        for each in exported["resourceSpans"]:
            self.resources.append({one["key"]: one["value"]["stringValue"] for one in each["resource"]["attributes"]})
            self.spans += [span for scoped in each["scopeSpans"] for span in scoped["spans"]]
        return Response(b"{}")

    def named(self, name: str) -> list[dict[str, Any]]:
        return [span for span in self.spans if span["name"] == name]


@contextmanager
def running_collector() -> Iterator[Collector]:
    with stub_server() as server:
        collector = Collector(server)
        server.reply = collector.take
        yield collector


def read(request: Request) -> dict[str, Any]:
    """An export request, as it was sent. Raises RefusedError and what the readers of its format raise."""
    if (request.method, request.path) != ("POST", "/v1/traces"):
        raise RefusedError(f"{request.method} {request.path}")
    if request.headers["content-type"] != "application/json":
        raise RefusedError(request.headers["content-type"])
    body = gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
    exported: dict[str, Any] = json.loads(body)
    message = json_format.ParseDict(_as_protobuf(exported), ExportTraceServiceRequest())
    spans = [span for each in message.resource_spans for scoped in each.scope_spans for span in scoped.spans]
    if len({(span.trace_id, span.span_id) for span in spans}) != len(spans):
        raise RefusedError("two spans of one id")
    if not all(span.name and 0 < span.start_time_unix_nano <= span.end_time_unix_nano for span in spans):
        raise RefusedError("a span without a name, or that ends before it begins")
    return exported


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    """By their names."""
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


def _as_protobuf(value: Any, name: str = "") -> Any:
    """As protobuf's own JSON has it, from which OTLP differs in its ids. RefusedError where it is not OTLP's."""
    if isinstance(value, dict):
        if any("_" in key for key in value):
            raise RefusedError(f"members are in lowerCamelCase: {sorted(value)}")
        return {key: _as_protobuf(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_protobuf(inner, name) for inner in value]
    if name in IDS:
        return _bytes(value, IDS[name])
    if name in NUMBERS_AS_TEXT and not isinstance(value, str):
        raise RefusedError(f"{name} is a number of 64 bits, which JSON cannot hold")
    if name in ENUMS and not isinstance(value, int):
        raise RefusedError(f"{name} is a number")
    return value


def _bytes(digits: str, length: int) -> str:
    if not re.fullmatch(rf"[0-9a-f]{{{length}}}", digits) or not digits.strip("0"):
        raise RefusedError(f"no id of {length} digits: {digits}")
    return base64.b64encode(binascii.unhexlify(digits)).decode()
