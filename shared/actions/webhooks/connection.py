"""A connection to addresses that were checked before, within one deadline, that knows whether anything was sent."""

from collections.abc import Iterable, Sequence
from ssl import SSLContext
from typing import Any

import httpcore

from shared.platform.deadline import Deadline


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to the given addresses and never looks a name up, so that no second answer of a DNS server counts.

    TLS still asks for, and checks, the certificate of the URL's host. `has_sent`: whether a byte of the request
    has left, after which nobody can say that the request did not arrive.
    """

    def __init__(self, addresses: Sequence[str], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._network = httpcore.SyncBackend()
        self.has_sent = False

    def seconds_left(self) -> float:
        if (left := self._deadline.remaining()) <= 0:
            raise httpcore.TimeoutException
        return left

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - see above
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is for the whole exchange
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = self._addresses
        for address in others:
            try:
                return self._connect(address, port, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # such as an IPv6 address where there is no IPv6
        return self._connect(last, port, local_address, socket_options)

    def _connect(self, address: str, port: int, *options: Any) -> httpcore.NetworkStream:
        return _Stream(self._network.connect_tcp(address, port, self.seconds_left(), *options), self)


class _Stream(httpcore.NetworkStream):
    """A stream of which every step has what is left of the deadline, however many steps there are."""

    def __init__(self, stream: httpcore.NetworkStream, backend: PinnedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, self._backend.seconds_left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._backend.has_sent = True
        self._stream.write(buffer, self._backend.seconds_left())

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Stream(
            self._stream.start_tls(ssl_context, server_hostname, self._backend.seconds_left()), self._backend
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()
