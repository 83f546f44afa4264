"""Reads pages of the web for agents, of the hosts that the operator allowed (WEB_HOSTS) and of no others.

The list is the whole of it: https alone, no user, port or query in an address (what an agent knows of an athlete is to
go nowhere), each redirect checked anew, each name resolved once to public addresses only.
"""

from collections.abc import Callable, Sequence
from ssl import SSLContext
from urllib.parse import urljoin, urlsplit

import httpcore

from shared.actions.webhooks.addresses import NotPublicError, public_addresses
from shared.actions.webhooks.connection import PinnedBackend
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError
from shared.rooms.extraction import text_of

MAX_BYTES = 2 * 1024 * 1024  # of a page: the longest articles have half of it
MAX_REDIRECTS = 3
MAX_URL = 500  # characters
SECONDS = 15.0  # for the way there and back, redirects with it
READING_SECONDS = 20.0
TYPES = {"text/html": "page.html", "application/xhtml+xml": "page.html", "text/plain": "page.txt"}
HEADERS = [("accept", ", ".join(TYPES)), ("user-agent", "Hercules (https page reader)")]
PORT = 443

Addresses = Callable[[str, int], Sequence[str]]


def read_page(
    url: str,
    hosts: Sequence[str],
    deadline: Deadline,
    *,
    addresses: Addresses = public_addresses,
    tls: SSLContext | None = None,
) -> str:
    """The text of a page. Raises InvalidRequestError with a sentence for the agent, UnavailableError as text_of."""
    asking = Deadline.after(min(SECONDS, deadline.remaining(0)))
    for _ in range(MAX_REDIRECTS + 1):
        answer = _asked(_checked(url, hosts), addresses, asking, tls)
        if isinstance(answer, tuple):
            content, name = answer
            return text_of(content, name, READING_SECONDS, deadline)
        url = urljoin(url, answer)
    raise InvalidRequestError("The page redirects too often.")


def may_read(url: str, hosts: Sequence[str]) -> bool:
    """Whether it is an address of a page that `read_page` reads."""
    try:
        place = urlsplit(url)
        plain = place.scheme == "https" and place.username is None and place.port is None and not place.query
        written = len(url) <= MAX_URL and url.isascii() and url.isprintable() and " " not in url
        return plain and written and place.hostname in hosts
    except ValueError:
        return False


def _checked(url: str, hosts: Sequence[str]) -> str:
    if not may_read(url, hosts):
        raise InvalidRequestError(f"Only https addresses without a query can be read, of: {', '.join(hosts)}.")
    place = urlsplit(url)
    return f"https://{place.hostname}{place.path or '/'}"


def _asked(url: str, addresses: Addresses, deadline: Deadline, tls: SSLContext | None) -> tuple[bytes, str] | str:
    """The content with the name of a file of its kind, or where it redirects to."""
    host = urlsplit(url).hostname or ""
    try:
        backend = PinnedBackend(addresses(host, PORT), deadline)
        with (
            httpcore.ConnectionPool(ssl_context=tls, network_backend=backend) as pool,
            pool.stream("GET", url, headers=HEADERS) as response,
        ):
            return _taken(response)
    except (NotPublicError, OSError, UnicodeError, httpcore.NetworkError, httpcore.ProtocolError):
        raise InvalidRequestError("The page cannot be reached.") from None
    except httpcore.TimeoutException:
        raise InvalidRequestError("The page did not come in time.") from None


def _taken(response: httpcore.Response) -> tuple[bytes, str] | str:
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in response.headers}
    if response.status in (301, 302, 303, 307, 308) and headers.get("location"):
        return headers["location"]
    if response.status != 200:
        raise InvalidRequestError(f"The page was answered with status {response.status}.")
    name = TYPES.get(headers.get("content-type", "").partition(";")[0].strip().lower())
    if name is None:
        raise InvalidRequestError("What is there is no page.")
    content = b""
    for part in response.iter_stream():
        content += part
        if len(content) > MAX_BYTES:
            raise InvalidRequestError("The page is too long.")
    return content, name
