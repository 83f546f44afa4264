"""Prints the demo as it goes: steps with their times, the conversation, the quota meter."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Stage:
    """Colour and movement where the terminal has them, plain lines elsewhere."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self.phases: list[tuple[str, float]] = []
        # `make demo` says when it began, so that installing the packages is counted too.
        self._began = float(os.environ.get("HERCULES_DEMO_BEGAN") or time.time())
        self.record("Packages installed, or found", time.time() - self._began)

    def record(self, phase: str, seconds: float) -> None:
        self.phases.append((phase, seconds))

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say what is done, then that it was, and how long it took."""
        self.console.print(f"[bold]>[/bold] {title} …")
        started = time.monotonic()
        yield
        seconds = time.monotonic() - started
        self.record(title, seconds)
        self.console.print(f"  [green]done[/green] in {seconds:.1f} s")

    def note(self, text: str) -> None:
        self.console.print(f"  {escape(text)}")

    def turn(self, question: str, body: dict[str, Any], seconds: float) -> None:
        """A question, its answer with citations, and what is left of the week."""
        message, usage = body["message"], body["usage"]
        self.console.print(f"\n  [cyan]You[/cyan]    {escape(question)}")
        self.console.print(f"  [magenta]Coach[/magenta]  {escape(message['content'])}", soft_wrap=True)
        for citation in message["metadata"]["citations"]:
            shown = f"{citation['source']} · {citation['heading']} · score {citation['score']:.2f}"
            self.console.print(f"         [dim]cites {escape(shown)}[/dim]", soft_wrap=True)
        self.console.print(f"         {_meter(usage)}  [dim]{seconds:.2f} s[/dim]")

    def refusal(self, question: str, body: dict[str, Any]) -> None:
        self.console.print(f"\n  [cyan]You[/cyan]    {escape(question)}")
        self.console.print(f"  [red]{body['status']}[/red]    {body['code']}: {escape(body['detail'])}")

    def proposal(self, action: dict[str, Any]) -> None:
        """What would change, as the server worked it out; and until when the user may decide."""
        expires = f"expires {action['expires_at'][:16].replace('T', ' ')} UTC"
        table = Table("path", "before", "after", "unit", title=f"{action['action_type']}, pending, {expires}")
        for change in action["preview"]:
            before, after = (_brief(change[side]) for side in ("before", "after"))
            table.add_row(*map(escape, (change["path"], before, after, change["unit"] or "")))
        self.console.print("\n", table)

    def decision(self, what: str, details: dict[str, Any]) -> None:
        self.console.print(f"\n  [cyan]You[/cyan]    [bold]{what}[/bold]: {escape(str(details))}")

    def row(self, table: str, row: dict[str, Any] | None) -> None:
        """The user's row in a table of the database; None: there is none."""
        shown = escape(str(row)) if row else "[dim]no row[/dim]"
        self.console.print(f"  [green]{table}[/green]  {shown}")

    def phase_table(self, first_answer_at: float) -> None:
        table = Table("phase", "seconds", title="Where the time went")
        for phase, seconds in self.phases:
            table.add_row(phase, f"{seconds:.1f}")
        table.add_row(
            "[bold]from start to the first answer[/bold]", f"[bold]{first_answer_at - self._began:.1f}[/bold]"
        )
        self.console.print("\n", table)


def _meter(usage: dict[str, Any]) -> str:
    limit, used = usage["messages_limit"], usage["messages_used"]
    return f"week [green]{'#' * (limit - used)}[/green]{'.' * used} {limit - used} of {limit} messages left"


def _brief(value: Any) -> str:
    """A value in a few words: what has a name by that, with the names of what is in it."""
    if isinstance(value, dict) and "name" in value:
        parts = [_brief(item) for part in value.values() if isinstance(part, list) for item in part]
        between = "\n" if "sessions" in value else ", "
        return f"{value['name']}:{between[-1]}{between.join(parts)}" if parts else str(value["name"])
    if isinstance(value, dict):
        return ", ".join(f"{name} {_brief(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_brief, value)) or "(none)"
    return "" if value is None else str(value)
