import pytest

from shared.platform.errors import UnavailableError
from shared.rooms.estimate import USUAL_TASKS, WHOLE_ROOM, Estimator
from shared.rooms.queries import TaskFigures
from shared.rooms.schemas import Role
from shared.rooms.work import PlannedTask
from tests.support.room_doubles import ScriptedDatabase


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("CHAT_MODEL", "gpt-6-luna")  # 0.10 and 0.50 dollars a million


def task(key: str, *after: str, role: Role = "writer") -> PlannedTask:
    return PlannedTask(key, role, "Write.", [f"{key}.md"], list(after))


def figures(tokens: tuple[float, float], seconds: tuple[float, float]) -> dict[Role, TaskFigures]:
    return {"writer": TaskFigures(tokens=tokens, seconds=seconds)}


MEASURED = figures(tokens=(100_000, 1_000_000), seconds=(60, 240))


def test_a_plan_costs_what_its_tasks_and_the_room_itself_take_by_the_models_prices() -> None:
    made = Estimator(MEASURED).planned([task("t1"), task("t2")])

    a_token = (0.8 * 0.10 + 0.2 * 0.50) / 1_000_000
    assert made.dollars.low == pytest.approx(a_token * (2 * 100_000 + WHOLE_ROOM.tokens[0]), abs=0.001)
    assert made.dollars.high == pytest.approx(a_token * (2 * 1_000_000 + WHOLE_ROOM.tokens[1]), abs=0.001)
    assert (made.measured, made.cost_complete) == (True, True)


def test_tasks_side_by_side_take_as_long_as_one_and_those_that_wait_as_long_as_all() -> None:
    beside = Estimator(MEASURED).planned([task("t1"), task("t2")]).minutes
    behind = Estimator(MEASURED).planned([task("t1"), task("t2", "t1")]).minutes

    assert (behind.low - beside.low, behind.high - beside.high) == pytest.approx((1.0, 4.0))


def test_without_a_plan_the_range_is_that_of_few_and_of_many_tasks() -> None:
    made = Estimator({}).unplanned([])
    few, many = (Estimator({}).planned([task(f"t{n}") for n in range(1, count + 1)]) for count in USUAL_TASKS)

    assert (made.dollars.low, made.dollars.high) == (few.dollars.low, many.dollars.high)
    assert made.minutes.low < made.minutes.high
    assert not made.measured


def test_it_says_where_a_price_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_MODEL", "nobody-knows")
    assert not Estimator({}).planned([task("t1")]).cost_complete


def test_it_is_by_what_tasks_used_before_and_without_that_by_what_was_counted_once() -> None:
    known = {"figures": {"writer": {"tokens": [1000, 2000], "seconds": [5, 9.5]}}}

    assert Estimator.of(ScriptedDatabase(task_figures=known), None).figures["writer"].tokens == (1000, 2000)
    assert Estimator.of(Silent(), None).planned([task("t1")]).minutes.high > 0


class Silent(ScriptedDatabase):
    def rpc(self, function: str, **arguments: object) -> object:  # noqa: ARG002 - the signature is a database's
        raise UnavailableError(code="database_unavailable")
