from hypothesis import example, given
from hypothesis import strategies as st

from shared.llm.tokens import count, truncate
from tests.support.properties import unhurried

CONTROL = ["<|endoftext|>", "<|im_start|>", "<|endofprompt|>"]
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
