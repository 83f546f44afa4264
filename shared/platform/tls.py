"""Who is trusted over TLS, read once: it takes 25 ms, and each client would read it for itself."""

import os
import ssl
import sys
from importlib.util import find_spec
from pathlib import Path

from shared.platform.process import begin, keep

_CERTIFI = find_spec("certifi")  # which loads five modules to say where its file is
AUTHORITIES = Path((_CERTIFI and _CERTIFI.origin) or "none").with_name("cacert.pem")
OWN = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # by which an operator says whom to trust; httpx reads them


def read_ahead() -> None:
    """Begin to read whom `trusted` will trust: OpenSSL does it without Python's lock, so that imports go on."""
    begin(_authorities)


@keep
def _authorities() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=AUTHORITIES)


@keep
def trusted() -> ssl.SSLContext:
    _load_transport()
    if not any(map(os.environ.get, OWN)):
        return _authorities()
    import httpx

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
