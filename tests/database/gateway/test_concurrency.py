"""Many users at once, over a few connections: nobody ever gets another's rows, role or claims."""

from concurrent.futures import ThreadPoolExecutor

from tests.database.gateway.actor import Actor, NewActor


def test_parallel_users_never_see_each_others_rows(new_actor: NewActor) -> None:
    actors = [new_actor() for _ in range(20)]

    def use(actor: Actor) -> list[set[object]]:
        seen: list[set[object]] = []
        for round_number in range(5):
            actor.rest.post("/notes", json={"title": f"{actor.id} {round_number}"})
            seen.append({row["owner"] for row in actor.rest.get("/notes?select=owner").json()})
            caller = actor.rest.post("/rpc/caller").json()
            seen.append({caller["uid"]})
            assert actor.rest.get("/nowhere").status_code == 404
        return seen

    with ThreadPoolExecutor(20) as pool:
        for actor, seen in zip(actors, pool.map(use, actors), strict=True):
            assert all(owners == {actor.id} for owners in seen)


def test_a_failed_request_leaves_nothing_behind_for_the_next(new_actor: NewActor) -> None:
    failing, fine = new_actor(), new_actor()

    def fail(_: int) -> int:
        return failing.rest.post("/rpc/refuse", json={"state": "PT418", "message": "x"}).status_code

    def succeed(_: int) -> object:
        return fine.rest.post("/rpc/caller").json()["uid"]

    with ThreadPoolExecutor(10) as pool:
        failures, successes = pool.map(fail, range(40)), pool.map(succeed, range(40))
        assert set(failures) == {418}
        assert set(successes) == {fine.id}


def test_one_row_updated_by_many_is_updated_by_each_once(new_actor: NewActor) -> None:
    actor = new_actor()
    actor.rest.post("/notes", json={"title": "counter", "stars": 0})

    def increment_if(value: int) -> int:
        path = f"/notes?title=eq.counter&stars=eq.{value}"
        headers = {"Prefer": "return=representation"}
        return len(actor.rest.patch(path, json={"stars": value + 1}, headers=headers).json())

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(increment_if, [0] * 20)) == 1
