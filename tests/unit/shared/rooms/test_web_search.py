"""The search of the web, against the laptop's double of Brave's API."""

import io
import json
import time
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from infra.local.offline_models import web_search as double
from shared.llm.answer import ToolCall
from shared.llm.catalogue import FREE, Cost
from shared.platform import settings
from shared.platform.errors import UnavailableError
from shared.platform.process import forget
from shared.rooms import web_search
from shared.rooms.toolbox import MAX_WEB_SEARCHES, Toolbox
from shared.rooms.tools import tools_for
from tests.support.room_doubles import ScriptedDatabase, in_time
from tests.support.room_work import task_work
from tests.unit.shared.conftest import KnowSecret

HOSTS = ["www.who.int", "guide.example.com"]


@pytest.fixture
def brave(monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret) -> Iterator[TestClient]:
    """An operator's own key, and two hosts."""
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("WEB_HOSTS", ",".join(HOSTS))
    monkeypatch.setenv("WEB_SEARCH_KEY_PARAMETER", "/brave-api-key")
    monkeypatch.setenv("WEB_SEARCH_URL", f"http://testserver{double.PATH}")
    know_secret("/brave-api-key", "BSA-key")
    with TestClient(Starlette(routes=[Route(double.PATH, double.search)])) as client:
        monkeypatch.setattr(web_search, "_client", lambda: client)
        yield client


def toolbox(*asked: str) -> Toolbox:
    """Of a task whose agent has searched for these before, and then said something."""
    calls = [{"id": "c", "type": "function", "function": {"name": name, "arguments": "{}"}} for name in asked]
    transcript = [{"role": "assistant", "content": "", "tool_calls": calls}, {"role": "assistant", "content": "So."}]
    return Toolbox(ScriptedDatabase(), task_work("researcher", transcript=transcript), in_time())


def asks(tools: Toolbox, query: str = "deload week") -> str:
    return tools.run(ToolCall("c", "search_web", json.dumps({"query": query})), 0)


@pytest.mark.usefixtures("brave")
def test_an_agent_is_told_of_the_allowed_hosts_pages_that_it_can_read_and_of_no_others() -> None:
    told = asks(toolbox())
    assert [line for line in told.splitlines() if line.startswith("http")] == [
        f"https://{host}/guide" for host in HOSTS
    ]
    assert "A page found" in told
    assert "What stands in it &amp; where." in told  # escaped once, for the prompt


@pytest.mark.usefixtures("brave")
def test_a_question_costs_what_the_operator_says_and_else_makes_the_cost_a_lower_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tools = toolbox()
    asks(tools)
    assert tools.charge() == (0, Cost(Decimal(0), complete=False))
    assert tools.charge() == (0, FREE)
    monkeypatch.setenv("WEB_SEARCH_DOLLARS", "5")
    forget(settings.load)
    asks(tools)
    assert tools.charge() == (0, Cost(Decimal("0.005"), complete=True))


@pytest.mark.usefixtures("brave")
def test_a_task_searches_so_often_also_by_workers_before_and_is_then_told_to_write() -> None:
    tools = toolbox(*["search_web"] * (MAX_WEB_SEARCHES - 1), "read_page")
    assert "https://" in asks(tools)
    assert "https://" not in asks(tools)


@pytest.mark.parametrize("query", ["deload", "word " * 60, "w" * 500])
@pytest.mark.usefixtures("brave")
def test_a_question_is_one_that_brave_takes_however_long_it_was(query: str) -> None:
    assert web_search.search(query, HOSTS) is not None


def test_brave_is_asked_for_the_hosts_where_there_is_room_for_their_names() -> None:
    assert web_search.asked_within("deload week", HOSTS) == "deload week (site:www.who.int OR site:guide.example.com)"
    assert web_search.asked_within("deload", [f"h{n}.example.com" for n in range(40)]) == "deload"


