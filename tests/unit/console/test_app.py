"""The laptop serves the console as a bucket behind a CDN does: its files, its configuration, a policy."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from infra.local.console.app import create_app

CONFIG = {"apiUrl": "http://127.0.0.1:1", "supabaseUrl": "http://127.0.0.1:2", "supabaseAnonKey": "anon"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-a1.js").write_text("export {};")
    return TestClient(create_app(tmp_path, CONFIG, ["http://127.0.0.1:1", "ws://127.0.0.1:1"]))


def test_what_it_must_know_of_its_cloud_is_read_when_it_starts(client: TestClient) -> None:
    assert client.get("/config.json").json() == CONFIG
    assert client.get("/config.json").headers["cache-control"] == "no-cache"


def test_a_page_reaches_its_own_cloud_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    policy = client.get("/").headers["content-security-policy"].split("; ")

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "connect-src 'self' http://127.0.0.1:1 ws://127.0.0.1:1" in policy
    assert "frame-ancestors 'none'" in policy


def test_files_whose_names_change_with_them_are_kept_and_the_page_is_asked_for_again(client: TestClient) -> None:
    assert "immutable" in client.get("/assets/index-a1.js").headers["cache-control"]
    assert client.get("/").headers["cache-control"] == "no-cache"


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    assert client.get("/v1/usage").status_code == 404
    assert client.get("/../app.py").status_code == 404
