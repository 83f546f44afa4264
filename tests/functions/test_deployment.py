"""What an operator is told of what is deployed."""

import pytest

from infra.local.processes import ROOT
from infra.packaging.generated import schema_version
from tests.support.functions.invocations import User, request
from tests.support.gateway import Served


def test_an_operator_sees_whether_functions_and_schema_fit(supabase: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEMA_VERSION", schema_version(ROOT))
    told = request("inspect_deployment", "GET", "/health/deep", "", apikey=supabase.service_key)

    assert told.status == 200
    assert told.body["schema_version"] == told.body["schema_expected"] == schema_version(ROOT)
    assert set(told.body["upkeep_lag"]) >= {"end_overdue_turns", "end_lost_rooms"}


def test_a_user_is_no_operator(user: User) -> None:
    assert request("inspect_deployment", "GET", "/health/deep", user.token).status == 403
