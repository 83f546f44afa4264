import pytest

from shared.rooms.transcript import CompletedCall, is_stuck


def calls(*said: str) -> list[CompletedCall]:
    """`name=result` each; without a result, one that is new."""
    found = []
    for number, text in enumerate(said):
        name, _, result = text.partition("=")
        found.append(CompletedCall(name, result or f"new {number}"))
    return found


@pytest.mark.parametrize(
    "said",
    [
        ["a=1", "a=1", "a=1"],
        ["a=1", "b", "a=1", "c", "d", "a=1"],
        ["a", "b", "a", "b"],
        ["x", "a", "b", "a", "b"],
        ["a=1", "b=1", "c=1", "d=1", "e=1", "f=1"],
        ["a=1", "b=2", "c=1", "d=2", "e=1", "f=2", "g=1"],
    ],
    ids=" ".join,
)
def test_going_in_circles_is_noticed_at_the_last_of_these_calls(said: list[str]) -> None:
    done = calls(*said)
    assert is_stuck(done)
    assert not any(is_stuck(done[:length]) for length in range(len(done)))


@pytest.mark.parametrize(
    "said",
    [
        [],
        ["a=1", "a=1"],
        ["a", "a", "a"],  # the same question, each time with news
        ["a", "b", "a", "c"],
        ["a=1", "b=1", "c=1", "d=1", "e=1"],
        ["a=1", "b=1", "c=1", "d", "e=1", "f=1", "g=1"],
    ],
    ids=" ".join,
)
def test_work_that_goes_on_is_not(said: list[str]) -> None:
    done = calls(*said)
    assert not any(is_stuck(done[:length]) for length in range(len(done) + 1))
