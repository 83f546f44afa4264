"""What a request says: its questions, what it leaves to be asked, the files it names."""

from __future__ import annotations

import re

from infra.local.offline_models.sentences import split

MOST_QUESTIONS = 3
LONGEST_QUERY = 300  # characters
LONGEST_TITLE = 80

_NOT = r"(?<!don't )(?<!do not )(?<!never )(?<!without )"
_ASK = re.compile(
    rf"(?:[,;]?\s*\b(?:and|but|then|please|first)\b)*[,;]?\s*{_NOT}\bask (?:me|us|the owner)(?: first)?:?\s+"
    r"((?:which|whether|what|how|when|where|who|if|for|about)\b[^.;!?\n]*)[.;!?]?",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\[(?:choose|pick|select|decide)\b[^\]\n]*\]", re.IGNORECASE)
_NAMED = re.compile(r"(?<![\w./-])[A-Za-z0-9][\w-]*\.[a-z]{2,4}\b")
_TO_YOU = {"i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "am": "are", "i'm": "you are"}
_WORD = re.compile(r"[A-Za-z']+")


def owner_questions(text: str) -> list[str]:
    """What its author wants to be asked: `ask me which …`, or a choice such as `[choose]` that was left open."""
    asked = [f"You wanted to be asked {_to_you(found.strip())}. What is your answer?" for found in _ASK.findall(text)]
    choices = [
        f"Your request leaves a choice open: “{_around(text, found)}”. What do you choose?"
        for found in _CHOICE.finditer(text)
    ]
    return list(dict.fromkeys([*asked, *choices]))[:MOST_QUESTIONS]


def owner_words(text: str) -> str:
    """The parts of a request that are to be asked about, as they were written."""
    found = [match[0].strip(" ,;") for match in _ASK.finditer(text)]
    return " ".join([*found, *(_around(text, match) for match in _CHOICE.finditer(text))])


def settled(text: str) -> str:
    """A request without what is to be asked about."""
    return _CHOICE.sub("…", _ASK.sub(".", text)).replace("..", ".").strip(" .\n") or text.strip()


def title_of(request: str) -> str:
    """Its first sentence, as a heading."""
    first = next((part.text for part in split(settled(request))), settled(request))
    return short(" ".join(first.split()).rstrip(".!?: "), LONGEST_TITLE) or "Untitled"


def questions_of(request: str) -> list[str]:
    """What is to be looked up: the questions that the request asks or lists, else the request as a whole."""
    text = settled(request)
    listed = [line.strip()[2:] for line in text.splitlines() if line.strip().startswith(("- ", "* "))]
    asked = [part.text for part in split(text) if part.text.rstrip().endswith("?")]
    found = listed or asked or [text]
    return [short(" ".join(each.split()), LONGEST_QUERY) for each in dict.fromkeys(found)][:MOST_QUESTIONS]


def named_files(request: str, types: list[str]) -> list[str]:
    """Names of files of these types (endings) that the request speaks of."""
    return [name for name in dict.fromkeys(_NAMED.findall(request)) if f".{name.rpartition('.')[2]}" in types]


def short(text: str, length: int) -> str:
    """At most `length` characters, cut between words."""
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + "…"


def _to_you(text: str) -> str:
    return _WORD.sub(lambda word: _TO_YOU.get(word[0].lower(), word[0]), text)


def _around(text: str, found: re.Match[str]) -> str:
    """The sentence in which a choice stands, or behind which it does."""
    before = len(text[: found.start()].rstrip(" .?!\n"))
    start = max(text.rfind(mark, 0, before) for mark in (". ", "\n", "? ", "! "))
    end = min((place for mark in ".?!\n" if (place := text.find(mark, found.end())) >= 0), default=len(text))
    return text[start + 1 : end].strip()
