"""What the knowledge base says of a file, held against what a reader sees in it."""

import re
from collections.abc import Sequence

from shared.knowledge import front_matter
from shared.knowledge.reader import answered
from shared.knowledge.units import Sizes

Case = tuple[bytes, Sequence[str], Sequence[str]]  # a file, patterns that what is told has, and such as it has not


def assert_told(data: bytes, wanted: Sequence[str], unwanted: Sequence[str]) -> None:
    said = told(data)

    assert [each for each in wanted if not re.search(each, said, re.MULTILINE)] == [], said
    assert [each for each in unwanted if re.search(each, said, re.MULTILINE)] == [], said


def told(data: bytes, name: str = "a.md") -> str:
    """All chunks of a file, with its title before them."""
    answer = answered(front_matter.split(data)[1], name, Sizes())
    assert "code" not in answer, answer
    return "\n\n".join([f"title: {answer['title']}", *(chunk["content"] for chunk in answer["chunks"])])


def web_page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>".encode()
