"""Where a name leads, if that is on the public internet."""

import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Resolve = Callable[[str, int], Sequence[str]]

RESOLVE_SECONDS = (
    2.0  # for a name; resolvers answer in milliseconds, and without it wait for one that does not for 10 s
)

NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
UNICAST = ip_network("2000::/3")  # all of IPv6 that is given out, https://www.iana.org/assignments/ipv6-address-space
# In the special-purpose registries of IANA, but global to some or all of Python 3.11 to 3.13.
SPECIAL = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")))


class NotPublicError(Exception):
    """A name leads to an address that is not on the public internet."""


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, the best first.

    Raises OSError (TimeoutError where nobody answers in time), UnicodeError for a name that cannot be one.
    """
    looking: Future[list[Any]] = Future()
    # The resolver knows no deadline and cannot be stopped: whoever asked goes on without it.
    threading.Thread(target=_look_up, args=(host, port, looking), name="resolver", daemon=True).start()
    found = looking.result(RESOLVE_SECONDS)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _look_up(host: str, port: int, looking: "Future[list[Any]]") -> None:
    try:
        looking.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except Exception as fault:  # noqa: BLE001 - raised to whoever waits
        looking.set_exception(fault)


def public_addresses(host: str, port: int, resolve: Resolve = resolve) -> list[str]:
    """The addresses of a host, resolved once. Raises NotPublicError if a single one is not public, and as `resolve`."""
    addresses = list(resolve(host, port))
    if not addresses or not all(map(is_public, addresses)):
        raise NotPublicError
    return addresses


def is_public(address: str) -> bool:
    return _is_public(ip_address(address))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return _is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address not in UNICAST:  # mapped, link-local, unique-local, site-local, multicast
            return False
    return address.is_global and not address.is_multicast and not any(address in network for network in SPECIAL)
