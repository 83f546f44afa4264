from collections.abc import Sequence
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.rooms.schemas import Task
from shared.rooms.work import waves
from tests.support.room_work import room_state, room_work
from tests.support.room_work import stored_task as task

ROOM = room_state(plan=None)


def numbers(found: Sequence[Sequence[str]]) -> list[list[int]]:
    return [[UUID(each).int for each in wave] for wave in found]


def left(*tasks: Task) -> list[list[int]]:
    return numbers(room_work(*tasks).waves)


def test_tasks_run_in_waves_each_after_what_it_needs() -> None:
    assert numbers(waves([task(1), task(2), task(3, 1, 2), task(4, 3)])) == [[1, 2], [3], [4]]


def test_what_is_not_there_is_no_hindrance() -> None:
    assert numbers(waves([task(2, 1)])) == [[2]]
    assert waves([]) == []


@given(st.lists(st.sets(st.integers(0, 7)), min_size=1, max_size=8))
def test_every_task_of_an_acyclic_plan_runs_once_and_after_its_needs(needs: list[set[int]]) -> None:
    before = {number: {other for other in others if other < number} for number, others in enumerate(needs)}
    order = numbers(waves([task(number, *sorted(others)) for number, others in before.items()]))
    place = {number: wave for wave, each in enumerate(order) for number in each}
    assert sorted(number for wave in order for number in wave) == sorted(before)
    assert all(place[other] < place[number] for number, others in before.items() for other in others)


def test_what_has_ended_is_not_done_again() -> None:
    ended = [task(1, status="done"), task(2, status="skipped"), task(3, status="cancelled")]
    assert left(*ended, task(4, 1), task(5, status="failed")) == [[4, 5]]


def test_repairs_come_behind_the_work_that_they_repair() -> None:
    assert left(task(1, round=1), task(2), task(3, 2)) == [[2], [3], [1]]


def test_an_owner_who_names_no_roles_gets_them_all_in_their_order() -> None:
    assert ROOM.roles == ["researcher", "writer", "coder"]
    assert ROOM.model_copy(update={"agents": ["coder", "researcher"]}).roles == ["researcher", "coder"]
