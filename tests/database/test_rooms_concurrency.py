"""Twenty connections at once: no limit is passed, nothing is done twice, nobody deadlocks."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.database.actors import add_user
from tests.support.database.rooms import Rooms, rooms_at_once
from tests.support.database.turns import Refusal

AT_ONCE = 20
CONSISTENT = """
    select u.tokens_used + u.tokens_reserved <= p.weekly_tokens and u.cost_estimate + u.cost_reserved <= p.weekly_cost
      and u.tokens_reserved = coalesce(sum(l.tokens_reserved) filter (where l.status = 'reserved'), 0)
      and u.cost_reserved = coalesce(sum(l.cost_reserved) filter (where l.status = 'reserved'), 0)
      and u.tokens_used = coalesce(sum(least(l.tokens_used, l.tokens_reserved)) filter (where l.status = 'settled'), 0)
    from ai_usage as u join ai_usage_plans as p on p.is_default left join ai_usage_ledger as l on l.usage_id = u.id
    group by u.id, p.id
"""


@pytest.fixture
def rooms(database_url: str) -> Any:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Rooms(connection, add_user(connection))


def working(rooms: Rooms, count: int, **limits: Any) -> tuple[str, list[str]]:
    room = rooms.opened(**({"tokens": 1000, "cost": 0.4} | limits))
    tasks = rooms.plan(room, **{f"t{number}": "" for number in range(count)})
    for task in tasks:
        rooms.begin(room, task)
    return room, tasks


def repeatedly(act: Callable[[Rooms], Any], times: int = AT_ONCE) -> list[Callable[[Rooms], Any]]:
    return [act] * times


@pytest.mark.parametrize(
    ("limits", "most"), [({"tokens": 75}, 7), ({"cost": 0.035, "tokens": 10_000}, 3), ({"calls": 5}, 5)]
)
def test_no_limit_of_a_room_is_passed(database_url: str, rooms: Rooms, limits: dict[str, float], most: int) -> None:
    room, tasks = working(rooms, AT_ONCE, **limits)

    def step(task: str) -> Callable[[Rooms], bool]:
        return lambda agent: bool(agent.begin_step(room, task, 10, 0.01)["proceed"])

    assert Counter(rooms_at_once(database_url, rooms.user, *map(step, tasks)))[True] == most


def test_no_week_is_passed_by_rooms_that_are_created_at_once(database_url: str, rooms: Rooms) -> None:
    rooms.connection.execute("update ai_usage_plans set weekly_tokens = 1000000")
    created = rooms_at_once(
        database_url, rooms.user, *repeatedly(lambda user: user.create(limits={"tokens": 150_000, "cost": 0.01}))
    )

    assert Counter(isinstance(one, Refusal) for one in created) == {False: 6, True: AT_ONCE - 6}
    assert rooms.week()[1] == 900_000


def test_a_request_that_is_sent_many_times_creates_one_room(database_url: str, rooms: Rooms) -> None:
    created = rooms_at_once(database_url, rooms.user, *repeatedly(lambda user: user.create("k")))

    assert len({one["room"]["id"] for one in created}) == 1
    assert Counter(one["replayed"] for one in created) == {False: 1, True: AT_ONCE - 1}


def test_a_task_goes_to_one_of_many_workers(database_url: str, rooms: Rooms) -> None:
    room = rooms.opened()
    (task,) = rooms.plan(room, t1="")
    begun = rooms_at_once(database_url, rooms.user, *repeatedly(lambda worker: worker.begin(room, task)["outcome"]))

    assert Counter(begun) == {"run": 1, "busy": AT_ONCE - 1}


def test_the_task_of_a_dead_worker_goes_to_one_of_many(database_url: str, rooms: Rooms) -> None:
    room, (task,) = working(rooms, 1)
    rooms.kill_worker(task)
    begun = rooms_at_once(database_url, rooms.user, *repeatedly(lambda worker: worker.begin(room, task)["outcome"]))

    assert Counter(begun) == {"run": 1, "busy": AT_ONCE - 1}


def test_what_is_reported_many_times_happens_once(database_url: str, rooms: Rooms) -> None:
    room, (task,) = working(rooms, 1)
    rooms.draft(room, task)

    def report(worker: Rooms) -> int:
        recorded = worker.record(room, task, tokens=100)["recorded"]
        done = worker.finish_task(room, task)["events"]
        ended = worker.finish(room)["events"]
        return int(recorded) + len(done) + len(ended)

    # One is recorded, a file and a task are told, a room (to its watchers and to its owner) and the usage.
    assert sum(rooms_at_once(database_url, rooms.user, *repeatedly(report))) == 1 + 2 + 3
    assert rooms.week()[:2] == (100, 0)
    assert rooms.rows("select version from room_file_versions") == [(1,)]


def test_the_same_file_written_by_many_has_as_many_versions(database_url: str, rooms: Rooms) -> None:
    room, tasks = working(rooms, AT_ONCE)

    def write(task: str) -> Callable[[Rooms], Any]:
        return lambda agent: (agent.draft(room, task), agent.finish_task(room, task))

    rooms_at_once(database_url, rooms.user, *map(write, tasks))
    versions = rooms.rows("select version from room_file_versions order by version")
    assert [row[0] for row in versions] == list(range(1, AT_ONCE + 1))
    assert rooms.rows("select version from files") == [(AT_ONCE,)]


def test_an_answer_that_is_sent_many_times_is_taken_once(database_url: str, rooms: Rooms) -> None:
    room, (task,) = working(rooms, 1)
    rooms.save_token(rooms.ask(room, task)["wait_id"], "token")
    wait = rooms.value("select id from room_inputs")
    given = rooms_at_once(
        database_url,
        rooms.user,
        *(
            lambda user, text=text: user.answer(room, answer=text, input_id=str(wait))
            for text in ["60 kg", "70 kg"] * 10
        ),
    )

    assert Counter(isinstance(one, Refusal) for one in given) == {False: 10, True: 10}


def test_whoever_subscribes_while_a_share_ends_hears_nothing_afterwards(database_url: str, rooms: Rooms) -> None:
    room = rooms.opened()
    reader = Rooms(rooms.connection)
    sockets = [f"c-{uuid4()}" for _ in range(AT_ONCE - 1)]
    for connection_id in sockets:
        rooms.call("open_connection", connection_id=connection_id, user_id=reader.user)
    rooms.share(room, on=True)

    def watch(connection_id: str) -> Callable[[Rooms], Any]:
        return lambda other: other.call("subscribe", connection_id=connection_id, stream=f"room:{room}")

    rooms_at_once(database_url, rooms.user, lambda owner: owner.share(room, on=False), *map(watch, sockets))
    assert rooms.answer(room, steer="x")["listeners"] == []
    assert rooms.rows("select 1 from websocket_subscriptions") == []


def test_whatever_happens_at_once_nobody_deadlocks_and_the_books_are_right(database_url: str, rooms: Rooms) -> None:
    places = [working(rooms, 4, tokens=100_000, cost=0.1) for _ in range(2)]

    def live(seed: int) -> Callable[[Rooms], list[Any]]:
        return lambda agent: [turmoil(agent, random.Random(seed * 100 + n), places) for n in range(25)]  # noqa: S311

    answers = rooms_at_once(database_url, rooms.user, *(live(seed) for seed in range(8)))
    refusals = {one.sqlstate for of_one in answers for one in of_one if isinstance(one, Refusal)}
    assert refusals <= {"PT404", "PT409", "PT422", "PT429"}
    assert rooms.rows(CONSISTENT) == [(True,)]
    for (room,) in rooms.rows("select id::text from rooms"):
        rooms.finish(room)
    assert rooms.week()[1] == 0
    assert rooms.rows(CONSISTENT) == [(True,)]
    open_tasks = "select 1 from room_tasks where status in ('pending', 'running', 'waiting')"
    assert rooms.rows(open_tasks) == rooms.rows("select 1 from private.room_task_tokens") == []


def turmoil(agent: Rooms, dice: random.Random, places: list[tuple[str, list[str]]]) -> Any:
    """One thing that agents, the workflow, the owner or the sweep may do to one of the rooms."""
    room, tasks = dice.choice(places)
    task = dice.choice(tasks)
    acts: list[Callable[[], Any]] = [
        lambda: agent.begin(room, task),
        lambda: agent.begin_step(room, task, 5000, 0.005),
        lambda: agent.record(room, task, str(dice.random()), 4000, cost=0.004),
        lambda: agent.draft(room, task),
        lambda: agent.finish_task(room, task),
        lambda: agent.fail_task(room, task),
        lambda: agent.ask(room, task, dice.choice(["question", "budget"])),
        lambda: agent.answer(room, answer="x"),
        lambda: agent.answer(room, budget={"tokens": dice.randrange(90_000, 300_000)}),
        lambda: agent.finish(room),
        lambda: agent.cancel(room),
        lambda: agent.retry(room),
        lambda: agent.share(room, on=dice.random() < 0.5),
        lambda: agent.call("end_overdue_turns"),
        lambda: agent.call("end_lost_rooms"),
        lambda: agent.create(limits={"tokens": 10, "cost": 0}),
    ]
    return dice.choice(acts)()


def test_an_account_is_deleted_while_its_agents_work(database_url: str, rooms: Rooms) -> None:
    room, tasks = working(rooms, AT_ONCE - 1)

    def work(task: str) -> Callable[[Rooms], list[Any]]:
        return lambda agent: [agent.record(room, task, str(step)) for step in range(5)]

    def delete(owner: Rooms) -> list[Any]:
        return [owner.call("delete_account_data", user_id=owner.user)]

    told = rooms_at_once(database_url, rooms.user, delete, *map(work, tasks))
    refusals = {one.message for of_one in told for one in of_one if isinstance(one, Refusal)}
    assert refusals <= {"room_not_found"}
    assert rooms.rows("select 1 from rooms") == rooms.rows("select 1 from ai_usage_ledger") == []
