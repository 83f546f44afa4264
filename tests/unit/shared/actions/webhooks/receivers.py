"""Receivers that HTTP servers cannot play: they never finish an answer, or hang up."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

TOO_LATE = 10.0  # seconds
Behaviour = Callable[[socket.socket, threading.Event], None]


@dataclass
class RawReceiver:
    """`requests` are those that arrived so far."""

    url: str
    requests: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def raw_receiver(behave: Behaviour) -> Iterator[RawReceiver]:
    """Reads a request and then does what `behave` does with the connection, until the event is set."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        receiver = RawReceiver(f"http://127.0.0.1:{server.getsockname()[1]}/")

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        receiver.requests.append(connection.recv(65_536))
                        with contextlib.suppress(OSError):
                            behave(connection, over)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield receiver
        finally:
            over.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def hang_up(connection: socket.socket, over: threading.Event) -> None:
    """Without a word."""


def say_nothing(connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def dawdle(connection: socket.socket, over: threading.Event) -> None:
    """A header at a time, each in time, and an end far too late."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    too_late = time.monotonic() + TOO_LATE
    while time.monotonic() < too_late and not over.wait(0.01):
        connection.sendall(b"x: y\r\n")
    connection.sendall(b"\r\n")


def put_off(connection: socket.socket, over: threading.Event) -> None:
    """Interim answers without a pause, and the final one far too late."""
    too_late = time.monotonic() + TOO_LATE
    while time.monotonic() < too_late and not over.is_set():
        connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


def never_end(connection: socket.socket, over: threading.Event) -> None:
    """A body of a terabyte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"x" * 65_536)
