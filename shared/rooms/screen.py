"""What agents write passes the rules of answers before anybody is shown it, read for whom it is about."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from shared.llm.request import Message
from shared.rooms.files import TYPES, suffix
from shared.rooms.readings import PROSE, reading, with_note
from shared.safety.advice import Reader, languages, notice
from shared.safety.athlete import Athlete
from shared.safety.gate import Held, Judging, check
from shared.safety.language import language_of
from shared.safety.markup import strip_markup
from shared.safety.situation import StoredAthlete

_STATEMENT = re.compile(r"<statement>.*?</statement>", re.DOTALL)  # of safety.gate.mend_request


@dataclass(frozen=True)
class Screened:
    """What may be delivered, and what was held back of it."""

    text: str
    held: tuple[Held, ...] = ()


@dataclass(frozen=True)
class Screen:
    """`language` is that of the owner: what is said where a text does not show its own."""

    athlete: Athlete
    language: str | None = None

    @classmethod
    def of(cls, stored: StoredAthlete, words: Sequence[str]) -> Self:
        """By the owner's profile, and by what the owner said in the room, oldest first."""
        return cls(Athlete.of(stored.profile, words), Reader.of(stored.profile).language)

    def message(self, text: str) -> Screened:
        """Without markup, and without what is not safe; empty where nothing useful is left."""
        checked = check(strip_markup(text), self.athlete)
        return Screened(checked.text, checked.held)

    def said(self, text: str) -> str:
        """A message as it may be shown. It says so where something was left out, or all of it."""
        screened = self.message(text)
        if not screened.held:
            return screened.text
        language = language_of(screened.text or text, self.language)
        if not screened.text:
            return notice("withheld", language)
        return f"{screened.text}\n\n{notice('left_out', language)}"

    def told(self, text: str) -> str:
        """What an agent was told: as it is, tags and all, where nothing is unsafe; without what it is to mend."""
        text = _STATEMENT.sub("<statement>…</statement>", text)
        return self.said(text) if check(text, self.athlete).held else text

    def call(self, call: Message) -> Message:
        """A call of a tool: its arguments are what an agent writes, too."""
        function = call["function"]
        return call | {"function": function | {"arguments": self._arguments(function["arguments"])}}

    def _arguments(self, written: str) -> str:
        try:
            arguments = json.loads(written)
        except ValueError:
            return self.told(written)
        if not isinstance(arguments, dict):
            return self.told(written)
        name = str(arguments.get("filename", ""))
        shown = {key: self._argument(name, key, value) for key, value in arguments.items()}
        return written if shown == arguments else json.dumps(shown, ensure_ascii=False)

    def _argument(self, name: str, key: str, value: object) -> object:
        if not isinstance(value, str):
            return value
        return self.file(name, value).text if key == "content" else self.told(value)

    def file(self, name: str, text: str, judging: Judging = Judging.NEVER) -> Screened:
        """The file as it may be delivered: without what is not safe, and with a line that says so."""
        whole = _without_notes(text)
        kept, held = self._kept(name, whole, judging)
        if not held:
            return Screened(whole)
        note = notice("left_out_of_file", language_of(whole, self.language))
        return Screened(with_note(name, kept, note), held)

    def suspected(self, name: str, text: str) -> tuple[Held, ...]:
        """What is only suspected in a file: its agent is told, and what it then writes is delivered."""
        is_prose = suffix(name) in PROSE or suffix(name) not in TYPES
        read = text if is_prose else "\n".join(reading(name, text).lines)
        return tuple(each for each in check(read, self.athlete, Judging.TO_COME).held if each.is_suspected)

    def _kept(self, name: str, text: str, judging: Judging) -> tuple[str, tuple[Held, ...]]:
        if suffix(name) in PROSE or suffix(name) not in TYPES:
            checked = check(text, self.athlete, judging)
            return checked.text, checked.held
        read = reading(name, text)
        held = check("\n".join(read.lines), self.athlete, judging).held
        if not held:
            return text, ()
        named = {i for i, line in enumerate(read.lines) if any(each.statement in line for each in held)}
        left = read.without(named) or ""
        # What is wrong may lie between the lines.
        return "" if check("\n".join(reading(name, left).lines), self.athlete, judging).held else left, held


ANYBODY = Screen(Athlete())  # of whom nothing is known


def lacks_something(text: str) -> bool:
    """Whether something was left out of a file."""
    return any(note in text for note in _notes())


def _without_notes(text: str) -> str:
    """What an agent copies of an earlier version of its file must not stay in one that is whole."""
    for note in _notes():
        text = text.replace(note, "")
    return text


def _notes() -> list[str]:
    return [notice("left_out_of_file", language) for language in languages()]
