"""The public keys that Supabase Auth signs with."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx
from jwt import PyJWK, PyJWTError

from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault, logger
from shared.platform.tls import trusted

TIME_TO_LIVE = 10 * 60  # seconds; Supabase lets its own edge cache the document as long
# Seconds to a fetch, on average, for unknown key ids: made-up ones cannot flood the auth server. The first few are
# looked for at once, as a key is that has just been rotated in.
REFETCH_INTERVAL = 30
MAX_REFETCHES = 3
EMPTY_INTERVAL = 5  # seconds until an auth server that has no keys is asked again; as long as clients are told to wait
NEVER = float("-inf")
ALGORITHMS = frozenset({"ES256", "RS256"})

Fetch = Callable[[], Any]


def fetch_jwks(url: str) -> Any:
    """The JSON document at `url`. Raises httpx.HTTPError, ValueError."""
    answer = httpx.get(url, verify=trusted(), timeout=httpx.Timeout(5.0, connect=2.0))
    answer.raise_for_status()
    return answer.json()


class SigningKeys:
    """Keys by id, fetched when first needed, when stale, and (seldom) when a token names an unknown one."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, PyJWK] = {}
        self._refetched_at = deque([NEVER] * MAX_REFETCHES, MAX_REFETCHES)
        self._empty_at = NEVER
        self._fetched_at = NEVER

    def get(self, key_id: str) -> PyJWK | None:
        """The key, or None for an unknown id. Raises UnavailableError while no key has ever been fetched."""
        with self._lock:
            if self._due(key_id):
                self._refresh()
            if not self._keys:
                raise UnavailableError(code="auth_unavailable")
            return self._keys.get(key_id)

    def _due(self, key_id: str) -> bool:
        now = self._clock()
        if not self._keys:
            return now - self._empty_at >= EMPTY_INTERVAL
        wanted = key_id not in self._keys or now - self._fetched_at >= TIME_TO_LIVE
        if wanted and now - self._refetched_at[0] >= MAX_REFETCHES * REFETCH_INTERVAL:
            self._refetched_at.append(now)
            return True
        return False

    def _refresh(self) -> None:
        """Known keys stay where none come: a set without any says nothing of the tokens that are out."""
        try:
            keys = _parse(self._fetch())
        except (httpx.HTTPError, ValueError) as fault:
            log_fault("the signing keys could not be fetched", fault)
            return
        if keys:
            self._keys, self._fetched_at = keys, self._clock()
        else:
            logger.error("the auth server has no signing keys")
            self._empty_at = self._clock()


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
