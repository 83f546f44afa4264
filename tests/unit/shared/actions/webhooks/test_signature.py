import base64
import hashlib
import re
import time
from pathlib import Path
from typing import Any

import pytest

from shared.actions.webhooks.signature import signed_headers

# The example that the libraries of Standard Webhooks test themselves with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104, written out."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def test_the_published_example_has_the_published_signature() -> None:
    assert signed_headers(SECRET, *MESSAGE) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_while_a_secret_is_rotated_the_old_and_the_new_one_sign() -> None:
    first, second = signed_headers(f"{SECRET} {OTHER}", *MESSAGE)["webhook-signature"].split(" ")
    identifier, timestamp, body = MESSAGE
    expected = hmac_sha256(bytes(range(32)), f"{identifier}.{timestamp}.".encode() + body)

    assert first == SIGNATURE
    assert second == f"v1,{base64.b64encode(expected).decode()}"


def test_a_receiver_that_does_as_documented_takes_ours_and_nothing_else() -> None:
    documented: dict[str, Any] = {}
    (example,) = re.findall(r"```python\n(.*?)```", Path("docs/using.md").read_text(), re.DOTALL)
    exec(example, documented)  # noqa: S102 - our own document
    is_ours, now, body = documented["is_ours"], int(time.time()), b'{"type": "plan.shared"}'
    headers = signed_headers(f"{OTHER} {SECRET}", "msg", now, body)

    assert is_ours(SECRET, headers, body)
    assert not is_ours(SECRET, headers, body + b" ")
    assert not is_ours(SECRET, headers | {"webhook-id": "another"}, body)
    assert not is_ours(SECRET, signed_headers(OTHER, "msg", now, body), body)
    assert not is_ours(SECRET, signed_headers(SECRET, "msg", now - 301, body), body)


@pytest.mark.parametrize(
    "secret", ["", " ", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_?", f"{SECRET} other"]
)
def test_a_secret_of_another_form_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match=r"whsec_|base64|padding|ASCII"):
        signed_headers(secret, *MESSAGE)
