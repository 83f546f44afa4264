"""An Idempotency-Key, and what identifies the request that came under it."""

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel


@dataclass(frozen=True)
class Idempotency:
    """The client's key, or None when it sent none."""

    key: str | None

    def arguments(self, body: BaseModel) -> dict[str, str | None]:
        """Arguments for the SQL function: the key, and a hash that another body under the same key would not have."""
        if self.key is None:
            return {}
        digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        return {"p_idempotency_key": self.key, "p_request_hash": digest}
