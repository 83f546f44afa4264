"""The client library builds as it is published, and keeps what it promises without a cloud."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from infra.local.processes import ROOT

CLIENT = ROOT / "clients" / "typescript"
ENTRIES = ("", "/react", "/ai-sdk", "/ag-ui")  # and /react-native, which has only an effect


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=CLIENT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the package, as `npm publish` would take them."""
    run("npm", "run", "--silent", "build")
    folder = tmp_path_factory.mktemp("package")
    packed = json.loads(run("npm", "pack", "--json", "--silent", "--pack-destination", str(folder)))
    return folder / str(packed[0]["filename"])


def test_every_type_is_right_also_in_tests_and_examples_and_the_readme_shows_these() -> None:
    run("npm", "run", "--silent", "check")


def test_its_own_tests_pass() -> None:
    assert "passed" in run("npm", "test", "--", "tests/unit")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("entry", ENTRIES)
def test_each_entry_is_found_by_its_name(entry: str) -> None:
    names = run(
        "node", "-p", f"import('@hercules/client{entry}').then(found => console.log(Object.keys(found).join()))"
    )
    assert re.search(r"[A-Za-z]{6}", names)


def test_the_package_has_what_was_built_and_no_test(built: Path) -> None:
    files = subprocess.run(["tar", "-tzf", built], text=True, capture_output=True, check=True).stdout.split()
    folders = {re.sub(r"package/([^/]+).*", r"\1", file) for file in files}
    assert folders == {"dist", "package.json", "README.md"}
    assert "package/dist/generated/openapi.d.ts" in files


def test_its_lock_names_no_registry() -> None:
    assert not re.search(r"https?://[^\"]*\.tgz", (CLIENT / "package-lock.json").read_text())
