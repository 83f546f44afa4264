"""What a model writes is shown sentence by sentence, and only what the rules and the classifier let pass.

What only one of these witnesses holds for unsafe is suspected, and the model that wrote it is asked to judge it.
"""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache

from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.concepts import languages_in
from shared.safety.findings import Finding
from shared.safety.statement_classifier import doubt, doubts_rules
from shared.safety.statements import statements

WINDOW = 400  # characters before a statement that are read with it: two or three sentences
TOLD_BY = 600  # characters by which the languages of a text are told
MAX_TOLD = 300  # characters of a statement that the model is shown again
MIN_LETTERS = 20  # below which what is left of a text says nothing: "Here is your plan."
MEND = (
    "Some of this is not safe and cannot be shown, or may not be. Write the whole text again. Keep what is not named "
    "here word for word; in the place of each statement put advice within the bounds that are named, or leave it out. "
    "Say nothing of this request."
)
JUDGE = (
    "These are only suspected, and often wrongly. Keep one word for word if you are sure that it is right and safe for "
    "this user; else write what is."
)
_LINE_START = re.compile(r"\s*\n\s*(?:[-*\u2022>]\s+|\d{1,3}[.)]\s+)?")


class Judging(Enum):
    """Whether the model that wrote a text is asked about what is only suspected in it."""

    NEVER = auto()  # what a rule finds is held, also where the classifier doubts it; what that alone suspects is shown
    TO_COME = auto()  # all of it is held
    DONE = auto()  # it stands by what it has left: all of it is shown


@dataclass(frozen=True)
class Held:
    """A statement that is not shown, and why; `is_suspected`: one witness is not sure, or the other doubts it."""

    statement: str
    findings: tuple[Finding, ...]
    is_suspected: bool = False


