"""A room in the terminal: its agents side by side, what happens, and the files as they appear."""

from typing import Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel

from infra.local.demo.room_stream import Event, RoomStream

SHOWN = 8  # events
COLOURS = {"running": "yellow", "done": "green", "waiting": "magenta", "failed": "red", "cancelled": "red"}


class RoomView:
    """Redrawn in place where the terminal can, else one line for each event."""

    def __init__(self, console: Console, stream: RoomStream) -> None:
        self._console = console
        self._stream = stream
        self._lines: list[str] = []

    def shown(self) -> Live:
        """A block in which it is to be seen; where it cannot be redrawn, it is drawn at the end."""
        return Live(get_renderable=self._drawn, console=self._console, refresh_per_second=10)

    def event(self, event: Event) -> None:
        self._say(f"[dim]{event['seq']:>3}[/dim]  {event['type']:<16} {escape(_about(event['data']))}")

    def said(self, who: str, text: str) -> None:
        self._say(f"     [cyan]{who:<16}[/cyan] {escape(text)}")

    def _say(self, line: str) -> None:
        self._lines.append(line)
        if not self._console.is_terminal:
            self._console.print(f"  {line}", soft_wrap=True)

    def _drawn(self) -> RenderableType:
        room = self._stream.room
        reason = f" ({room['status_reason']})" if room.get("status_reason") else ""
        cards = Columns([_card(task) for task in [*self._stream.tasks.values()]])
        delivered = [*self._stream.files.items()]
        files = [f"  [green]+[/green] {escape(name)}  [dim]{file['size']} bytes[/dim]" for name, file in delivered]
        lines = self._lines[-SHOWN:] if self._console.is_terminal else []
        title = f"room {room['id'][:8]}, {room['status']}{reason}"
        return Panel(Group(cards, *lines, *files), title=escape(title), title_align="left")


def _card(task: dict[str, Any]) -> Panel:
    colour = COLOURS.get(task["status"], "dim")
    needs = f"\n[dim]after {', '.join(task['depends_on'])}[/dim]" if task["depends_on"] else ""
    body = f"[{colour}]{task['status']}[/{colour}]\n{escape(', '.join(task['deliverables']))}{needs}"
    return Panel(body, title=f"{task['key']} {task['role']}", border_style=colour, width=26, height=6)


def _about(data: dict[str, Any]) -> str:
    if task := data.get("task"):
        return f"{task['key']} {task['role']}: {task['summary'] or task['status']}"
    if file := data.get("file"):
        return f"{file['filename']}, version {file['version']}"
    if asked := data.get("input"):
        return f"{asked['task_key']} {asked['role']} waits for its owner"
    room = data.get("room", {})
    return " ".join(filter(None, (room.get("status"), room.get("status_reason"))))
