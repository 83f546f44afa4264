"""The public keys that Supabase Auth signs with."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
from jwt import PyJWK, PyJWTError

from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault

TIME_TO_LIVE = 10 * 60  # seconds; Supabase lets its own edge cache the document as long
REFETCH_INTERVAL = 30  # seconds between fetches for unknown key ids, so that made-up ids cannot flood the auth server
NEVER = float("-inf")
ALGORITHMS = frozenset({"ES256", "RS256"})

Fetch = Callable[[], Any]


def fetch_jwks(url: str) -> Any:
    """The JSON document at `url`. Raises httpx.HTTPError, ValueError."""
    answer = httpx.get(url, timeout=httpx.Timeout(5.0, connect=2.0))
    answer.raise_for_status()
    return answer.json()


class SigningKeys:
    """Keys by id, fetched when first needed, when stale, and (seldom) when a token names an unknown one."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, PyJWK] = {}
        self._tried_at = NEVER
        self._fetched_at = NEVER

    def get(self, key_id: str) -> PyJWK | None:
        """The key, or None for an unknown id. Raises UnavailableError when the keys could never be fetched."""
        with self._lock:
            if self._due(key_id):
                self._refresh()
            return self._keys.get(key_id)

    def _due(self, key_id: str) -> bool:
        if self._fetched_at == NEVER:
            return True
        now = self._clock()
        wanted = key_id not in self._keys or now - self._fetched_at >= TIME_TO_LIVE
        return wanted and now - self._tried_at >= REFETCH_INTERVAL

    def _refresh(self) -> None:
        self._tried_at = self._clock()
        try:
            self._keys = _parse(self._fetch())
            self._fetched_at = self._tried_at
        except (httpx.HTTPError, ValueError) as fault:
            log_fault("the signing keys could not be fetched", fault)
            if self._fetched_at == NEVER:
                raise UnavailableError(code="auth_unavailable") from None


def _parse(document: Any) -> dict[str, PyJWK]:
    """Raises ValueError for what is no key set."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a JSON Web Key Set")
    keys: dict[str, PyJWK] = {}
    for entry in document["keys"]:
        try:
            key = PyJWK.from_dict(entry)
        except (PyJWTError, AttributeError, TypeError, ValueError):
            continue  # a kind of key this library does not know cannot have signed a token we accept
        if key.key_id and key.algorithm_name in ALGORITHMS:
            keys[key.key_id] = key
    return keys
