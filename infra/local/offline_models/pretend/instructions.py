"""Telling what a user asks to be done from what is asked, told or denied."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SENTENCE = re.compile(r"(?:[^.!?;\n]|[.!?;](?=\S))+")
# Who asks how, whether or if does not ask for it to be done; "can you" does.
_ASKS = re.compile(
    r"\W*(?:how|what|why|when|which|who|where|should|shall|is|are|am|was|were|does|do|did|has|have|would|could|can|may|"
    r"might|will|if)(?:'s)?\b(?!\s+(?:you|we)\b)",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:don'?t|do not|never|without|not to)\b", re.IGNORECASE)
_POLITE = (
    r"(?:(?:please|pls|and|then|also|but|so|now|ok|okay|hey|hi|hello|coach|just|kindly|can you|could you|would you|"
    r"will you|can we|let's|i(?:'d| would) like (?:you )?to|i want (?:you )?to|help me|go ahead and)[\s,]+)*"
)
_START = re.compile(
    rf"(?:\A\W*|,\s+|\s[-\N{{EN DASH}}]\s+|\s(?=(?:and|then|but|so|also|please)\s)){_POLITE}", re.IGNORECASE
)


@dataclass(frozen=True)
class Instruction:
    """`text` begins with the words that ask, and goes on to the next instruction; `lead` is what was said before it."""

    tool: str
    text: str
    lead: str = ""

    @property
    def whole(self) -> str:
        return f"{self.lead} {self.text}".strip()


def instructions(question: str, verbs: Mapping[str, re.Pattern[str]], last: str = "") -> list[Instruction]:
    """What the question asks for: at the start of a clause stands what the pattern of a tool fits.

    Behind an instruction for the tool `last` no other is looked for: the rest of the question is its own.
    """
    starts = list(_starts(question, verbs))
    del starts[next((place + 1 for place, (_, _, tool) in enumerate(starts) if tool == last), len(starts)) :]
    ends = [clause for clause, _, _ in starts[1:]] + [len(question)]
    leads = [question[: starts[0][0]].strip(), *("" for _ in starts[1:])] if starts else []
    return [
        Instruction(tool, question[verb:end].strip(), lead)
        for (_, verb, tool), end, lead in zip(starts, ends, leads, strict=False)
    ]


def _starts(question: str, verbs: Mapping[str, re.Pattern[str]]) -> Iterator[tuple[int, int, str]]:
    """Where the clause of each instruction begins, where the instruction itself does, and its tool."""
    for sentence in _SENTENCE.finditer(question):
        if _ASKS.match(sentence[0]) or _DENIES.search(sentence[0]):
            continue
        for start in _START.finditer(sentence[0]):
            verb = sentence.start() + start.end()
            tool = next((name for name, pattern in verbs.items() if pattern.match(question, verb)), None)
            if tool:
                yield sentence.start() + start.start(), verb, tool
