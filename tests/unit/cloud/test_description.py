"""What a running cloud tells other programs."""

import stat
from dataclasses import fields
from pathlib import Path

from infra.local.cloud.description import Cloud

CLOUD = Cloud(**{field.name: f"the-{field.name}" for field in fields(Cloud)})


def test_an_app_is_told_addresses_and_the_public_key_for_expo_and_vite() -> None:
    lines = dict(line.split("=", 1) for line in CLOUD.app_env.splitlines())

    for prefix in ("EXPO_PUBLIC_", "VITE_"):
        assert lines[f"{prefix}HERCULES_URL"] == CLOUD.api_url
        assert lines[f"{prefix}HERCULES_WS_URL"] == CLOUD.ws_url
        assert lines[f"{prefix}SUPABASE_URL"] == CLOUD.supabase_url
        assert lines[f"{prefix}SUPABASE_ANON_KEY"] == CLOUD.anon_key


def test_an_app_is_told_no_secret() -> None:
    for secret in (CLOUD.service_key, CLOUD.webhook_secret, CLOUD.database_url):
        assert secret not in CLOUD.app_env


def test_all_keys_are_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    CLOUD.save(path, tmp_path / "app.env")

    assert Cloud.load(path) == CLOUD
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
