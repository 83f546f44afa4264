"""The emulator with our patches, and ministack without."""

from collections.abc import Iterator

import pytest

from infra.local.processes import free_port, running


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served("infra.local.aws_emulator", tmp_path_factory)


@pytest.fixture(scope="session")
def upstream_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served("tests.unit.aws_emulator.upstream", tmp_path_factory)


def served(module: str, directories: pytest.TempPathFactory) -> Iterator[str]:
    """Runs one function at a time, so that a second one is one too many."""
    port, log = free_port(), directories.mktemp("emulator") / "log"
    with running(module, "--concurrency", "1", port=port, ready="/_ministack/health", log=log):
        yield f"http://127.0.0.1:{port}"
