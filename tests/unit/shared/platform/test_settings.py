import json

import pytest
from pydantic import ValidationError

from shared.platform import settings
from shared.platform.settings import (
    AuthSettings,
    ModelSettings,
    PlatformSettings,
    RealtimeSettings,
    ServiceKeySettings,
    SupabaseSettings,
    WebhookEndpoint,
    WebhookSettings,
)


@pytest.fixture
def supabase(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("SUPABASE_URL", "https://project.supabase.co/")
    monkeypatch.setenv("SUPABASE_ANON_KEY", "anon")
    monkeypatch.delenv("SUPABASE_SERVICE_KEY_PARAMETER", raising=False)
    return monkeypatch


def test_a_missing_variable_is_named(supabase: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="supabase_service_key_parameter"):
        ServiceKeySettings.from_environment()


def test_a_function_is_asked_for_no_more_than_it_needs(supabase: pytest.MonkeyPatch) -> None:
    assert SupabaseSettings.from_environment().supabase_anon_key == "anon"


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_variable_counts_as_unset(supabase: pytest.MonkeyPatch, value: str | None) -> None:
    supabase.delenv("SUPABASE_ANON_KEY")
    if value is not None:
        supabase.setenv("SUPABASE_ANON_KEY", value)
        supabase.setenv("STAGE", value)
    with pytest.raises(ValidationError, match="supabase_anon_key"):
        SupabaseSettings.from_environment()
    assert PlatformSettings.from_environment().service_version


def test_an_empty_variable_leaves_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/key")
    monkeypatch.setenv("EMBEDDING_DIMENSIONS", "")
    assert ModelSettings.from_environment().embedding_dimensions == 512


def test_a_malformed_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/key")
    monkeypatch.setenv("EMBEDDING_DIMENSIONS", "wide")
    with pytest.raises(ValidationError, match="embedding_dimensions"):
        ModelSettings.from_environment()


def test_what_is_no_field_is_ignored() -> None:
    assert not hasattr(PlatformSettings.model_validate({"stage": "dev", "colour": "blue"}), "colour")


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "first")
    assert settings.load(PlatformSettings).stage == "first"
    monkeypatch.setenv("STAGE", "second")
    assert settings.load(PlatformSettings).stage == "first"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PlatformSettings().stage = "other"  # type: ignore[misc]


def test_origins_are_separated_by_commas_and_stripped() -> None:
    platform = PlatformSettings(cors_allowed_origins=" https://a.example, https://b.example,,")
    assert platform.origins == ["https://a.example", "https://b.example"]
    assert PlatformSettings().origins == []


def test_the_issuer_and_its_keys_follow_from_the_project(supabase: pytest.MonkeyPatch) -> None:
    auth = AuthSettings.from_environment()
    assert auth.issuer == "https://project.supabase.co/auth/v1"
    assert auth.jwks_url == "https://project.supabase.co/auth/v1/.well-known/jwks.json"


def test_an_issuer_behind_a_custom_domain_can_be_named(supabase: pytest.MonkeyPatch) -> None:
    supabase.setenv("SUPABASE_JWT_ISSUER", "https://login.example/auth/v1")
    auth = AuthSettings.from_environment()
    assert auth.issuer == "https://login.example/auth/v1"
    assert auth.jwks_url.startswith("https://project.supabase.co/")


def test_sockets_are_at_the_stage_of_the_websocket_api() -> None:
    realtime = RealtimeSettings(websocket_api_id="abc123", stage="prod", aws_region="eu-west-1")

    assert realtime.connections_url == "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/@connections"
    assert realtime.socket_url == "wss://abc123.execute-api.eu-west-1.amazonaws.com/prod"


def test_on_a_laptop_sockets_are_at_the_one_endpoint_of_all_services() -> None:
    realtime = RealtimeSettings(websocket_api_id="abc123", stage="local", aws_endpoint_url="http://127.0.0.1:4566/")

    assert realtime.connections_url == "http://127.0.0.1:4566/_aws/execute-api/abc123/local/@connections"
    assert realtime.socket_url == "ws://127.0.0.1:4566/_aws/execute-api/abc123/local"


