"""Pages of the web in an agent's hands: those of allowed hosts, and nothing else that an address may lead to."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore
import pytest

from shared.actions.webhooks.addresses import public_addresses
from shared.platform.errors import InvalidRequestError
from shared.platform.process import forget
from shared.rooms import web_pages
from shared.rooms.tools import tools_for
from tests.support.room_doubles import in_time
from tests.support.room_work import task_work
from tests.support.stub_server import Request, Response, StubServer, stub_server
from tests.unit.shared.actions.webhooks.certificates import Tls, tls_for

HOST = "guide.example.com"
PAGE = b"<html><body><h1>Deload</h1><p>Cut the sets by half every sixth week.</p><script>x()</script></body></html>"


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return tls_for(HOST, tmp_path)


@pytest.fixture
def site(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    """What stands at port 443 of the host."""
    with stub_server(tls.server) as server:
        port, connect = urlsplit(server.url).port, httpcore.SyncBackend.connect_tcp

        def at_its_port(backend: Any, host: str, _port: int, *rest: Any) -> httpcore.NetworkStream:
            return connect(backend, host, port or 0, *rest)

        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", at_its_port)
        server.says(PAGE, content_type="text/html; charset=utf-8")
        yield server


def here(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def read(url: str, tls: Tls, **more: Any) -> str:
    return web_pages.read_page(url, [HOST], in_time(), **{"addresses": here, "tls": tls.client, **more})


def refusal(url: str, tls: Tls, **more: Any) -> str:
    with pytest.raises(InvalidRequestError) as refused:
        read(url, tls, **more)
    return refused.value.detail


def test_a_page_is_read_as_text(site: StubServer, tls: Tls) -> None:
    text = read(f"https://{HOST}/deload#when", tls)

    assert "Cut the sets by half every sixth week." in text
    assert "x()" not in text
    assert [asked.path for asked in site.asked] == ["/deload"]


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/",
        "https://other.example.com/",
        f"https://{HOST}.evil.example/",
        f"https://evil@{HOST}/",
        f"https://{HOST}:8443/",
        f"https://{HOST}/?knee=left",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        f"https://{HOST}/a b",
        f"https://{HOST}/" + "a" * 500,
        "https://[::1",
    ],
)
def test_only_plain_addresses_of_allowed_hosts_are_asked(site: StubServer, tls: Tls, url: str) -> None:
    assert HOST in refusal(url, tls)
    assert site.asked == []


@pytest.mark.parametrize("target", ["https://127.0.0.1/", "http://guide.example.com/", "https://other.example.com/"])
def test_a_redirect_leads_to_no_other_host(site: StubServer, tls: Tls, target: str) -> None:
    site.reply = lambda _: Response(b"", 302, headers={"location": target})

    assert HOST in refusal(f"https://{HOST}/", tls)
    assert len(site.asked) == 1


def test_a_redirect_within_the_host_is_followed_and_no_circle(site: StubServer, tls: Tls) -> None:
    def moved(request: Request) -> Response:
        return (
            Response(PAGE, content_type="text/html") if request.path == "/new" else Response(b"", 301, headers=TO_NEW)
        )

    site.reply = moved
    assert "sixth week" in read(f"https://{HOST}/old", tls)
    site.reply = lambda _: Response(b"", 301, headers=TO_NEW)
    assert "too often" in refusal(f"https://{HOST}/old", tls)


TO_NEW = {"location": "/new"}


def test_a_name_that_leads_into_our_own_network_is_not_connected_to(site: StubServer, tls: Tls) -> None:
    def private(host: str, port: int) -> list[str]:
        return public_addresses(host, port, lambda *_: ["10.0.0.5"])

    assert "cannot be reached" in refusal(f"https://{HOST}/", tls, addresses=private)
    assert site.asked == []


def test_what_is_no_page_too_long_or_not_there_is_said_so(site: StubServer, tls: Tls) -> None:
    site.says(b"\x00" * 100, content_type="application/octet-stream")
    assert "no page" in refusal(f"https://{HOST}/", tls)
    site.says(b"a" * (web_pages.MAX_BYTES + 1), content_type="text/plain")
    assert "too long" in refusal(f"https://{HOST}/", tls)
    site.says(b"", status=404)
    assert "404" in refusal(f"https://{HOST}/", tls)


def test_agents_know_no_web_until_the_operator_names_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    def offered() -> dict[str, str]:
        tools = tools_for(task_work("researcher"), has_files=False)
        return {tool["function"]["name"]: tool["function"]["description"] for tool in tools}

    assert "read_page" not in offered()
    forget()  # as in a new worker
    monkeypatch.setenv("WEB_HOSTS", "www.who.int, guide.example.com")
    assert offered()["read_page"].endswith("www.who.int, guide.example.com")


@pytest.mark.parametrize("hosts", ["127.0.0.1", "localhost", "https://www.who.int", "*.who.int", "who.int/a"])
def test_what_is_no_name_of_a_host_is_no_setting(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("WEB_HOSTS", hosts)
    with pytest.raises(ValueError, match="names of hosts"):
        tools_for(task_work("researcher"), has_files=False)
