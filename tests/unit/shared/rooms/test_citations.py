"""Quotes in what agents deliver: those that stand in their passages keep a mark, and their sources are listed."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.knowledge.queries import Passage
from shared.rooms.citations import Cited, cited, name_of, names_in, uncited


def passage(number: int, content: str, title: str = "Deload weeks", heading: str | None = "How often") -> Passage:
    scores = {"score": 0.0, "rank_score": 0.0}
    id_ = UUID(int=number << 96)
    return Passage(chunk_id=id_, source="d.md", title=title, heading=heading, version=1, content=content, **scores)


DELOAD = passage(1, "A deload is a planned **easier** week, every four to eight weeks.")
SLEEP = passage(2, "Sleep eight hours.", title="Sleep </b> & rest", heading=None)
PASSAGES = {name_of(each): each for each in (DELOAD, SLEEP)}
D, S = PASSAGES


def test_a_quote_that_stands_in_its_passage_is_numbered_and_its_source_listed() -> None:
    told = cited(
        f'# Rest\n\n"A deload is a planned easier week" [{D}]. “Sleep eight hours.” [{S}] And again [{D}].\n', PASSAGES
    )
    assert told.dropped == 0
    assert told.text == (
        '# Rest\n\n"A deload is a planned easier week" [1]. “Sleep eight hours.” [2] And again [1].\n\n---\n\n'
        f"1. Deload weeks: How often ({D})\n2. Sleep &amp; rest ({S})\n"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        f'"A deload is a hard week" [{D}]',
        f'"Sleep eight hours" [{D}]',
        '"Sleep eight hours" [k99999999]',
        f"„Nie“ [{D}]",
    ],
)
def test_what_stands_in_no_passage_of_its_own_loses_its_mark_and_is_counted(wrong: str) -> None:
    told = cited(f'So: {wrong}. "Sleep eight hours." [{S}]', PASSAGES)
    assert told.dropped == 1
    assert f"So: {wrong.partition(' [')[0]}. " in told.text
    assert '"Sleep eight hours." [1]' in told.text
    assert D not in told.text


def test_a_text_that_cites_nothing_stays_as_it_is() -> None:
    for text in ("# Plan\n\nSee [1] and [link](a.md).\n", "", "---\n\n1. One (of two)\n"):
        assert cited(text, PASSAGES) == Cited(text)


def test_only_wrong_quotes_leave_no_list() -> None:
    assert cited(f'"A hard week" [{D}] it is.\n', PASSAGES) == Cited('"A hard week" it is.\n', 1)


@given(
    st.lists(
        st.sampled_from([f"[{D}]", f"[{S}]", "[k99999999]", '"Sleep eight hours"', "[1]", " word. ", "\n\n"]),
        max_size=12,
    )
)
def test_what_is_delivered_can_be_read_and_delivered_again(parts: list[str]) -> None:
    first = cited("Begin " + "".join(part for part in parts if part != "[1]"), PASSAGES)
    again = cited(uncited(first.text), PASSAGES)
    assert again == Cited(first.text)
    assert cited(first.text, PASSAGES) == Cited(first.text)


def test_the_passages_that_a_text_names_are_looked_up_once_each() -> None:
    written = f'"A" [{D}] and [{S}] and [{D}], [p1], [kxyz]'
    assert names_in(written) == [D, S]
    assert names_in(cited(f"So [{S}] and [{D}].", PASSAGES).text) == [S, D]
