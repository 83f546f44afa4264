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
---

# Creatine
"""


def test_title_review_and_sources_are_read() -> None:
    front, rest = split(TEXT)
    assert front == FrontMatter(
        "Creatine: dose",
        date(2026, 11, 21),
        "the team",
        ("Kreider RB et al. Position stand. Journal, 2017.", "https://example.org/creatine"),
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


@given(st.binary() | st.text().map(str.encode).map(lambda text: b"---\n" + text + b"\n---\n"))
def test_any_bytes_can_be_read(data: bytes) -> None:
    assert data.endswith(split(data)[1])


def test_each_shipped_document_says_who_reviewed_it_when_and_against_what() -> None:
    for path in documents():
        front, _ = split(path.read_bytes())
        assert front.reviewed_on
        assert front.reviewed_by
        assert front.sources
