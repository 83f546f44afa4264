"""An Idempotency-Key, and what identifies the request that came under it."""

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel


@dataclass(frozen=True)
class Idempotency:
    """The client's key, or None when it sent none."""

    key: str | None

    def request_hash(self, body: BaseModel) -> str | None:
        """A hash that another body under the same key would not have; None without a key."""
        return None if self.key is None else hashlib.sha256(body.model_dump_json().encode()).hexdigest()
