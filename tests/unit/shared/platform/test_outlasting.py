"""Work that goes on behind an answer, beside Lambda's Extensions API."""

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event
from typing import Any

import pytest

from shared.platform.outlasting import UnfinishedError, finish_within, outlasting
from tests.support.stub_server import Request, Response, StubServer, stub_server
from tests.support.waiting import WITHIN, eventually

AT_ONCE = 0.01


class ExtensionsApi:
    """Lambda's side: it holds back the next invocation until every extension has asked for it."""

    def __init__(self, server: StubServer) -> None:
        server.reply = self.reply
        self.server = server
        self.invocations: SimpleQueue[None] = SimpleQueue()

    def reply(self, asked: Request) -> Response:
        if asked.path.endswith("/event/next"):
            self.invocations.get(timeout=WITHIN)
        return Response(headers={"Lambda-Extension-Identifier": "the-extension"})

    def asked_for(self, invocations: int) -> bool:
        """Whether the extension was ready as often: once behind the import, and once behind each invocation."""
        return len([item for item in self.server.asked if item.path.endswith("/event/next")]) == invocations


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExtensionsApi]:
    with stub_server() as server:
        monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", server.url.removeprefix("http://"))
        api = ExtensionsApi(server)
        yield api
        for _ in server.asked:
            api.invocations.put(None)


def leaving(release: Event) -> Any:
    """A handler that answers before its work is done."""

    def handler(_event: Any, _context: Any) -> str:
        try:
            return finish_within(lambda: str(release.wait(WITHIN)), AT_ONCE)
        except UnfinishedError:
            return "later"

    return handler


def test_what_is_done_in_time_is_returned_or_raised() -> None:
    assert finish_within(lambda: 7, WITHIN) == 7
    with pytest.raises(ZeroDivisionError):
        finish_within(lambda: 1 // 0, WITHIN)


def test_what_takes_longer_goes_on_behind_the_answer() -> None:
    release, done = Event(), Event()

    def work() -> None:
        release.wait(WITHIN)
        done.set()

    with pytest.raises(UnfinishedError):
        finish_within(work, AT_ONCE)
    release.set()

    assert done.wait(WITHIN)


def test_a_fault_behind_the_answer_is_logged_by_its_type(caplog: pytest.LogCaptureFixture) -> None:
    release = Event()

    def work() -> None:
        release.wait(WITHIN)
        raise ValueError("what a user wrote")

    with pytest.raises(UnfinishedError):
        finish_within(work, AT_ONCE)
    release.set()
    (said,) = eventually(lambda: caplog.records)

    assert vars(said)["fault"] == "ValueError"
    assert "what a user wrote" not in str(vars(said))


def test_lambda_starts_no_other_invocation_before_the_work_is_done(api: ExtensionsApi) -> None:
    release = Event()
    handler = outlasting(leaving(release))
    assert eventually(lambda: api.asked_for(1))
    api.invocations.put(None)
    assert handler({}, None) == "later"
    assert api.asked_for(1)

    release.set()
    assert eventually(lambda: api.asked_for(2))
    register, *following = api.server.asked
    assert register.headers["lambda-extension-name"] == "outlasting"
    assert register.body == b'{"events": ["INVOKE"]}'
    assert {item.headers["lambda-extension-identifier"] for item in following} == {"the-extension"}


def test_an_invocation_that_leaves_nothing_or_raises_holds_up_none(api: ExtensionsApi) -> None:
    handler = outlasting(lambda event, _: 1 // event)
    assert eventually(lambda: api.asked_for(1))
    api.invocations.put(None)
    assert handler(1, None) == 1
    assert eventually(lambda: api.asked_for(2))
    api.invocations.put(None)
    with pytest.raises(ZeroDivisionError):
        handler(0, None)

    assert eventually(lambda: api.asked_for(3))


def test_outside_of_lambda_the_handler_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API", raising=False)

    handler = leaving(Event())

    assert outlasting(handler) is handler
