"""What the request of a room says: its questions, what is to be asked of the owner, the files it names."""

import re

from infra.local.offline_models.pretend.sentences import split

MAX_QUESTIONS, MAX_QUERY, MAX_TITLE = 3, 300, 80  # the last two in characters
_NOT = r"(?<!don't )(?<!do not )(?<!never )(?<!without )"
_ASK = re.compile(
    rf"(?:[,;]?\s*\b(?:and|but|then|please|first)\b)*[,;]?\s*{_NOT}\bask (?:me|us|the owner)(?: first)?:?\s+"
    r"((?:which|whether|what|how|when|where|who|if|for|about)\b[^.;!?\n]*)[.;!?]?",
    re.IGNORECASE,
)
_FILE = re.compile(r"(?<![\w./-])[A-Za-z0-9][\w-]*(\.[a-z]{2,4})\b")
_TO_YOU = {"i": "you", "me": "you", "my": "your", "mine": "yours", "am": "are", "i'm": "you are"}


def owner_questions(text: str) -> list[str]:
    """What its author wants to be asked: `ask me which …`."""
    asked = (
        re.sub(r"[A-Za-z']+", lambda word: _TO_YOU.get(word[0].lower(), word[0]), each) for each in _ASK.findall(text)
    )
    return [f"You wanted to be asked {each.strip()}. What is your answer?" for each in dict.fromkeys(asked)][
        :MAX_QUESTIONS
    ]


def owner_words(text: str) -> str:
    """The same as it was written."""
    return " ".join(found[0].strip(" ,;") for found in _ASK.finditer(text))


def settled(text: str) -> str:
    """A request without what is to be asked about."""
    return _ASK.sub(".", text).replace("..", ".").strip(" .\n") or text.strip()


def title_of(request: str) -> str:
    """Its first sentence, as a heading."""
    first = next((part.text for part in split(settled(request))), settled(request))
    return short(" ".join(first.split()).rstrip(".!?: "), MAX_TITLE) or "Untitled"


def questions_of(request: str) -> list[str]:
    """What is to be looked up: the questions that the request asks or lists, else the request as a whole."""
    text = settled(request)
    listed = [line.strip()[2:] for line in text.splitlines() if line.strip().startswith(("- ", "* "))]
    asked = [part.text for part in split(text) if part.text.rstrip().endswith("?")]
    found = dict.fromkeys(listed or asked or [text])
    return [short(" ".join(each.split()), MAX_QUERY) for each in found][:MAX_QUESTIONS]


def named_files(request: str) -> dict[str, str]:
    """Files that the request speaks of, each with its ending."""
    return {found[0]: found[1] for found in _FILE.finditer(request)}


def short(text: str, length: int) -> str:
    """At most `length` characters, cut between words."""
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + "…"
