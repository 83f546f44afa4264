"""The client library against the deployed functions: its own tests, which say what they show."""

import os
import subprocess

import pytest

from infra.local.cloud.description import Cloud
from infra.local.processes import ROOT

CLIENT = ROOT / "clients" / "typescript"


@pytest.mark.usefixtures("knowledge")
def test_what_the_client_shows_is_what_is_stored_whatever_the_network_does(cloud: Cloud) -> None:
    addresses = {
        "HERCULES_URL": cloud.api_url,
        "SUPABASE_URL": cloud.supabase_url,
        "SUPABASE_ANON_KEY": cloud.anon_key,
        "SUPABASE_SERVICE_KEY": cloud.service_key,
        "OPENAI_BASE_URL": cloud.openai_base_url,
    }
    tests = subprocess.run(
        ["npm", "test", "--", "tests/cloud"],
        cwd=CLIENT,
        env={**os.environ, **addresses, "NO_COLOR": "1"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr
