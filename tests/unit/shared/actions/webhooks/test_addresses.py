import threading

import pytest

from shared.actions.webhooks import addresses
from shared.actions.webhooks.addresses import NotPublicError, is_public, public_addresses, resolve

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808"]
PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # where a machine in the cloud finds its credentials
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "0.0.0.0",  # noqa: S104 - it is refused
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "3fff::1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:a00:1::1",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_other_address_is_however_it_is_wrapped(address: str) -> None:
    assert not is_public(address)


def test_a_name_leads_to_all_its_addresses_in_their_order() -> None:
    found = public_addresses("hooks.example.com", 443, lambda *_: ["2606:4700:4700::1111", "1.1.1.1"])
    assert found == ["2606:4700:4700::1111", "1.1.1.1"]


@pytest.mark.parametrize("found", [["10.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["1.1.1.1", "::1"], []])
def test_a_single_private_address_among_public_ones_is_one_too_many(found: list[str]) -> None:
    with pytest.raises(NotPublicError):
        public_addresses("hooks.example.com", 443, lambda *_: found)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0"])
def test_this_machine_is_not_public_by_any_name(host: str) -> None:
    with pytest.raises(NotPublicError):
        public_addresses(host, 443)


def test_a_name_is_asked_for_once() -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["1.1.1.1"]

    public_addresses("hooks.example.com", 8443, resolve)
    assert asked == [("hooks.example.com", 8443)]


def test_a_name_is_resolved_and_what_the_resolver_says_of_another_is_raised() -> None:
    assert set(resolve("localhost", 443)) <= {"127.0.0.1", "::1"}
    with pytest.raises(UnicodeError):
        resolve("a" * 64, 443)


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(addresses, "RESOLVE_SECONDS", 0.01)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: ended.wait(30))
    with pytest.raises(TimeoutError):
        resolve("hooks.example.com", 443)
    ended.set()
