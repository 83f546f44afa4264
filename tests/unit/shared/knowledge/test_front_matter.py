"""What a document says of itself is read where it stands first, and is no part of its text."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.demo.knowledge import documents
from shared.knowledge.front_matter import FrontMatter, split

TEXT = b"""---
title: "Creatine: dose"
reviewed: 2026-11-21
reviewed_by: the team
tags: [supplements]
sources:
  - Kreider RB et al. Position stand.
    Journal, 2017.
  - https://example.org/creatine
questions:
  - How much a day?
  - "Loading: is it needed?"
---

# Creatine
"""


def test_title_review_sources_and_questions_are_read() -> None:
    front, rest = split(TEXT)
    assert front == FrontMatter(
        "Creatine: dose",
        date(2026, 11, 21),
        "the team",
        ("Kreider RB et al. Position stand. Journal, 2017.", "https://example.org/creatine"),
        ("How much a day?", "Loading: is it needed?"),
    )
    assert rest.strip() == b"# Creatine"


@pytest.mark.parametrize("change", [(b"\n", b"\r\n"), (b"---\ntitle", b"\xef\xbb\xbf---\ntitle"), (b"  - ", b"- ")])
def test_it_is_read_however_it_was_saved(change: tuple[bytes, bytes]) -> None:
    assert split(TEXT.replace(*change))[0] == split(TEXT)[0]


@pytest.mark.parametrize(
    "data",
    [
        b"# Creatine",
        b"---\n\nA rule, and then a text.\n\n---\n",
        b"---\ntitle: open",
        b"\n---\ntitle: not first\n---\n",
        b"---\ntitle: \xff\n---\n",
        b"---\n---\n# Empty",
        b"",
    ],
)
def test_a_text_without_it_stays_as_it_is(data: bytes) -> None:
    assert split(data) == (FrontMatter(), data)


def test_what_is_no_date_is_no_review() -> None:
    assert split(b"---\nreviewed: last spring\n---\nx")[0].reviewed_on is None


def test_what_is_read_has_bounds() -> None:
    front, _ = split(b"---\nreviewed_by: " + b"x" * 900 + b"\nsources:\n" + b"- y\n" * 100 + b"---\n")
    assert (len(front.reviewed_by or ""), len(front.sources)) == (500, 50)


def test_a_question_counts_once_and_whole_and_there_are_forty_of_them() -> None:
    asked = ["Why?", "Why?", "  When   is it?", "x" * 201, *(f"How {number}?" for number in range(50))]
    front, _ = split("\n".join(["---", "questions:", *(f"- {each}" for each in asked), "---", ""]).encode())

    assert front.questions == ("Why?", "When is it?", *(f"How {number}?" for number in range(38)))


def test_what_no_database_stores_is_left_out() -> None:
    assert split(b"---\nquestions:\n- W\0hy?\n---\n")[0].questions == ("Why?",)


@given(st.binary() | st.text().map(str.encode).map(lambda text: b"---\n" + text + b"\n---\n"))
def test_any_bytes_can_be_read(data: bytes) -> None:
    assert data.endswith(split(data)[1])


def test_each_shipped_document_says_who_reviewed_it_when_and_against_what() -> None:
    for path in documents():
        front, _ = split(path.read_bytes())
        assert front.reviewed_on
        assert front.reviewed_by
        assert front.sources


def test_each_shipped_document_says_what_it_answers_and_all_of_it_is_kept() -> None:
    asked: list[str] = []
    for path in documents():
        front, _ = split(path.read_bytes())
        lines = path.read_text().split("\nquestions:\n")[1].split("\n---\n")[0].splitlines()
        assert len(front.questions) == len(lines) >= 10, path.name
        asked += front.questions
    assert len(asked) == len(set(asked))