def test_without_a_websocket_api_there_is_no_socket() -> None:
    assert RealtimeSettings().socket_url is None


def webhooks(endpoints: str, stage: str = "prod") -> dict[str, str]:
    found = WebhookSettings.model_validate({"stage": stage, "webhook_endpoints": endpoints}).webhook_endpoints
    return {name: endpoint.url for name, endpoint in found.items()}


def test_endpoints_of_webhooks_have_names() -> None:
    assert webhooks(" gym=https://gym.example/hook?key=a=b, crm=https://crm.example:8443 ,") == {
        "gym": "https://gym.example/hook?key=a=b",
        "crm": "https://crm.example:8443",
    }


def test_an_endpoint_may_say_which_events_it_takes_and_what_it_is() -> None:
    written = {
        "gym": {"url": "https://gym.example", "events": ["plan.shared"], "description": "The desk, and its coach"}
    }
    settings = WebhookSettings.model_validate({"webhook_endpoints": json.dumps(written)})
    assert settings.webhook_endpoints == {"gym": WebhookEndpoint.model_validate(written["gym"])}

    short = WebhookSettings.model_validate({"webhook_endpoints": "gym=https://gym.example"})
    assert short.webhook_endpoints["gym"].events == ("coach.message",)


def test_there_are_none_unless_an_operator_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_ENDPOINTS", "")
    assert WebhookSettings.from_environment().webhook_endpoints == {}


@pytest.mark.parametrize(
    "endpoints",
    [
        "https://gym.example",
        "gym=",
        "Gym=https://gym.example",
        "gym=https://a.example,gym=https://b.example",
        "gym=http://gym.example",
        "gym=ftp://gym.example",
        "gym=HTTPS//gym.example",
        "gym=https://user:password@gym.example",
        "gym=https://user@gym.example/",
        "gym=https:///hook",
        "gym=https://gym.example:0/",
        "gym=https://gym.example:65536/",
        "gym=https://gym.example/a b",
        "gym=https://gym.example\\@evil.example/",
        "gym=https://gym.example/a,b",
        "gym=http://127.0.0.1:8080/",
        '{"gym": {"url": "http://gym.example"}}',
        '{"gym": {"url": "https://gym.example", "events": []}}',
        '{"gym": {"url": "https://gym.example", "events": ["Plan Shared"]}}',
        '{"gym": {"url": "https://gym.example", "url": "https://evil.example"}}',
        '{"gym": {"url": "https://a.example"}, "gym": {"url": "https://b.example"}}',
        '{"Gym": {"url": "https://gym.example"}}',
        '{"gym": "https://gym.example"}',
        '{"gym": {"url": "https://gym.example"}',
    ],
)
def test_an_endpoint_that_is_not_plainly_https_is_refused_and_not_repeated(endpoints: str) -> None:
    with pytest.raises(ValidationError) as refused:
        webhooks(endpoints)
    assert "example" not in str(refused.value)


@pytest.mark.parametrize("stage", ["", "dev", "prod", "Local", "local "])
def test_only_a_laptop_may_send_to_itself_without_tls(stage: str) -> None:
    assert webhooks("test=http://127.0.0.1:8080/hook", "local") == {"test": "http://127.0.0.1:8080/hook"}
    with pytest.raises(ValidationError):
        webhooks("test=http://127.0.0.1:8080/hook", stage)


@pytest.mark.parametrize(
    "url", ["http://localhost:80/", "http://127.0.0.2:80/", "http://127.0.0.1.example:80/", "http://10.0.0.1:80/"]
)
def test_even_a_laptop_sends_to_no_other_place_without_tls(url: str) -> None:
    with pytest.raises(ValidationError):
        webhooks(f"test={url}", "local")


def test_an_unset_stage_is_no_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAGE", raising=False)
    monkeypatch.setenv("WEBHOOK_ENDPOINTS", "test=http://127.0.0.1:8080/")
    with pytest.raises(ValidationError):
        WebhookSettings.from_environment()
