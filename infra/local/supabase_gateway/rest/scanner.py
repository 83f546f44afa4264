"""Reads PostgREST's little languages (`select`, `order`, filters) from left to right."""

import re
from collections.abc import Callable
from typing import Never, Self, TypeVar

from infra.local.supabase_gateway.rest.errors import RestError, unsupported

# A dash belongs to a name unless it begins an arrow.
NAME = re.compile(r"[\w$ ]+(?:-(?!>)[\w$ ]+)*")
SPACES = re.compile(r"[ \t]*")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
T = TypeVar("T")


class Scanner:
    """A position in a text; what it cannot read is a PGRST100 naming the parameter."""

    def __init__(self, text: str, parameter: str) -> None:
        self.text = text
        self.position = 0
        self._parameter = parameter

    def at_end(self) -> bool:
        return self.position == len(self.text)

    def accept(self, token: str) -> bool:
        """Step over `token` if it is next."""
        if not self.text.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def expect(self, token: str) -> None:
        if not self.accept(token):
            self.fail(f'expecting "{token}"')

    def expect_end(self, expectation: str) -> None:
        if not self.at_end():
            self.fail(f"expecting {expectation}")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Step over what `pattern` matches here."""
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def column(self) -> str:
        """A column's name: letters, digits, `_`, `$`, inner dashes and spaces, or anything in double quotes."""
        self.match(SPACES)
        quoted = self.match(QUOTED)
        found = None if quoted else self.match(NAME)
        name = unescaped(quoted[1]) if quoted else found[0].strip() if found else ""
        if not name and not quoted:
            self.fail("expecting a field name")
        if self.accept("->"):
            unsupported("A path into JSON")
        return name

    def separated(self, scan: Callable[[Self], T]) -> list[T]:
        """What `scan` reads, once or several times, separated by commas."""
        items = [scan(self)]
        while self.accept(","):
            items.append(scan(self))
        return items

    def all(self, scan: Callable[[Self], T], expectation: str = '","') -> list[T]:
        """The same, which must be all that is left."""
        items = self.separated(scan)
        self.expect_end(expectation)
        return items

    def rest(self) -> str:
        start, self.position = self.position, len(self.text)
        return self.text[start:]

    def fail(self, expectation: str) -> Never:
        message = f'"failed to parse {self._parameter} ({self.text})" (line 1, column {self.position + 1})'
        raise RestError(400, "PGRST100", message, expectation)


def unescaped(text: str) -> str:
    """The inside of a quoted value, its backslashes resolved."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
