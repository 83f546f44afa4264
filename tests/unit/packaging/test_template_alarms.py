"""What somebody is told of, and what of nobody."""

import json
import re
from typing import Any

import pytest

from tests.unit.packaging.compiled_template import Template

pytestmark = pytest.mark.xdist_group("template")

TOLD = [{"Ref": "AlarmTopic"}]


def looked_at(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of an alarm, with their dimensions."""
    if "Metrics" not in alarm:
        return [alarm]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


def metrics(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    """Those by their namespaces and names."""
    return {(metric["Namespace"], metric["MetricName"]) for metric in looked_at(alarm)}


def test_a_function_that_a_clock_or_a_queue_starts_has_an_alarm_on_its_errors(template: Template) -> None:
    watched = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in template.of_type("CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "Errors"
    }
    schedules = template.of_type("Scheduler::Schedule").values()
    started = {schedule["Target"]["Arn"]["Fn::GetAtt"][0] for schedule in schedules}
    queues = template.of_type("Lambda::EventSourceMapping").values()
    started |= {queue["FunctionName"]["Fn::GetAtt"][0] for queue in queues}

    assert watched == started


def test_what_breaks_first_is_watched(template: Template) -> None:
    alarms = template.of_type("CloudWatch::Alarm")
    watched = {name: metrics(alarm) for name, alarm in alarms.items() if metrics(alarm) and not name.endswith("Errors")}

    assert watched == {
        "HttpErrorRate": {("AWS/ApiGateway", "5xx"), ("AWS/ApiGateway", "Count")},
        "TurnFailureRate": {("Hercules", "TurnsFailed"), ("Hercules", "TurnsAnswered")},
        "ModelFailureRate": {("Hercules", "ModelFailures"), ("Hercules", "ModelAnswers")},
        "RoomFailureRate": {("Hercules", "RoomsFailed"), ("Hercules", "RoomsCompleted")},
        "UnexpectedFault": {("Hercules", "Faults")},
        "ChatThrottled": {("AWS/Lambda", "Throttles")},
        "ModelMisconfigured": {("Hercules", "ModelMisconfigured")},
        "SpendOfTheDay": {("Hercules", "Dollars")},
        "QuotaRefusals": {("Hercules", "QuotaRefusals")},
        "UpkeepBehind": {("Hercules", "UpkeepLag")},
        "TurnsOverdue": {("Hercules", "UpkeepLag")},
        "SchedulesSilent": {("AWS/Lambda", "Invocations")},
        "SchedulesDropped": {("AWS/Scheduler", "InvocationDroppedCount")},
        "RoomWorkflowFailed": {("AWS/States", "ExecutionsFailed")},
        "DeadLetterQueueNotEmpty": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
        "IngestQueueStale": {("AWS/SQS", "ApproximateAgeOfOldestMessage"), ("AWS/SQS", "NumberOfMessagesDeleted")},
    }
    assert metrics(alarms["RouteErrorRate"]) | metrics(alarms["RouteErrorCount"]) == set()  # queries
    assert metrics(alarms["SocketErrors"]) == {
        ("AWS/ApiGateway", "IntegrationError"), ("AWS/ApiGateway", "ExecutionError"),
    }  # fmt: skip


def test_every_alarm_tells_the_topic_itself_or_through_the_one_of_its_cause(template: Template) -> None:
    (composite,) = template.of_type("CloudWatch::CompositeAlarm").values()
    through = set(re.findall(r"\$\{(\w+)\}", composite["AlarmRule"]["Fn::Sub"]))
    alarms = template.of_type("CloudWatch::Alarm")

    assert composite["AlarmActions"] == TOLD
    assert {name for name, alarm in alarms.items() if "AlarmActions" not in alarm} == through
    assert all(alarm["AlarmActions"] == TOLD for name, alarm in alarms.items() if name not in through)


def test_silence_of_what_a_clock_starts_every_quarter_of_an_hour_rings_and_that_of_nothing_else(
    template: Template,
) -> None:
    alarms = template.of_type("CloudWatch::Alarm")
    silent = alarms["SchedulesSilent"]
    watched = {metric["Dimensions"][0]["Value"]["Ref"] for metric in looked_at(silent)}
    frequent = {
        schedule["Target"]["Arn"]["Fn::GetAtt"][0]
        for schedule in template.of_type("Scheduler::Schedule").values()
        if schedule["ScheduleExpression"] == "rate(15 minutes)"
    }

    assert {name for name, alarm in alarms.items() if alarm["TreatMissingData"] == "breaching"} == {"SchedulesSilent"}
    assert watched == frequent
    assert (silent["Threshold"], silent["ComparisonOperator"]) == (1, "LessThanThreshold")


def test_a_route_that_fails_rings_by_its_own_rate_beside_a_count_that_two_requests_do_not_reach(
    template: Template,
) -> None:
    filters = template.of_type("Logs::MetricFilter")
    values = {each["FilterPattern"]: each["MetricTransformations"][0] for each in filters.values()}
    logged = json.loads(template.resources["HttpApiStage"]["Properties"]["AccessLogSettings"]["Format"])
    alarms = template.of_type("CloudWatch::Alarm")
    (composite,) = template.of_type("CloudWatch::CompositeAlarm").values()
    routes = {name: alarms[name]["Metrics"][0] for name in ("RouteErrorRate", "RouteErrorCount")}

    assert {pattern: value["MetricValue"] for pattern, value in values.items()} == {
        '{ $.status = "5*" }': "1", '{ $.status != "5*" }': "0",
    }  # fmt: skip
    for value in values.values():
        assert {each["Value"].removeprefix("$.") for each in value["Dimensions"]} == {"stage", "route"} <= set(logged)
        for query, how in zip(routes.values(), ("AVG", "SUM"), strict=True):
            of_routes = f"SELECT {how}({value['MetricName']}) FROM SCHEMA({value['MetricNamespace']}, route, stage)"
            assert query["Expression"].startswith(of_routes)
    assert {json.dumps(each["LogGroupName"]) for each in filters.values()} == {'{"Ref": "HttpApiLogGroup"}'}
    for name, query in routes.items():
        assert "WHERE stage = 'dev' GROUP BY route" in query["Expression"]
        assert query["Period"] * alarms[name]["EvaluationPeriods"] <= 3 * 3600  # such an alarm looks no further back
    assert '(ALARM("${RouteErrorRate}") AND ALARM("${RouteErrorCount}"))' in composite["AlarmRule"]["Fn::Sub"]
    assert alarms["RouteErrorCount"]["Threshold"] == 3


def test_our_own_metrics_are_looked_at_in_their_stage_alone(template: Template) -> None:
    for name, alarm in template.of_type("CloudWatch::Alarm").items():
        for metric in looked_at(alarm):
            if metric["Namespace"] == "Hercules":
                assert {"Name": "stage", "Value": "dev"} in metric["Dimensions"], name


def test_every_expression_names_the_metrics_beside_it(template: Template) -> None:
    for name, alarm in template.of_type("CloudWatch::Alarm").items():
        ids = {each["Id"] for each in alarm.get("Metrics", []) if "MetricStat" in each}
        for each in (each for each in alarm.get("Metrics", []) if not each.get("Expression", "").startswith("SELECT")):
            named = set(re.findall(r"[a-z]+", each.get("Expression", "")))
            assert named <= ids, name


def test_the_dashboard_shows_the_product_and_is_json(template: Template) -> None:
    (dashboard,) = template.of_type("CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]["Fn::Sub"]

    assert json.loads(body)["widgets"]
    for metric in ("TurnsAnswered", "TurnsFailed", "FirstToken", "Dollars", "RoomsCompleted", "RoomsFailed", "Faults"):
        assert f'"{metric}"' in body, metric
    assert "MetricName=DocumentsIngested" in body
    assert "MetricName=DocumentsFailed" in body


def test_the_dashboard_tells_failures_by_route_from_what_the_access_log_has(template: Template) -> None:
    (dashboard,) = template.of_type("CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    (query,) = [widget["properties"]["query"] for widget in widgets if widget["type"] == "log"]
    (log,) = [api for api in template.of_type("ApiGatewayV2::Stage").values() if "AccessLogSettings" in api]

    assert "filter status >= 500" in query
    for member in ("route", "status"):
        assert f'"{member}":"$context.' in log["AccessLogSettings"]["Format"]


def test_no_alarm_is_mailed_where_no_address_is_given(template: Template) -> None:
    assert not template.of_type("SNS::Subscription")
