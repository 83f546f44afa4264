"""The deployed stack: its schedule, its sockets, its logs and where it listens."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import psutil
import psycopg
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from infra.local.processes import ROOT
from infra.packaging.table import function_names
from tests.support.waiting import WITHIN, eventually

Connection = psycopg.Connection[tuple[Any, ...]]


def test_health_says_what_is_deployed(cloud: Cloud) -> None:
    assert httpx.get(f"{cloud.api_url}/health", timeout=WITHIN).json() == {
        "status": "ok",
        "stage": "local",
        "version": "0.2.0",
    }


def test_the_weekly_reset_closes_a_finished_week(
    database: Connection, user: Phone, invoke: Callable[[str, dict[str, Any]], Any]
) -> None:
    database.execute(
        "insert into ai_usage (user_id, period_start, period_end) values (%s, '2026-01-05', '2026-01-11')",
        (user.user_id,),
    )

    assert invoke("reset_usage", {})["periods_closed"] >= 1
    assert invoke("reset_usage", {})["periods_closed"] == 0


def test_the_weekly_reset_is_on_the_schedule(cloud: Cloud) -> None:
    schedules = client("scheduler", cloud.aws_endpoint_url).list_schedules()["Schedules"]

    assert [item for item in schedules if "reset" in item["Name"].lower() and item["State"] == "ENABLED"]


def connections(database: Connection, user: Phone) -> int:
    row = database.execute("select count(*) from websocket_connections where user_id = %s", (user.user_id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_a_socket_is_recorded_answers_a_ping_and_is_forgotten(cloud: Cloud, database: Connection, user: Phone) -> None:
    with connect(cloud.ws_url, additional_headers={"Authorization": f"Bearer {user.token}"}) as socket:
        assert connections(database, user) == 1
        socket.send(json.dumps({"type": "ping"}))
        assert json.loads(socket.recv(timeout=30)) == {"v": 1, "type": "pong"}
    eventually(lambda: connections(database, user) == 0)


def test_a_socket_needs_a_token(cloud: Cloud) -> None:
    with pytest.raises(InvalidStatus), connect(cloud.ws_url):
        pass


def test_neither_questions_nor_tokens_nor_keys_are_logged(cloud: Cloud, user: Phone, session: str) -> None:
    secret = f"my secret {user.user_id}"
    user.ask(session, secret)
    user.call("PATCH", "/v1/profile", {"injuries": secret, "mood": secret})
    logs = client("logs", cloud.aws_endpoint_url)
    pages = logs.get_paginator("describe_log_groups").paginate()
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]

    texts = [event["message"] for name in groups for event in logs.filter_log_events(logGroupName=name)["events"]]
    assert any("correlation_id" in text for text in texts)
    for forbidden in (secret, user.token, cloud.service_key):
        assert not [text for text in texts if forbidden in text]


def test_no_function_has_a_secret_in_its_environment(cloud: Cloud) -> None:
    pages = client("lambda", cloud.aws_endpoint_url).get_paginator("list_functions").paginate()
    functions = [function for page in pages for function in page["Functions"]]

    names = {function["FunctionName"].removeprefix("hercules-local-") for function in functions}
    assert names == set(function_names(ROOT))
    assert cloud.service_key not in json.dumps([function["Environment"] for function in functions])


def test_browsers_of_an_allowed_origin_are_let_in_and_others_are_not(cloud: Cloud) -> None:
    def preflight(origin: str) -> object:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = httpx.options(f"{cloud.api_url}/v1/chat/sessions", headers=headers)
        return answer.headers.get("access-control-allow-origin")

    assert preflight("http://localhost:8081") == "http://localhost:8081"
    assert preflight("https://evil.example") is None


def test_nothing_listens_beyond_this_machine(cloud: Cloud) -> None:
    httpx.get(f"{cloud.api_url}/health")
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in family
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert len(listening) >= 4
    assert {ip for ip, _ in listening} == {"127.0.0.1"}
