"""What a started emulator lets in and leaves behind."""

import io
import json
import socket
import zipfile
from pathlib import Path

import pytest

from infra.local.aws_emulator.client import client
from infra.local.processes import free_port, running

pytestmark = pytest.mark.xdist_group("emulator")

SHOW_ENVIRONMENT = """
import os
def handler(event, context):
    return dict(os.environ)
"""


def environment_of_a_function(endpoint: str) -> dict[str, str]:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("show.py", SHOW_ENVIRONMENT)
    functions = client("lambda", endpoint)
    functions.create_function(
        FunctionName="show",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="show.handler",
        Code={"ZipFile": content.getvalue()},
    )
    shown: dict[str, str] = json.load(functions.invoke(FunctionName="show")["Payload"])
    return shown


def test_functions_see_nothing_of_who_started_the_emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"

    with running("infra.local.aws_emulator", port=port, ready="/_ministack/health", log=tmp_path / "log"):
        seen = environment_of_a_function(endpoint)

    assert not {"OPENAI_API_KEY", "AWS_PROFILE", "PYTHONPATH", "VIRTUAL_ENV"} & set(seen)
    assert seen["AWS_SECRET_ACCESS_KEY"] == "test"
    assert seen["AWS_ENDPOINT_URL"] == endpoint


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    port, place = free_port(), tmp_path / "place"
    place.mkdir()

    with running(
        "infra.local.aws_emulator",
        "--directory",
        str(place),
        port=port,
        ready="/_ministack/health",
        log=tmp_path / "log",
    ):
        environment_of_a_function(f"http://127.0.0.1:{port}")
        assert list(place.rglob("show.py"))

    assert not list(place.iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
def test_it_listens_on_this_machine_only(endpoint: str) -> None:
    port = int(endpoint.rpartition(":")[2])

    assert listening(process_serving(port)) == {("127.0.0.1", port)}


def process_serving(port: int) -> Path:
    """The /proc entry of the process that was told to serve `port`."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # ended meanwhile
        if b"--port" in told and told[told.index(b"--port") + 1] == str(port).encode():
            return process
    raise ProcessLookupError(port)


def listening(process: Path) -> set[tuple[str, int]]:
    """The addresses that a process listens on, of IPv4 in dotted form, of IPv6 as /proc has it."""
    sockets = {str(descriptor.readlink()) for descriptor in (process / "fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (process / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            host, _, port = fields[1].partition(":")
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                address = socket.inet_ntoa(bytes.fromhex(host)[::-1]) if table == "tcp" else host
                found.add((address, int(port, 16)))
    return found
