"""Where a cloud of a checkout has its data and listens."""

import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local.cloud.place import Place, Ports, SettingsError, web_origins


def of_checkout(data: Path, said: list[str], **environment: str) -> Place:
    return Place.of_this_checkout(environment, said.append, data)


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Somebody else listens there."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> Ports:
    """Free ports in the place of those that a cloud wants at first, which a developer's own may have."""
    ports = Ports.free()
    monkeypatch.setattr(Ports.__init__, "__defaults__", (ports.supabase, ports.aws, ports.database, ports.console))
    return ports


def test_a_checkout_has_the_same_ports_each_time(tmp_path: Path, wanted: Ports, said: list[str]) -> None:
    assert of_checkout(tmp_path, said).ports == of_checkout(tmp_path, said).ports == wanted
    assert said == []


def test_a_port_that_is_taken_is_told_and_wanted_again_the_next_time(
    tmp_path: Path, wanted: Ports, said: list[str]
) -> None:
    of_checkout(tmp_path, said)
    with taken(wanted.supabase):
        place = of_checkout(tmp_path, said)

    assert place.ports.supabase != wanted.supabase
    assert (place.ports.aws, place.ports.database) == (wanted.aws, wanted.database)
    assert len(said) == 1
    assert f"Port {wanted.supabase} (supabase) is taken" in said[0]
    assert of_checkout(tmp_path, said).ports == wanted


def test_a_checkout_that_comes_second_keeps_the_ports_it_found(tmp_path: Path, wanted: Ports, said: list[str]) -> None:
    with taken(wanted.aws):
        first = of_checkout(tmp_path, said).ports
    assert of_checkout(tmp_path, said).ports == first


@pytest.mark.usefixtures("wanted")
@pytest.mark.parametrize("host", ["0.0.0.0", "203.0.113.1", "my-laptop", "::1", "127.0.0.1:4566"])  # noqa: S104
def test_a_host_that_is_no_address_of_this_machine_is_refused(tmp_path: Path, said: list[str], host: str) -> None:
    with pytest.raises(SettingsError, match="no IPv4 address of this machine"):
        of_checkout(tmp_path, said, HERCULES_HOST=host)


@pytest.mark.usefixtures("wanted")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_a_host_that_is_one_is_taken(tmp_path: Path, said: list[str]) -> None:
    assert of_checkout(tmp_path, said, HERCULES_HOST="127.0.0.2").host == "127.0.0.2"


def test_apps_under_development_and_the_console_are_let_in_from_this_machine_and_at_the_host() -> None:
    place = Place(Path(), Ports(console=4321), "192.168.1.5")
    origins = web_origins(place, {}).split(",")

    assert {"http://localhost:8081", "http://192.168.1.5:5173", "http://192.168.1.5:4321"} <= set(origins)


def test_of_apps_those_are_let_in_that_are_set_and_the_console_always() -> None:
    place = Place(Path(), Ports(console=4321))
    origins = web_origins(place, {"CORS_ALLOWED_ORIGINS": "https://app.example.com"})

    assert origins == "https://app.example.com,http://localhost:4321,http://127.0.0.1:4321"


def test_a_secret_is_made_once_and_is_for_its_owner_only(tmp_path: Path) -> None:
    place = Place.for_once(tmp_path)

    assert place.secret("a") == place.secret("a") != place.secret("b")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


@pytest.mark.usefixtures("wanted")
def test_a_reset_leaves_the_ports_only(tmp_path: Path, said: list[str]) -> None:
    place = of_checkout(tmp_path, said)
    place.secret("a")
    for folder in (place.database, place.objects):
        assert folder
        folder.mkdir()
        (folder / "file").touch()
    place.reset()

    assert [path.name for path in tmp_path.iterdir()] == ["ports.json"]
    assert place.database
    assert not place.database.exists()
    place.reset()
