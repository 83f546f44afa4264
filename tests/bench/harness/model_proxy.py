"""Stands between the product and a model server: writes down what each said, and can hold an answer back.

What it passes on is what came, byte by byte as it came. Embeddings go to another server, since one base URL has both.
Like llama.cpp it ends the connection behind a streamed answer without having said so.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from tests.bench.harness.envelopes import Envelope, read_envelope

PATIENCE = 120.0  # seconds without a byte of the server behind
PIECE = 65536
LAST_CHUNK = b"0\r\n\r\n"
OWN = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "date",
    "server",
    "host",
}  # of each connection


@dataclass(frozen=True)
class Exchange:
    """One request for an answer, and the answer."""

    asked: dict[str, Any]
    status: int
    began: float  # by time.monotonic
    ended: float
    envelope: Envelope

    @property
    def offers_tools(self) -> bool:
        return bool(self.asked.get("tools"))

    def is_about(self, text: str) -> bool:
        return text in json.dumps(self.asked, ensure_ascii=False)


@dataclass
class ModelProxy:
    """`url` is a base URL. At most `most_tokens` may be asked of Chat Completions: what asks for more is cut there."""

    url: str
    chat: str
    embeddings: str
    context: int
    most_tokens: int | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    _delays: dict[str, tuple[float, bool]] = field(default_factory=dict)

    def hold_back(self, text: str, seconds: float, *, headers: bool) -> None:
        """Pass the next answer to a request with this text on so much later, or all of it behind its headers."""
        self._delays[text] = (seconds, headers)

    def delay(self, body: bytes) -> tuple[float, bool]:
        found = next((text for text in self._delays if text.encode() in body), "")
        return self._delays.pop(found, (0.0, False))

    def upstream(self, path: str) -> str:
        return self.embeddings if path.endswith("/embeddings") else self.chat

    def forwarded(self, path: str, body: bytes) -> bytes:
        """The request as it goes on."""
        if self.most_tokens is None or not path.endswith("/chat/completions"):
            return body
        asked = json.loads(body)
        for name in {"max_tokens", "max_completion_tokens"} & asked.keys():
            asked[name] = min(asked[name], self.most_tokens)
        return json.dumps(asked).encode()

    def note(self, body: bytes, answered: bytes, status: int, began: float) -> None:
        asked = json.loads(body)
        envelope = read_envelope(asked, answered, self.context)
        self.exchanges.append(Exchange(asked, status, began, time.monotonic(), envelope))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: ModelProxy

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers.get("content-length") or 0)))

    def _pass_on(self, body: bytes) -> None:
        began, behind = time.monotonic(), urlsplit(self.proxy.upstream(self.path))
        connection = HTTPConnection(behind.hostname or "", behind.port, timeout=PATIENCE)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in OWN}
        seconds, held = self.proxy.delay(body)
        try:
            connection.request(self.command, self.path, self.proxy.forwarded(self.path, body) if body else b"", headers)
            answer = connection.getresponse()
            time.sleep(seconds if held else 0)
            self._head(answer)
            time.sleep(0 if held else seconds)
            answered = b"".join(self._pieces(answer))
            if body and not self.path.endswith("/embeddings"):
                self.proxy.note(body, answered, answer.status, began)
            self.wfile.write(LAST_CHUNK if is_chunked(answer) else answered)
        except OSError:  # either side went away
            self.close_connection = True
        finally:
            connection.close()

    def _head(self, answer: HTTPResponse) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OWN:
                self.send_header(name, value)
        if is_chunked(answer):
            self.send_header("transfer-encoding", "chunked")
            self.close_connection = True
        else:
            self.send_header("content-length", answer.headers["content-length"])
        self.end_headers()

    def _pieces(self, answer: HTTPResponse) -> Iterator[bytes]:
        """What comes, passed on at once where its length is not known; the rest is sent when it was noted."""
        while piece := answer.read1(PIECE):
            yield piece
            if is_chunked(answer):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))

    def log_message(self, *_: object) -> None:
        """Say nothing: the exchanges are kept."""


def is_chunked(answer: HTTPResponse) -> bool:
    return not answer.headers.get("content-length")


@contextmanager
def model_proxy(chat: str, embeddings: str, context: int, most_tokens: int | None = None) -> Iterator[ModelProxy]:
    """The proxy on a free port of 127.0.0.1, before two servers that are named without their /v1."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        proxy = ModelProxy(f"http://127.0.0.1:{server.server_port}/v1", chat, embeddings, context, most_tokens)
        server.RequestHandlerClass = type("Handler", (_Handler,), {"proxy": proxy})
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
