"""Who is trusted over TLS, read once: it takes 20 ms of a processor, and each client would read it for itself."""

import ssl
import sys

import httpx

from shared.platform.process import keep


@keep
def trusted() -> ssl.SSLContext:
    _load_transport()
    return httpx.create_ssl_context()


def _load_transport() -> None:
    """What httpx loads for its first client, but for the 24 modules of HTTP/2: none of our clients asks for it."""
    if "h2" in sys.modules:
        return
    sys.modules["h2"] = None  # type: ignore[assignment]  # Python's note of what there is not
    try:
        import httpcore  # noqa: F401
    finally:
        del sys.modules["h2"]
