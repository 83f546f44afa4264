"""What the emulator cannot prove, asserted on the template that goes to AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.local.aws_emulator.patches import MOST_PARAMETERS
from infra.packaging.table import function_names
from infra.packaging.template import lint
from shared.api.app import ALLOWED, EXPOSED
from tests.unit.packaging.compiled_template import Template

pytestmark = pytest.mark.xdist_group("template")

ROOT = Path(__file__).parents[3]


def test_cfn_lint_has_nothing_to_say(template_path: Path) -> None:
    lint(template_path)


def test_every_function_of_the_groups_is_deployed_for_python_3_13_on_arm64(template: Template) -> None:
    functions = template.functions()

    assert sorted(functions) == function_names(ROOT)
    assert {function["Runtime"] for function in functions.values()} == {"python3.13"}
    assert [function["Architectures"] for function in functions.values()] == [["arm64"]] * len(functions)


def test_every_function_finds_its_packages_in_one_layer_and_what_makes_documents_in_another(template: Template) -> None:
    layers = {name: [layer["Ref"] for layer in each["Layers"]] for name, each in template.functions().items()}
    usual, documents = layers.pop("export_room_file")

    assert {usual, documents} == set(template.of_type("Lambda::LayerVersion"))
    assert set(map(tuple, layers.values())) == {(usual,)}


def test_a_handler_is_where_the_name_of_its_function_says(template: Template) -> None:
    for name, function in template.functions().items():
        assert function["Handler"] == f"functions/{name}/handler.handler"
        assert function["Code"]["S3Key"].endswith(f"/{name}.zip")


def test_only_a_turn_outlasts_the_http_api(template: Template) -> None:
    routed = {
        integration["IntegrationUri"]["Fn::GetAtt"][0]
        for integration in template.of_type("ApiGatewayV2::Integration").values()
        if "Fn::GetAtt" in integration["IntegrationUri"]
    }
    slow = {name for name, function in template.functions().items() if function["Timeout"] >= 30}

    assert {name for name in slow if template.function_id(name) in routed} == {"send_message"}


COUNTS = {"ANSWER_TOKENS", "FIRST_TOKEN_SECONDS"}  # of a model's tokens, which are no secret


def test_no_secret_is_deployed(template: Template) -> None:
    for function in template.functions().values():
        variables = function["Environment"]["Variables"]
        secrets = {name for name in variables if any(word in name for word in ("KEY", "SECRET", "TOKEN"))}
        named_only = {name for name in secrets if name.endswith(("_PARAMETER", "_PARAMETERS"))}
        assert secrets - named_only - COUNTS == {"SUPABASE_ANON_KEY"}
        named = [each for name in named_only for each in variables[name].split(",") if each]
        assert all(each.startswith("/hercules/dev/") for each in named)


def test_no_function_has_more_secrets_than_one_call_may_ask_for(template: Template) -> None:
    named = [
        function["Environment"]["Variables"].get("SECRET_PARAMETERS", "") for function in template.functions().values()
    ]
    assert 2 <= max(len(each.split(",")) for each in named) <= MOST_PARAMETERS


def test_no_account_is_written_down(template: Template) -> None:
    texts = json.dumps(template.resources).split('"')

    assert not [text for text in texts if any(len(word) == 12 and word.isdigit() for word in text.split(":"))]


def test_all_logs_are_forgotten_some_day(template: Template) -> None:
    groups = template.of_type("Logs::LogGroup")

    assert {group["RetentionInDays"] for group in groups.values()} == {30}
    assert {group["LogGroupName"] for group in groups.values()} >= {
        f"/aws/lambda/{function['FunctionName']}" for function in template.functions().values()
    }


def test_the_access_log_has_neither_tokens_nor_what_users_typed(template: Template) -> None:
    log = json.loads(template.resources["HttpApiStage"]["Properties"]["AccessLogSettings"]["Format"])

    assert set(log.values()) == {
        "dev", "$context.requestId", "$context.requestTime", "$context.routeKey", "$context.status",
        "$context.responseLatency", "$context.responseLength", "$context.integrationErrorMessage",
        "$context.identity.sourceIp",
    }  # fmt: skip


def test_every_route_has_a_ceiling_against_floods_and_what_nobody_needs_often_a_low_one(template: Template) -> None:
    stage = template.resources["HttpApiStage"]["Properties"]
    assert (int(stage["DefaultRouteSettings"]["ThrottlingRateLimit"]), stage["AutoDeploy"]) == (200, True)
    low = {route: limit["ThrottlingRateLimit"] for route, limit in stage["RouteSettings"].items()}

    assert low == {
        "GET /health": 20, "GET /health/deep": 5,
        "GET /v1/account/export": 5, "DELETE /v1/account": 5, "GET /v1/knowledge/documents": 5,
        "POST /v1/knowledge/documents": 5, "POST /v1/knowledge/uploads": 5,
        "DELETE /v1/knowledge/documents/{source_id}": 5, "GET /v1/knowledge/documents/{source_id}/chunks": 5,
        "POST /v1/knowledge/search": 5, "POST /v1/knowledge/explain": 5,
        "POST /v1/rooms/{room_id}/files/{file_id}/export": 5,
    }  # fmt: skip


def test_the_stage_waits_for_the_routes_whose_ceilings_it_has(template: Template) -> None:
    stage = template.resources["HttpApiStage"]
    routes = {name: route["RouteKey"] for name, route in template.of_type("ApiGatewayV2::Route").items()}

    waited_for = {routes[name] for name in stage["DependsOn"] if name in routes}
    assert waited_for == set(stage["Properties"]["RouteSettings"])


def test_pushes_to_sockets_have_room_below_their_ceiling(template: Template) -> None:
    limits = template.resources["WebsocketsDeploymentStage"]["Properties"]["DefaultRouteSettings"]

    assert limits["ThrottlingRateLimit"] >= 1000


def test_nobody_pays_for_metrics_that_nothing_reads(template: Template) -> None:
    for stage in template.of_type("ApiGatewayV2::Stage").values():
        assert stage["DefaultRouteSettings"]["DetailedMetricsEnabled"] is False


def test_the_stack_has_room_to_grow(template: Template) -> None:
    """Of CloudFormation's 500 resources."""
    assert len(template.resources) < 450


