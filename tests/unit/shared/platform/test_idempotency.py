import re

from pydantic import BaseModel

from shared.platform.idempotency import Idempotency


class Body(BaseModel):
    content: str
    title: str | None = None


def test_without_a_key_nothing_is_remembered() -> None:
    assert Idempotency(None).arguments(Body(content="a")) == {}


def test_the_same_body_under_a_key_is_known_again() -> None:
    first = Idempotency("k").arguments(Body(content="a"))
    assert first == Idempotency("k").arguments(Body.model_validate_json('{"title": null, "content": "a"}'))
    assert first["p_idempotency_key"] == "k"
    assert re.fullmatch("[0-9a-f]{64}", first["p_request_hash"] or "")


def test_another_body_is_not_taken_for_the_same() -> None:
    hashes = [Idempotency("k").arguments(body)["p_request_hash"] for body in (Body(content="a"), Body(content="a "))]
    assert hashes[0] != hashes[1]
