"""Sealed thoughts: what a reasoning item holds for a server that keeps nothing.

A client hands them back unchanged, in front of the item that they led to: https://platform.openai.com/docs/guides/reasoning
("Encrypted reasoning items").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from infra.local.offline_models.errors import ApiError

_SECRET = b"hercules offline models"  # nothing is hidden: the seal only shows what was changed


def sealed(item: str, following: str) -> str:
    """The `encrypted_content` of the reasoning item `item`, which led to `following`."""
    content = json.dumps([item, following]).encode()
    return base64.urlsafe_b64encode(_seal(content) + content).decode()


def opened(encrypted: str) -> tuple[str, str]:
    """The id of the item that was sealed, and of what followed it.

    Raises ApiError as OpenAI does (openai/codex#8145, sub2api#2863) for what it has not sealed itself.
    """
    try:
        raw = base64.urlsafe_b64decode(encrypted)
        if not hmac.compare_digest(raw[:32], _seal(raw[32:])):
            raise ValueError("another seal")
        item, following = json.loads(raw[32:])
    except (ValueError, binascii.Error) as fault:
        message = (
            f"The encrypted content {encrypted[:4]}...{encrypted[-4:]} could not be verified. "
            "Reason: Encrypted content could not be decrypted or parsed."
        )
        raise ApiError(400, message, code="invalid_encrypted_content") from fault
    return item, following


def _seal(content: bytes) -> bytes:
    return hmac.digest(_SECRET, content, hashlib.sha256)
