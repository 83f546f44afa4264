import io
import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.platform.aws_signature import signed_headers
from shared.realtime import outbox, push
from shared.realtime.frames import FRAME_LIMIT, Writing
from shared.realtime.push import Pace, Pusher
from tests.support.stub_server import Request, Response, StubServer
from tests.support.waiting import eventually
from tests.unit.shared.realtime.conftest import STREAM, WITHIN, Sockets

HOUR = 3600.0
T = Writing.of_turn("t")


def event(seq: int, **data: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "stream": STREAM,
        "seq": seq,
        "type": "turn.started",
        "ts": "2026-11-02T08:00:00+00:00",
        "data": data,
    }


def pushers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "pusher"]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first, a delta waits for an hour unless something makes it due."""
    monkeypatch.setattr(outbox, "INTERVAL", HOUR)


def test_a_frame_is_posted_to_the_connection_signed(sockets: Sockets, stub: StubServer) -> None:
    with Pusher(STREAM, ["L0SM9cOFvHcCIhw="]) as pusher:
        pusher.events([event(1)])

    (asked,) = stub.asked
    assert asked.path == "/_aws/execute-api/abc123/dev/@connections/L0SM9cOFvHcCIhw%3D"
    at = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    headers = {"content-type": "application/json"}
    signed = signed_headers("execute-api", "POST", stub.url + asked.path, asked.body, headers, at)
    assert signed.items() <= asked.headers.items()


def test_an_event_arrives_as_it_is_and_a_delta_in_the_same_envelope_without_seq(sockets: Sockets) -> None:
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.events([event(1, turn={"id": "t"})])
        pusher.delta(T, "Größer 🏋️")

    started, delta = sockets.frames()
    assert started == event(1, turn={"id": "t"})
    assert datetime.fromisoformat(delta.pop("ts")).tzinfo is not None
    data = {"turn_id": "t", "index": 0, "offset": 0, "text": "Größer 🏋️"}
    assert delta == {"v": 1, "stream": STREAM, "type": "message.delta", "data": data}


def test_the_first_delta_goes_at_once_and_the_next_are_joined(sockets: Sockets, patient: None) -> None:
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.delta(T, "0 ")
        sockets.arrived(1)
        for number in range(1, 100):
            pusher.delta(T, f"{number} ")

    assert [frame["data"]["index"] for frame in sockets.frames()] == [0, 1]
    assert sockets.text() == "".join(f"{number} " for number in range(100))
    assert [frame["data"]["offset"] for frame in sockets.frames()] == [0, 2]


def test_an_offset_counts_characters_and_not_the_bytes_that_they_take(sockets: Sockets) -> None:
    said = ["Größer ", "🏋️" * 300, "…", "Ende."]
    with Pusher(STREAM, ["one"]) as pusher:
        for piece in said:
            pusher.delta(T, piece)

    whole = "".join(said)
    frames = [frame["data"] for frame in sockets.frames()]
    assert len(frames) > 2
    assert all(whole[data["offset"] :].startswith(data["text"]) for data in frames)
    assert sum(len(data["text"]) for data in frames) == len(whole)


def test_a_delta_goes_when_it_has_a_kilobyte(sockets: Sockets, patient: None) -> None:
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.delta(T, "x")
        sockets.arrived(1)
        for _ in range(25):
            pusher.delta(T, "y" * 100)
        sockets.arrived(3)

    assert [len(frame["data"]["text"]) for frame in sockets.frames()] == [1, 1000, 1000, 500]


def test_deltas_go_when_the_interval_is_over_and_not_more_often(sockets: Sockets) -> None:
    began = time.monotonic()
    with Pusher(STREAM, ["one"]) as pusher:
        while len(sockets.frames()) < 4:
            pusher.delta(T, "word ")
            time.sleep(0.001)
        sent = len(sockets.frames())
        assert sent <= 1 + (time.monotonic() - began) / outbox.INTERVAL


def test_deltas_of_two_turns_are_not_joined(sockets: Sockets, patient: None) -> None:
    with Pusher(STREAM, ["one"]) as pusher:
        for turn in ("a", "a", "b", "a"):
            pusher.delta(Writing.of_turn(turn), turn)

    turns = [frame["data"]["turn_id"] for frame in sockets.frames()]
    assert [turn for number, turn in enumerate(turns) if turns[number - 1 : number] != [turn]] == ["a", "b", "a"]


def test_what_begins_anew_is_counted_from_its_beginning_again(sockets: Sockets, patient: None) -> None:
    with Pusher(STREAM, ["one"]) as pusher:
        for number, piece in ((0, "Rest"), (0, " well"), (1, "Rest"), (1, " first")):
            pusher.delta(Writing("agent.delta", {"task_id": "t"}, number), piece)

    told = [frame["data"] for frame in sockets.frames()]
    assert {frame["type"] for frame in sockets.frames()} == {"agent.delta"}
    assert [each["index"] for each in told] == list(range(len(told)))
    shown = ""
    for each in told:
        shown = shown[: each["offset"]] + each["text"]
    assert (shown, [each["offset"] for each in told].count(0)) == ("Rest first", 2)


@pytest.mark.parametrize(("listeners", "seconds"), [(1, 0.25), (10, 0.25), (100, 2.5)])
def test_the_more_listen_the_seldomer_deltas_go_where_pushes_are_limited(
    sockets: Sockets, listeners: int, seconds: float
) -> None:
    pusher = Pusher(STREAM, [], Pace(interval=0.25, pushes=40))
    pusher.listen([f"c{number}" for number in range(listeners)])
    assert pusher._outbox.interval == seconds  # noqa: SLF001 - nobody else asks


def test_events_come_behind_the_deltas_that_were_given_before_them(sockets: Sockets, patient: None) -> None:
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.delta(T, "first")
        sockets.arrived(1)
        pusher.delta(T, "second")
        pusher.events([event(1), event(2)])
        sockets.arrived(4)
        pusher.delta(T, "third")

    said = [frame.get("seq") or frame["data"]["text"] for frame in sockets.frames()]
    assert said == ["first", "second", 1, 2, "third"]


def test_every_listener_is_sent_everything_once(sockets: Sockets) -> None:
    with Pusher(STREAM, ["one", "two", "one"]) as pusher:
        pusher.events([event(1), event(2)])

    assert [frame["seq"] for frame in sockets.frames("one")] == [1, 2]
    assert [frame["seq"] for frame in sockets.frames("two")] == [1, 2]


def test_a_slow_connection_holds_up_no_other(
    sockets: Sockets, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "TIMEOUT", 10 * WITHIN)
    sockets.hang("one", released)
    pusher = Pusher(STREAM, ["one", "two"])
    pusher.events([event(1)])
    sockets.arrived(1, "two")
    released.set()
    pusher.close(WITHIN)


def test_only_so_many_are_posted_to_at_once(
    sockets: Sockets, stub: StubServer, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "TIMEOUT", 10 * WITHIN)
    waiting = threading.Semaphore(0)
    under_way: list[int] = []

    def reply(_asked: Request) -> Response:
        under_way.append(1)
        waiting.release()
        released.wait(WITHIN)
        return Response(b"")

    stub.reply = reply
    pusher = Pusher(STREAM, [f"c{number}" for number in range(3 * push.MAX_CONCURRENT)])
    pusher.events([event(1)])
    for _ in range(push.MAX_CONCURRENT):
        assert waiting.acquire(timeout=WITHIN)
    assert not waiting.acquire(timeout=0.2)
    released.set()
    pusher.close(WITHIN)
    assert len(under_way) == 3 * push.MAX_CONCURRENT


def seconds_to_push(listeners: int) -> float:
    began = time.perf_counter()
    with Pusher(STREAM, [f"c{number}" for number in range(listeners)]) as pusher:
        pusher.events([event(1)])
    return time.perf_counter() - began


def test_the_caller_waits_no_longer_for_many_listeners_than_for_a_few(
    sockets: Sockets, stub: StubServer, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "GRACE", 0.3)
    monkeypatch.setattr(push, "TIMEOUT", 10 * WITHIN)

    def reply(_asked: Request) -> Response:
        released.wait(WITHIN)
        return Response(b"")

    stub.reply = reply
    few, many = seconds_to_push(5), seconds_to_push(500)

    assert many < 3 * few
    released.set()
    eventually(lambda: not pushers())
    assert len(stub.asked) <= 5 + push.MAX_CONCURRENT  # the others are given up, not caught up on


def test_many_connections_get_their_frames_in_order(sockets: Sockets) -> None:
    names = [f"c{number}" for number in range(40)]
    with Pusher(STREAM, names) as pusher:
        pusher.events([event(seq) for seq in range(10)])
    assert all([frame["seq"] for frame in sockets.frames(name)] == list(range(10)) for name in names)


def test_a_connection_that_is_gone_is_named_and_left_alone(sockets: Sockets) -> None:
    sockets.refuse(410, "one")
    with Pusher(STREAM, ["one", "two"]) as pusher:
        pusher.events([event(1), event(2), event(3)])

    assert pusher.gone == ["one"]
    assert len(sockets.frames("one")) == 1
    assert len(sockets.frames("two")) == 3


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_connection_that_fails_twice_is_left_alone(sockets: Sockets, status: int) -> None:
    sockets.refuse(status, "one")
    with Pusher(STREAM, ["one", "two"]) as pusher:
        pusher.events([event(seq) for seq in range(1, 6)])
        sockets.arrived(5, "two")
        pusher.listen(["one", "two"])
        pusher.events([event(6)])

    assert (len(sockets.frames("one")), len(sockets.frames("two")), pusher.gone) == (2, 6, [])


def test_a_connection_that_does_not_answer_is_waited_for_twice_at_most(
    sockets: Sockets, released: threading.Event, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setattr(push, "TIMEOUT", 0.1)
    sockets.hang("one", released)
    pusher = Pusher(STREAM, ["one", "two"])
    pusher.events([event(seq, secret="my knee") for seq in range(1, 6)])
    pusher.close(WITHIN)

    assert (len(sockets.frames("one")), len(sockets.frames("two"))) == (2, 5)
    assert "ReadTimeout" in log.getvalue()
    assert "my knee" not in log.getvalue()


def test_what_does_not_fit_into_the_queue_is_dropped_and_leaves_a_gap(
    sockets: Sockets, released: threading.Event
) -> None:
    sockets.hang("one", released)
    pusher = Pusher(STREAM, ["one"])
    pusher.events([event(0)])
    sockets.arrived(1)
    pusher.events([event(seq) for seq in range(1, outbox.CAPACITY + 50)])
    pusher.delta(T, "unheard")
    released.set()
    sockets.arrived(1 + outbox.CAPACITY)
    pusher.delta(T, "heard")
    pusher.close(WITHIN)

    *events, delta = sockets.frames()
    assert [frame["seq"] for frame in events] == list(range(1 + outbox.CAPACITY))
    assert delta["data"] == {"turn_id": "t", "index": 1, "offset": 7, "text": "heard"}


def test_closing_gives_up_when_the_time_is_over(sockets: Sockets, released: threading.Event) -> None:
    sockets.hang("one", released)
    pusher = Pusher(STREAM, ["one"])
    pusher.events([event(1), event(2), event(3)])
    sockets.arrived(1)

    pusher.close(0.01)  # would wait for ever, were it to wait for the answer
    released.set()
    eventually(lambda: not pushers())
    pusher.close(0.01)
    assert len(sockets.frames()) == 1


def test_closing_ends_the_thread(sockets: Sockets) -> None:
    pusher = Pusher(STREAM, ["one"])
    pusher.delta(T, "a")
    assert pushers()
    pusher.close(WITHIN)
    assert not pushers()


def test_without_listeners_nothing_is_started_or_sent(sockets: Sockets, stub: StubServer) -> None:
    with Pusher(STREAM, []) as pusher:
        pusher.delta(T, "a")
        pusher.events([event(1)])
        assert not pushers()
    assert not stub.asked


def test_without_a_websocket_api_nothing_is_started_or_sent(
    sockets: Sockets, stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBSOCKET_API_ID", "")
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.listen(["two"])
        pusher.events([event(1)])
        assert not pushers()
    assert not stub.asked


def test_who_joins_later_sees_by_the_index_and_the_offset_that_the_beginning_is_missing(sockets: Sockets) -> None:
    with Pusher(STREAM, []) as pusher:
        pusher.delta(T, "unheard ")
        pusher.listen(["one"])
        pusher.delta(T, "heard")

    (delta,) = sockets.frames()
    assert delta["data"] == {"turn_id": "t", "index": 1, "offset": 8, "text": "heard"}


def test_no_text_is_no_delta(sockets: Sockets) -> None:
    with Pusher(STREAM, []) as pusher:
        pusher.delta(T, "")
        pusher.listen(["one"])
        pusher.delta(T, "")
        pusher.delta(T, "heard")

    assert [frame["data"]["index"] for frame in sockets.frames()] == [0]


def test_who_listens_no_longer_is_sent_no_more(sockets: Sockets) -> None:
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.events([event(1)])
        sockets.arrived(1)
        pusher.listen(["two"])
        pusher.events([event(2)])

    assert [frame["seq"] for frame in sockets.frames("one")] == [1]
    assert [frame["seq"] for frame in sockets.frames("two")] == [2]


def test_an_event_too_large_for_a_frame_says_what_to_read(sockets: Sockets) -> None:
    message = {"id": "m", "session_id": "s", "turn_id": "t", "content": "🏋" * (FRAME_LIMIT // 4)}
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.events([event(1, message=message), event(2, turn={"id": "t", "x": "x" * FRAME_LIMIT}, message_id="m")])

    ids = {"turn_id": "t", "message_id": "m", "truncated": True}
    assert sockets.frames() == [event(1, session_id="s", **ids), event(2, **ids)]


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (
            {"action": {"id": "a", "session_id": "s", "message_id": None, "payload": {"plan": {"id": "p"}}}},
            {"action_id": "a", "session_id": "s"},
        ),
        ({"task": {"id": "k", "role": "writer"}}, {"task_id": "k"}),
        ({"room": {"id": "r", "room_id": "to share", "issues": []}}, {"room_id": "r"}),
        ({"file": {"id": "f", "task_id": "k"}, "room_id": "r"}, {"file_id": "f", "task_id": "k", "room_id": "r"}),
    ],
)
def test_whatever_an_event_is_about_its_ids_are_in_the_truncated_frame(
    sockets: Sockets, data: dict[str, Any], ids: dict[str, str]
) -> None:
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.events([event(1, **data, words="x" * FRAME_LIMIT)])

    assert sockets.frames() == [event(1, **ids, truncated=True)]


def test_a_large_delta_is_split(sockets: Sockets) -> None:
    text = "Größe 🏋️ " * 10_000
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.delta(T, text)

    assert sockets.text() == text
    assert max(sockets.sizes()) < FRAME_LIMIT
    assert max(len(frame["data"]["text"].encode()) for frame in sockets.frames()) <= 1024


def test_no_fault_of_the_network_reaches_the_turn(
    sockets: Sockets, nobody: str, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.events([event(1), event(2), event(3)])

    assert log.getvalue().count("a push failed") == 2


def test_missing_credentials_do_not_reach_the_turn(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.events([event(1)])
    assert not sockets.frames()


def test_a_frame_that_cannot_be_made_does_not_stop_the_others(sockets: Sockets, log: io.StringIO) -> None:
    with Pusher(STREAM, ["one"]) as pusher:
        pusher.events([event(1, what={1, 2}), event(2)])
        pusher.delta(T, "half \ud83c")

    assert [frame.get("seq") for frame in sockets.frames()] == [2, None]
    assert sockets.text() == "half ?"
    assert "a frame could not be made" in log.getvalue()
