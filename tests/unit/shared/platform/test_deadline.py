import time
from dataclasses import dataclass

from shared.platform.deadline import Deadline


@dataclass
class Context:
    milliseconds: int

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def test_a_deadline_comes_nearer() -> None:
    deadline = Deadline.after(60)
    first = deadline.remaining()
    assert 0 < deadline.remaining() <= first <= 60


def test_the_time_that_later_work_needs_is_kept() -> None:
    deadline = Deadline.after(60)
    assert deadline.remaining(keep=50) <= 10
    assert deadline.remaining(keep=70) == 0


def test_a_deadline_that_has_passed_leaves_nothing() -> None:
    assert Deadline(time.monotonic() - 5).remaining() == 0


def test_a_lambda_says_how_long_it_may_run() -> None:
    assert 0 < Deadline.of(Context(30_000)).remaining() <= 30
    assert Deadline.of(Context(0)).remaining() == 0
