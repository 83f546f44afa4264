"""Signatures as Standard Webhooks has them.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
"""

import base64
import hmac

PREFIX = "whsec_"
MIN_KEY_BYTES = 24  # of a secret, by the specification


def signed_headers(secrets: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message. Several secrets, separated by spaces, sign it each: so they are rotated.

    Raises ValueError for a secret of another form than whsec_<base64 of at least 24 bytes>.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(key, signed) for key in _keys(secrets)),
    }


def _keys(secrets: str) -> list[bytes]:
    keys = [
        base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        for secret in secrets.split()
        if secret.startswith(PREFIX)
    ]
    if not keys or len(keys) < len(secrets.split()) or min(map(len, keys)) < MIN_KEY_BYTES:
        raise ValueError("a webhook secret is not of the form whsec_<base64>")
    return keys


def _signature(key: bytes, signed: bytes) -> str:
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
