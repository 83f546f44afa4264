import re

from pydantic import BaseModel

from shared.platform.idempotency import Idempotency


class Body(BaseModel):
    content: str
    title: str | None = None


def test_without_a_key_nothing_is_remembered() -> None:
    assert Idempotency(None).request_hash(Body(content="a")) is None


def test_the_same_body_under_a_key_is_known_again() -> None:
    first = Idempotency("k").request_hash(Body(content="a"))
    assert first == Idempotency("k").request_hash(Body.model_validate_json('{"title": null, "content": "a"}'))
    assert re.fullmatch("[0-9a-f]{64}", first or "")


def test_another_body_is_not_taken_for_the_same() -> None:
    first, second = (Idempotency("k").request_hash(Body(content=text)) for text in ("a", "a "))
    assert first != second