@dataclass(frozen=True)
class Checked:
    """What may be shown of a text: all of it, or what is left without `held`; nothing where that is of no use."""

    text: str
    held: tuple[Held, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        return list(dict.fromkeys(finding for each in self.held for finding in each.findings))


@dataclass
class _Reader:
    """Judges statements in their order, each with what was shown before it, so that the work grows with the text."""

    athlete: Athlete
    judging: Judging
    by_rules: bool = True
    stood_by: set[Finding] = field(default_factory=set)  # of rules, in what is shown all the same
    _before: deque[str] = field(default_factory=deque)
    _lead: str = ""  # the last line that others stand under: "Never do these:"
    _begun: str = ""  # the beginning of the text, by which its languages are told
    _languages: tuple[str, ...] = ()

    def held(self, statement: str) -> Held | None:
        """None where it may be shown; only then it is remembered."""
        self._learn_languages(statement)
        if not (held := self._by_rules(statement) or self._by_classifier(statement)):
            self._remember(statement)
        return held

    def _learn_languages(self, statement: str) -> None:
        if len(self._begun) < TOLD_BY:
            self._begun += statement
            self._languages = languages_in(self._begun)

    def _by_rules(self, statement: str) -> Held | None:
        if not self.by_rules:
            return None
        before = "".join([self._open_lead, *self._before])
        found = check_answer(before + statement, self.athlete, since=len(before))
        is_doubted = bool(found) and self._is_doubted(before, statement, found)
        if is_doubted and self.judging is Judging.DONE:
            self.stood_by.update(found)
            return None
        return Held(statement.strip(), tuple(found), is_doubted) if found else None

    def _is_doubted(self, before: str, statement: str, found: Sequence[Finding]) -> bool:
        """The classifier knows nothing of who reads it: what is dangerous to this athlete alone it cannot doubt."""
        if not doubts_rules([each.rule for each in found], *self._context(statement)):
            return False
        return set(found) <= set(check_answer(before + statement, Athlete(), since=len(before)))

    def _by_classifier(self, statement: str) -> Held | None:
        found = doubt(*self._context(statement))
        if found and (found.is_sure or self.judging is Judging.TO_COME):
            return Held(statement.strip(), (found.finding(),), is_suspected=not found.is_sure)
        return None

    def _context(self, statement: str) -> tuple[str, str, Sequence[str]]:
        """The statement as the classifier reads it: with the last one, the line it stands under, and the languages."""
        last = self._before[-1] if self._before else ""
        return statement.strip(), (self._open_lead + last).strip(), self._languages

    @property
    def _open_lead(self) -> str:
        return "" if self._lead in self._before else self._lead

    def _remember(self, statement: str) -> None:
        self._before.append(statement)
        while len(self._before) > 1 and sum(map(len, self._before)) > WINDOW:
            self._before.popleft()
        if statement.rstrip("*_ ").endswith((":", "\uff1a")):
            self._lead = statement


class Gate:
    """Of a growing text what may be shown so far: whole statements, up to the first that may not.

    What follows that one is not shown either: it will be written anew.
    """

    def __init__(self, athlete: Athlete, judging: Judging = Judging.NEVER) -> None:
        self._reader = _Reader(athlete, judging)
        self._is_shut = False
        self.shown = ""

    def update(self, text: str, upcoming: str = "", *, ended: bool = False) -> str:
        """`upcoming` is known to follow; `ended`: the last statement is whole, too.

        A text that does not continue the last one changes nothing.
        """
        if not text.startswith(self.shown):
            return self.shown
        for start, end in statements(text + upcoming, len(self.shown), ended=ended):
            if self._is_shut or self._reader.held(text[start:end]):
                self._is_shut = True
                break
            self.shown = text[:end]
        return self.shown


@lru_cache(maxsize=8)  # an answer is checked when it is mended and when it ends, a file when it is recorded and written
def check(text: str, athlete: Athlete, judging: Judging = Judging.NEVER) -> Checked:
    """The whole text if it may be shown, else without each statement that may not."""
    found = check_answer(text, athlete)
    reader = _Reader(athlete, judging, by_rules=bool(found))
    kept, held = _parted(text, reader)
    if not held and reader.stood_by.issuperset(found):
        return Checked(text)
    if not held or not _says_something(kept) or not reader.stood_by.issuperset(check_answer(kept, athlete)):
        # What is wrong lies between statements, or hardly anything is left.
        return Checked("", tuple(held) or (Held(text, tuple(found)),))
    return Checked(kept, tuple(held))


def _parted(text: str, reader: _Reader) -> tuple[str, list[Held]]:
    """What passes, and what does not. What stood behind a statement that is left out begins its line instead of it."""
    kept, parted, line_start = list[str](), list[Held](), ""
    for start, end in statements(text):
        statement = text[start:end]
        begun = _LINE_START.match(statement)
        if held := reader.held(statement):
            parted.append(held)
            line_start = begun[0] if begun else line_start
        else:
            kept.append(statement if begun or not line_start else line_start + statement.lstrip())
            line_start = ""
    return "".join(kept).strip(), parted


def _says_something(text: str) -> bool:
    said = (line for line in text.splitlines() if not line.rstrip("*_ ").endswith((":", "\uff1a")))
    return sum(letter.isalpha() * (3 if letter >= "\u2e80" else 1) for line in said for letter in line) >= MIN_LETTERS


def finished(text: str) -> str:
    """The text without the statement at its end that was not finished; all of it where there is no other."""
    ends = [end for _, end in statements(text, ended=False)]
    return text[: ends[-1]] if ends else text


def mend_request(held: Sequence[Held]) -> str:
    """What the model is told of its own text: what may not be shown, by which rule, and what would be fine instead.

    And what is only suspected, for the model to judge.
    """
    known = [_told(each) for each in held if not each.is_suspected]
    suspected = [_told(each) for each in held if each.is_suspected]
    return "\n".join([MEND, *known, *([JUDGE, *suspected] if suspected else [])])


def _told(held: Held) -> str:
    reasons = dict.fromkeys(f"({finding.rule}) {finding.message}" for finding in held.findings)
    return f"- <statement>{held.statement[:MAX_TOLD]}</statement> {' '.join(reasons)}"
