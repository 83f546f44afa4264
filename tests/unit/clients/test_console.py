"""The console is typed, laid out and small, and has words for what it may be told."""

import gzip
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from infra.local.processes import ROOT

CONSOLE = ROOT / "clients" / "console"
FIRST_LOAD = 200_000  # bytes, gzipped: what is fetched before a signed-in user can ask


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=CONSOLE, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("console")
    run("npm", "run", "--silent", "build", "--", "--logLevel", "warn", "--emptyOutDir", "--outDir", str(folder))
    return folder


def test_every_type_is_right_and_every_file_laid_out() -> None:
    run("npm", "run", "--silent", "check")


def test_its_lock_names_no_registry() -> None:
    assert not re.search(r"https?://[^\"]*\.tgz", (CONSOLE / "package-lock.json").read_text())


def test_the_first_load_is_small(dist: Path) -> None:
    """The entry, the first view, and what both import."""
    wanted, files = ["index.html"], dict[str, bytes]()
    wanted += [f"assets/{file.name}" for file in dist.glob("assets/coach-*")]
    while wanted:
        name = wanted.pop()
        if name not in files:
            files[name] = (dist / name).read_bytes()
            named = r"(?:from|import)\s*[\"']\./([\w.-]+\.js)[\"']|(?:src|href)=\"\./(assets/[\w.-]+)\""
            for script, asset in re.findall(named, files[name].decode()):
                wanted.append(asset or f"assets/{script}")
    assert len(files) > 2
    assert sum(len(gzip.compress(content)) for content in files.values()) < FIRST_LOAD


def test_the_files_know_no_cloud_and_no_key(dist: Path) -> None:
    """They are for every one: what they must know is in config.json, which is served beside them."""
    assert not list(dist.glob("**/config.json"))
    for script in dist.glob("assets/*.js"):
        assert not re.search(r"service_role|sb_secret_", script.read_text()), script.name


def test_each_problem_has_german_words() -> None:
    problems = tomllib.loads((ROOT / "infra" / "contract" / "problems.toml").read_text())
    german = (CONSOLE / "src" / "i18n" / "problems.de.ts").read_text()
    known = set(re.findall(r"^  (\w+):", german, re.MULTILINE))
    said_by_the_server = {"red_flag", "too_many_urgent_messages"}  # advice: `detail` is to be shown
    assert set(problems) - said_by_the_server - known == set()
