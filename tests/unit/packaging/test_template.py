"""What the emulator cannot prove, asserted on the template that goes to AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.packaging.table import function_names
from infra.packaging.template import lint
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


def test_every_function_finds_its_packages_in_the_one_layer(template: Template) -> None:
    (layer,) = template.of_type("Lambda::LayerVersion")

    assert all(function["Layers"] == [{"Ref": layer}] for function in template.functions().values())


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
        named_only = {name for name in secrets if name.endswith("_PARAMETER")}
        assert secrets - named_only - COUNTS == {"SUPABASE_ANON_KEY"}
        assert all(variables[name].startswith("/hercules/dev/") for name in named_only if variables[name])


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
        "$context.requestId", "$context.requestTime", "$context.routeKey", "$context.status",
        "$context.responseLatency", "$context.responseLength", "$context.integrationErrorMessage",
        "$context.identity.sourceIp",
    }  # fmt: skip


def test_both_apis_have_a_ceiling_against_floods(template: Template) -> None:
    for stage in template.of_type("ApiGatewayV2::Stage").values():
        assert 0 < stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 50
        assert 0 < stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] <= 100


def test_browsers_are_let_in_from_the_configured_origins_only(template: Template) -> None:
    cors = template.resources["HttpApi"]["Properties"]["CorsConfiguration"]

    assert cors["AllowOrigins"] == {"Fn::Split": [",", "http://localhost:8081"]}
    assert "AllowCredentials" not in cors


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


def test_every_function_has_an_alarm_and_every_alarm_tells_the_topic(template: Template) -> None:
    alarms = template.of_type("CloudWatch::Alarm").values()
    watched = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in alarms
        if alarm["MetricName"] == "Errors"
    }  # fmt: skip

    assert watched == {template.function_id(name) for name in template.functions()}
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms)


def test_the_api_the_queues_and_the_concurrency_are_watched(template: Template) -> None:
    watched = {(alarm["Namespace"], alarm["MetricName"]) for alarm in template.of_type("CloudWatch::Alarm").values()}

    assert watched >= {
        ("AWS/ApiGateway", "5xx"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/States", "ExecutionsFailed"),
        ("Hercules", "ModelMisconfigured"),
    }


def test_the_dashboard_is_json(template: Template) -> None:
    (dashboard,) = template.of_type("CloudWatch::Dashboard").values()

    assert len(json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]) == 9
