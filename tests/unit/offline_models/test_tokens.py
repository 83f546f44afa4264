"""An answer is streamed in small pieces that join to the whole."""

from hypothesis import example, given
from hypothesis import strategies as st

from infra.local.offline_models.tokens import pieces

PROSE = "Rest two to five minutes between sets; for isolation work ninety seconds are enough.\n\n- Sleep well."


@given(st.text())
@example("a" * 4000)
@example("\U0001f3cb\ufe0f\u200d\u2640\ufe0f 힘내요 " * 20)
def test_the_pieces_of_a_text_join_to_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


def test_a_text_of_some_length_comes_in_several_pieces() -> None:
    assert len(list(pieces(PROSE))) > 3
