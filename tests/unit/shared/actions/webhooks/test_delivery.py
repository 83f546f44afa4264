"""Against real receivers on this machine, with and without TLS."""

import io
from functools import partial
from pathlib import Path

import pytest

from shared.actions.action_type import EffectError
from shared.actions.webhooks.addresses import public_addresses
from shared.actions.webhooks.delivery import NOT_SENT, REFUSED, UNKNOWN, post
from tests.support.stub_server import Request, Response, StubServer, stub_server
from tests.unit.shared.actions.webhooks.certificates import Tls, tls_for
from tests.unit.shared.actions.webhooks.receivers import (
    Behaviour,
    dawdle,
    hang_up,
    never_end,
    put_off,
    raw_receiver,
    say_nothing,
)

HOST = "hooks.example.com"
BODY = b'{"type":"plan.shared"}'
HEADERS = {"content-type": "application/json", "webhook-id": "1"}


def here(host: str, port: int) -> list[str]:
    """As a public name that leads to this machine would be resolved."""
    return ["127.0.0.1"]


def at_host(server: StubServer) -> str:
    return server.url.replace("127.0.0.1", HOST) + "/hook?from=coach"


def failure(url: str, timeout: float = 5.0) -> str:
    with pytest.raises(EffectError) as failed:
        post(url, HEADERS, BODY, timeout=timeout)
    return str(failed.value)


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return tls_for(HOST, tmp_path)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_an_accepted_request_is_told_by_its_status(stub: StubServer, status: int) -> None:
    stub.says(b"", status)

    assert post(f"{stub.url}/hook", HEADERS, BODY) == status
    (asked,) = stub.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/hook", BODY)
    assert asked.headers["webhook-id"] == "1"


def test_the_certificate_and_the_host_are_those_of_the_name_and_the_connection_goes_to_the_address(tls: Tls) -> None:
    with stub_server(tls.server) as receiver:
        assert post(at_host(receiver), HEADERS, BODY, addresses=here, tls=tls.client) == 200

    (asked,) = receiver.asked
    assert asked.headers["host"] == at_host(receiver).split("/")[2]
    assert asked.path == "/hook?from=coach"


def test_a_certificate_of_another_name_stops_it_before_a_byte_is_sent(tmp_path: Path) -> None:
    other = tls_for("other.example.com", tmp_path)
    with stub_server(other.server) as receiver, pytest.raises(EffectError, match=NOT_SENT):
        post(at_host(receiver), HEADERS, BODY, addresses=here, tls=other.client)

    assert not receiver.asked


def test_a_certificate_that_nobody_vouches_for_stops_it_too(tls: Tls) -> None:
    with stub_server(tls.server) as receiver, pytest.raises(EffectError, match=NOT_SENT):
        post(at_host(receiver), HEADERS, BODY, addresses=here)

    assert not receiver.asked


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_a_name_that_leads_to_a_private_address_is_not_connected_to(tls: Tls, address: str) -> None:
    addresses = partial(public_addresses, resolve=lambda *_: [address])
    with stub_server(tls.server) as receiver, pytest.raises(EffectError, match=NOT_SENT):
        post(at_host(receiver), HEADERS, BODY, addresses=addresses, tls=tls.client)

    assert not receiver.asked


def test_localhost_is_refused_by_the_real_resolver(tmp_path: Path) -> None:
    tls = tls_for("localhost", tmp_path)
    with stub_server(tls.server) as receiver, pytest.raises(EffectError, match=NOT_SENT):
        post(receiver.url.replace("127.0.0.1", "localhost"), HEADERS, BODY, tls=tls.client)

    assert not receiver.asked


def test_a_name_that_does_not_exist_is_not_reached() -> None:
    assert failure("https://hooks.invalid/hook") == NOT_SENT


def test_an_address_that_does_not_answer_is_passed_over_for_the_next(tls: Tls) -> None:
    with stub_server(tls.server) as receiver:
        both = ["::1", "127.0.0.1"]
        assert post(at_host(receiver), HEADERS, BODY, addresses=lambda *_: both, tls=tls.client) == 200

    assert len(receiver.asked) == 1


def test_plain_http_never_leaves_this_machine(stub: StubServer) -> None:
    assert post(at_host(stub), HEADERS, BODY, addresses=lambda *_: ["192.0.2.1"]) == 200
    assert len(stub.asked) == 1


def test_a_receiver_that_is_down_was_sent_nothing(nobody: str) -> None:
    assert failure(nobody) == NOT_SENT


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(stub: StubServer, status: int) -> None:
    stub.reply = lambda _: Response(status=status, headers={"location": f"{stub.url}/elsewhere"})

    assert failure(f"{stub.url}/hook") == REFUSED
    assert [asked.path for asked in stub.asked] == ["/hook"]


@pytest.mark.parametrize(
    ("status", "told"), [(400, REFUSED), (404, REFUSED), (410, REFUSED), (500, UNKNOWN), (503, UNKNOWN)]
)
def test_what_a_receiver_refused_is_known_and_what_it_broke_down_over_is_not(
    stub: StubServer, status: int, told: str
) -> None:
    stub.says(b"Traceback: 10.0.0.1", status)

    assert failure(stub.url) == told
    assert len(stub.asked) == 1


@pytest.mark.parametrize("behave", [hang_up, say_nothing, dawdle, put_off])
def test_without_a_whole_answer_the_outcome_is_unknown_and_nothing_is_sent_again(behave: Behaviour) -> None:
    with raw_receiver(behave) as receiver:
        assert failure(receiver.url, timeout=0.3) == UNKNOWN
        assert len(receiver.requests) == 1


def test_a_body_without_end_is_not_read() -> None:
    with raw_receiver(never_end) as receiver:
        assert post(receiver.url, HEADERS, BODY) == 200


def test_proxies_of_the_environment_are_not_used(
    stub: StubServer, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, nobody)

    assert post(stub.url, HEADERS, BODY) == 200


def test_neither_the_url_nor_the_answer_is_logged_or_told(stub: StubServer, log: io.StringIO) -> None:
    def reply(_: Request) -> Response:
        return Response(b"internal", 500)

    stub.reply = reply
    told = failure(f"{stub.url}/s3cret-path")

    assert "a webhook was not accepted" in log.getvalue()
    for secret in ("s3cret-path", "internal", "127.0.0.1"):
        assert secret not in told + log.getvalue()
