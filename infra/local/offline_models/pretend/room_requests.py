"""What the request of a room says: its questions, what is to be asked of the owner, the files it names."""

import re

from infra.local.offline_models.pretend.sentences import split

MAX_QUESTIONS, MAX_QUERY, MAX_TITLE = 3, 300, 80  # the last two in characters
_ASK = re.compile(
    r"(?:[,;]?\s*\b(?:and|but|then|please)\b)*[,;]?\s*(?<!don't )(?<!do not )\bask (?:me|the owner)(?: first)?:?\s+"
    r"((?:which|whether|what|how|when|where|who|for|about)\b[^.;!?\n]*)[.;!?]?",
    re.IGNORECASE,
)
_FILE = re.compile(r"(?<![\w./-])[A-Za-z0-9][\w-]*(\.[a-z]{2,4})\b")
_CODE = re.compile(
    r"\b(code|scripts?|python|javascript|calculators?|json|csv|sql|spreadsheets?|tables?)\b", re.IGNORECASE
)


def owner_questions(text: str) -> list[str]:
    """What its author wants to be asked: `ask me which …`."""
    asked = dict.fromkeys(each.strip() for each in _ASK.findall(text))
    return [f'You wrote: "ask me {each}". What is your answer?' for each in asked][:MAX_QUESTIONS]


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


def code_is_wanted(request: str) -> bool:
    return bool(_CODE.search(request))


def short(text: str, length: int) -> str:
    """At most `length` characters, cut between words."""
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + "…"
