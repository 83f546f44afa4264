"""Posts one webhook, once, and says honestly what became of it."""

from collections.abc import Callable, Mapping, Sequence
from ssl import SSLContext
from urllib.parse import urlsplit

import httpcore

from shared.actions.action_type import EffectError
from shared.actions.webhooks.addresses import NotPublicError, public_addresses
from shared.actions.webhooks.connection import PinnedBackend
from shared.platform.deadline import Deadline
from shared.platform.observability import log_fault, logger

TIMEOUT = 5.0  # seconds from the look-up of the name to the answer; an app's user waits for it
LOOPBACK = "127.0.0.1"

NOT_SENT = "It could not be sent: the receiver was not reached. Nothing was done."
REFUSED = "The receiver did not accept it. It will not be sent again."
UNKNOWN = "The outcome is unknown: the request may or may not have arrived. It will not be sent again."

FAULTS = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    addresses: Callable[[str, int], Sequence[str]] = public_addresses,
    tls: SSLContext | None = None,
    timeout: float = TIMEOUT,
) -> int:
    """POST `body` and return the status, which is 2xx. One attempt; no redirect is followed, no answer is read.

    `addresses` resolves and checks a host; plain http goes to this machine, whatever its URL says. Raises EffectError:
    nothing was sent, it was refused, or nobody knows.
    """
    deadline = Deadline.after(timeout)
    backend = PinnedBackend(_addresses(url, addresses), deadline)
    with httpcore.ConnectionPool(ssl_context=tls, network_backend=backend) as pool:
        try:
            with pool.stream("POST", url, headers=list(headers.items()), content=body) as response:
                status = response.status
        except FAULTS as fault:
            log_fault("a webhook had no answer", fault)
            raise EffectError(UNKNOWN if backend.has_sent else NOT_SENT) from None
    if status >= 300:
        logger.warning("a webhook was not accepted", status=status)
        raise EffectError(UNKNOWN if status >= 500 else REFUSED)
    return status


def _addresses(url: str, addresses: Callable[[str, int], Sequence[str]]) -> Sequence[str]:
    place = urlsplit(url)
    if place.scheme != "https":
        return [LOOPBACK]
    try:
        return addresses(place.hostname or "", place.port or 443)
    except (NotPublicError, OSError, UnicodeError) as fault:
        log_fault("a webhook has nowhere to go", fault)
        raise EffectError(NOT_SENT) from None
