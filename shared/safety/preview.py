"""What people read of a text while a model writes it."""

from dataclasses import dataclass, field

from shared.safety.athlete import Athlete
from shared.safety.gate import Gate, Judging
from shared.safety.markup import settled, strip_markup


def growing(said: str, *, has_ended: bool) -> tuple[str, str]:
    """What may be read of a text that is still coming, and what follows that for certain.

    Its last word may become an address, and waits for what follows it, or for the end. What follows are the blanks
    behind the text and the character behind them, which may yet be part of anything.
    """
    if has_ended:
        return strip_markup(said).strip(), ""
    decided = said[: settled(said)]
    behind = said[len(decided.rstrip()) :].lstrip()
    upcoming = decided[len(decided.rstrip()) :] + behind[:1]
    return strip_markup(decided).strip(), upcoming if behind else ""


@dataclass
class Preview:
    """Only whole sentences that may be shown; it grows, or stays as it is.

    A second try goes on where the first one stopped if it says the same until there; else it stays unseen, and the
    finished message replaces what was read.
    """

    athlete: Athlete
    text: str = ""
    judging: Judging = Judging.NEVER
    _gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        self._gate = Gate(self.athlete, self.judging)

    def again(self, judging: Judging) -> "Preview":
        """For another try, behind what was read of this one."""
        return Preview(self.athlete, self.text, judging)

    def update(self, said: str, upcoming: str = "", *, ended: bool = False) -> str:
        """All that has been said so far; returns what is new to the user."""
        shown = self._gate.update(said, upcoming, ended=ended)
        if not shown.startswith(self.text):
            return ""
        new, self.text = shown.removeprefix(self.text), shown
        return new
