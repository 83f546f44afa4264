import pytest
from starlette.testclient import TestClient

from shared.api.app import create_app
from tests.unit.shared.api.probe import router

ORIGIN = "https://app.example"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The probe's routes behind the front door, as a client sees them."""
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", f"{ORIGIN},https://admin.example")
    return TestClient(create_app(router), raise_server_exceptions=False)
