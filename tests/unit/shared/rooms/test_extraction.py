"""Documents that take too long to read: an agent is told, unless it is the worker that has no time left."""

import pytest

from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError, UnavailableError
from shared.rooms.extraction import text_of

PAGE = b"<!DOCTYPE html><html><body><p>Cut the sets by half.</p></body></html>"


def test_a_document_that_takes_too_long_is_no_fault_of_the_task() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        text_of(PAGE, "page.html", 0.001, Deadline.after(60))
    assert "too_slow" in refused.value.detail


def test_a_worker_without_time_leaves_a_document_to_the_next_one() -> None:
    with pytest.raises(UnavailableError):
        text_of(PAGE, "page.html", 20, Deadline.after(0.001))