def test_a_key_that_is_refused_is_read_anew_and_the_agent_is_told_that_there_is_no_search(
    brave: TestClient, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(web_search, "read_secret", lambda _: "")
    monkeypatch.setattr(web_search, "forget_secret", read.append)
    assert asks(toolbox()) == "The web cannot be searched now."
    assert read == ["/brave-api-key"]
    assert "deload" not in log.getvalue()
    assert brave.get(double.PATH, params={"q": "x"}).json()["error"]["code"] == "SUBSCRIPTION_TOKEN_INVALID"


@pytest.mark.usefixtures("brave")
def test_a_search_that_a_worker_before_began_is_not_paid_again() -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "search_web", "arguments": "{}"}}]
    work = task_work("researcher", transcript=[{"role": "assistant", "content": "", "tool_calls": calls}])
    tools = Toolbox(ScriptedDatabase(), work, in_time())
    assert asks(tools) == "This search was interrupted. Ask once more if you still need it."
    assert tools.charge() == (0, FREE)


@pytest.mark.usefixtures("brave")
def test_a_role_that_is_offered_no_search_has_none() -> None:
    assert asks(Toolbox(ScriptedDatabase(), task_work("coder"), in_time())) == "There is no such tool."


@pytest.mark.usefixtures("brave")
def test_an_answer_that_nobody_understands_is_paid_and_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said = httpx.MockTransport(lambda request: httpx.Response(200, text="<html>", request=request))
    monkeypatch.setattr(web_search, "_client", lambda: httpx.Client(transport=said))
    assert web_search.search("deload", HOSTS) == web_search.Found([], web_search.price())


FULL_SECOND = {"x-ratelimit-limit": "1, 15000", "x-ratelimit-remaining": "0, 1000", "x-ratelimit-reset": "1, 1419704"}
FULL_MONTH = FULL_SECOND | {"x-ratelimit-remaining": "1, 0"}
NO_MONTH = FULL_SECOND | {"x-ratelimit-limit": "50, 0", "x-ratelimit-remaining": "0, 0"}


@pytest.mark.parametrize(("headers", "waits"), [(FULL_SECOND, [1.0]), (NO_MONTH, [1.0]), ({}, [1.0]), (FULL_MONTH, [])])
@pytest.mark.usefixtures("brave")
def test_a_second_in_which_too_many_ask_is_waited_for_once_and_a_month_is_not(
    headers: dict[str, str], waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    answers = [httpx.Response(429, headers=headers), httpx.Response(200, json={"web": {"results": []}})]
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    monkeypatch.setattr(web_search, "_client", lambda: httpx.Client(transport=transport))
    monkeypatch.setattr(time, "sleep", waited.append)
    tools = toolbox()
    told = asks(tools)
    assert waited == waits
    assert told == ("Nothing was found. Use fewer, more usual words." if waits else "The web cannot be searched now.")
    assert tools.web_searches == len(waits)


@pytest.mark.parametrize("said", [httpx.Response(429), httpx.ConnectError("down")])
@pytest.mark.usefixtures("brave")
def test_a_search_that_does_not_answer_as_it_should_is_unavailable(
    said: httpx.Response | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(said, Exception):
            raise said
        return httpx.Response(said.status_code, content=said.content, request=request)

    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(web_search, "_client", lambda: httpx.Client(transport=httpx.MockTransport(answer)))
    with pytest.raises(UnavailableError):
        web_search.search("deload", HOSTS)


def offered() -> set[str]:
    tools = tools_for(task_work("researcher"), has_files=False)
    return {tool["function"]["name"] for tool in tools} & {"search_web", "read_page"}


def test_nobody_searches_before_the_operator_has_named_hosts_and_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, known in (
        ("WEB_SEARCH_KEY_PARAMETER", "/brave-api-key", set()),
        ("WEB_HOSTS", "www.who.int", {"search_web", "read_page"}),
        ("WEB_SEARCH_KEY_PARAMETER", "", {"read_page"}),
    ):
        monkeypatch.setenv(name, value)
        forget()
        assert offered() == known
