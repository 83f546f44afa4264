"""How a passage of the knowledge base is shown to a model."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from shared.knowledge.queries import Passage
from shared.llm import tokens

MAX_PASSAGES = 6  # that a question is given, of 700 tokens at most: about what their budget holds
PASSAGES_TOKENS = 4000


def passage_text(key: str, passage: Passage) -> str:
    """A passage with the short id by which the model cites it."""
    title, heading = escape(passage.title), escape(passage.heading or "")
    content = escape(passage.content, quote=False)
    reviewed = f' reviewed="{passage.reviewed_on}"' if passage.reviewed_on else ""
    return f'<passage id="{key}" title="{title}" heading="{heading}"{reviewed}>\n{content}\n</passage>'


def passages_text(passages: Mapping[str, Passage]) -> str:
    return "\n".join(passage_text(key, passage) for key, passage in passages.items())


def numbered(passages: Iterable[Passage], known: int = 0) -> dict[str, Passage]:
    """By the ids that a model is given, behind `known` others."""
    return {f"p{known + n}": passage for n, passage in enumerate(passages, 1)}


def best(passages: Sequence[Passage], budget: int, known: int = 0) -> dict[str, Passage]:
    """Those that fit into so many tokens, from the best on."""
    chosen: dict[str, Passage] = {}
    for key, passage in numbered(passages, known).items():
        budget -= tokens.count(passage_text(key, passage))
        if budget < 0:
            break
        chosen[key] = passage
    return chosen
