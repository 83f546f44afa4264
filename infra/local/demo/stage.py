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
