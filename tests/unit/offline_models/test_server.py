import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local.offline_models.server import running_models


def test_the_server_listens_on_loopback_only_and_is_gone_afterwards() -> None:
    with running_models() as models:
        address = urlsplit(models.control_url)
        assert address.hostname == "127.0.0.1"
        assert httpx.get(f"{models.control_url}/health", trust_env=False).json() == {"status": "ok"}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", address.port or 0), timeout=5)


def test_the_server_ends_though_somebody_is_left_hanging() -> None:
    with ThreadPoolExecutor(1) as pool:
        with running_models() as models:
            models.behave("forever", "hang")
            waiting = pool.submit(
                httpx.post,
                f"{models.base_url}/chat/completions",
                json={"model": "m", "messages": [{"role": "user", "content": "forever"}]},
                headers={"authorization": "Bearer any"},
                timeout=60,
                trust_env=False,
            )
            while not models.requests("forever"):
                assert not waiting.done()
        assert isinstance(waiting.exception(timeout=60), httpx.TransportError)