def test_browsers_are_let_in_from_the_configured_origins_only(template: Template) -> None:
    cors = template.resources["HttpApi"]["Properties"]["CorsConfiguration"]

    assert cors["AllowOrigins"] == {"Fn::Split": [",", "http://localhost:8081"]}
    assert "AllowCredentials" not in cors


def test_browsers_may_send_and_read_the_headers_that_the_app_itself_names(template: Template) -> None:
    cors = template.resources["HttpApi"]["Properties"]["CorsConfiguration"]

    assert cors["AllowHeaders"] == sorted(cors["AllowHeaders"]) == sorted(name.lower() for name in ALLOWED)
    assert cors["ExposeHeaders"] == sorted(cors["ExposeHeaders"]) == sorted(name.lower() for name in EXPOSED)


def schedule_of(template: Template, function: str) -> dict[str, Any]:
    """The one schedule that starts a function."""
    (found,) = [
        schedule
        for schedule in template.of_type("Scheduler::Schedule").values()
        if schedule["Target"]["Arn"]["Fn::GetAtt"][0] == template.function_id(function)
    ]
    return found


def test_the_week_is_closed_at_its_end_in_utc(template: Template) -> None:
    schedule = schedule_of(template, "reset_usage")

    assert schedule["ScheduleExpression"] == "cron(5 0 ? * MON *)"
    assert schedule["ScheduleExpressionTimezone"] == "UTC"


def test_the_sweep_runs_every_quarter_of_an_hour(template: Template) -> None:
    assert schedule_of(template, "sweep")["ScheduleExpression"] == "rate(15 minutes)"


def test_a_change_of_the_embedding_model_is_gone_on_with_every_15_minutes(template: Template) -> None:
    assert schedule_of(template, "ingest_kb")["ScheduleExpression"] == "rate(15 minutes)"
