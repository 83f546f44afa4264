"""A small HTTP server that answers what a test wants, for servers that cannot be made to misbehave."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread


@dataclass(frozen=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    body: bytes = b"{}"
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class StubServer:
    """Answers with what `reply` makes of a request; `asked` has the requests so far."""

    url: str
    reply: Callable[[Request], Response] = lambda _: Response()
    asked: list[Request] = field(default_factory=list)

    def says(self, body: bytes, status: int = 200, content_type: str = "application/json") -> None:
        self.reply = lambda _: Response(body, status, content_type)

    def answer(self, request: Request) -> Response:
        self.asked.append(request)
        return self.reply(request)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # connections that come at the same moment: with the usual 5, others wait for a second


@contextmanager
def stub_server(tls: SSLContext | None = None) -> Iterator[StubServer]:
    """The server on a free port of 127.0.0.1; afterwards connections to it are refused."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            response = stub.answer(Request(self.command, self.path, headers, self.rfile.read(length)))
            self.send_response(response.status)
            self.send_header("content-type", response.content_type)
            self.send_header("content-length", str(len(response.body)))
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        def do_POST(self) -> None:
            self.do_GET()

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_PUT(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing: the tests look at `asked`."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        stub = StubServer(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()
