"""Who is trusted over TLS, read once: it takes 25 ms, and each client would read it for itself."""

import os
import ssl
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from shared.platform.process import keep

_CERTIFI = find_spec("certifi")  # which loads five modules to say where its file is
AUTHORITIES = Path((_CERTIFI and _CERTIFI.origin) or "none").with_name("cacert.pem")
OWN = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # by which an operator says whom to trust; httpx reads them


@dataclass
class _Reading:
    """OpenSSL reads the certificates without Python's lock, so that imports go on meanwhile."""

    context: ssl.SSLContext | None = None
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with suppress(OSError):  # ssl's own is one
            self.context = ssl.create_default_context(cafile=AUTHORITIES)

    def ended(self) -> ssl.SSLContext | None:
        """None where they could not be read: then whoever needs them learns why."""
        self.thread.join()
        return self.context


@keep
def read_ahead() -> _Reading:
    """Begin to read whom `trusted` will trust."""
    return _Reading()


@keep
def trusted() -> ssl.SSLContext:
    _load_transport()
    import httpx

    is_own = any(map(os.environ.get, OWN))
    return (None if is_own else read_ahead().ended()) or httpx.create_ssl_context()


def _load_transport() -> None:
    """What httpx loads for its first client, but for the 24 modules of HTTP/2: none of our clients asks for it."""
    if "h2" in sys.modules:
        return
    sys.modules["h2"] = None  # type: ignore[assignment]  # Python's note of what there is not
    try:
        import httpcore  # noqa: F401
    finally:
        sys.modules.pop("h2", None)  # of two threads the other may have done it
