import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.platform.process import begin, forget, keep, once
from tests.support.waiting import eventually


class Connection:
    def __init__(self, place: str) -> None:
        self.place = place
        self.is_open = True

    def close(self) -> None:
        self.is_open = False


@keep
def connection(place: str = "here") -> Connection:
    return Connection(place)


@keep
def names() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    forget(connection, names)


def test_what_is_kept_is_made_once_for_each_of_its_arguments() -> None:
    assert connection() is connection()
    assert connection("there") is connection("there")
    assert connection("there").place == "there"


def test_what_could_not_be_made_is_tried_again() -> None:
    tried: list[str] = []

    @keep
    def failing() -> str:
        tried.append("")
        if len(tried) == 1:
            raise KeyError
        return "made"

    with pytest.raises(KeyError):
        failing()
    assert failing() == "made"


def test_a_process_that_forgets_closes_what_was_open_and_makes_it_anew() -> None:
    old = connection()
    names().append("a")
    forget()

    assert not old.is_open
    assert connection().is_open
    assert names() == []


def test_one_thing_alone_can_be_forgotten() -> None:
    old = connection()
    names().append("a")
    forget(names)

    assert old.is_open
    assert connection() is old
    assert names() == []


def test_who_asks_while_it_is_being_made_waits_for_it() -> None:
    made: list[str] = []
    may_end = threading.Event()

    @keep
    def slow() -> object:
        made.append("")
        assert may_end.wait(10)
        return object()

    begin(slow)
    eventually(lambda: made)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(slow) for _ in range(4)]
        may_end.set()
    assert len({each.result() for each in asked}) == len(made) == 1


def test_what_could_not_be_made_ahead_is_tried_again_by_whoever_needs_it() -> None:
    tried: list[str] = []

    @keep
    def failing() -> str:
        tried.append("")
        if len(tried) == 1:
            raise KeyError
        return "made"

    begin(failing)
    eventually(lambda: tried)
    assert failing() == "made"


def test_what_is_made_once_is_not_forgotten() -> None:
    same = once(object)
    before = same()
    forget()
    assert same() is before
