"""What watchers of a room see of an agent at work: its words as they come, and which tools it calls.

Nothing is worked out while nobody watches. Whoever joins is shown what there is of the text that is being written.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from shared.llm.answer import Answer, ToolCall
from shared.llm.structured import read_document
from shared.platform.errors import InvalidRequestError
from shared.realtime.frames import Writing, frame
from shared.realtime.push import Pace, Pusher
from shared.rooms import files
from shared.rooms.files import suffix
from shared.rooms.folding import WRITING
from shared.rooms.readings import PROSE
from shared.rooms.tools import ARGUMENTS
from shared.rooms.work import TaskWork
from shared.safety.preview import Preview, growing

INTERVAL = 0.25  # seconds between two looks at what has come: eight agents are watched at once
# Of text, so that whoever joins in the middle of a file is shown all of it in a few frames; far below their limit.
DELTA_BYTES = 8 * 1024
PUSHES = 40.0  # deltas a second of one agent to all who watch: the seldomer, the more they are
PACE = Pace(INTERVAL, DELTA_BYTES, PUSHES)
FILE, TEXT = "filename", "content"


@dataclass
class Shown:
    """A text of an answer, and what of it has been shown: what the agent says (no file), or a file that it writes."""

    filename: str | None
    preview: Preview
    number: int  # of this preview: with another one it begins anew
    ended: bool = False


@dataclass
class TaskPreview:
    """Of one worker of a task. `known` are the names of the files that its agent may read."""

    work: TaskWork
    pusher: Pusher
    known: Collection[str]
    listeners: frozenset[str] = frozenset()
    _calls: int = field(init=False)  # of the model that have ended
    _answer: Answer | None = None
    _shown: dict[int, Shown] = field(default_factory=dict)  # by their places in the answer
    _told: int = 0  # of the answer's calls of tools
    _number: int = 0
    _looked_at: float = float("-inf")

    def __post_init__(self) -> None:
        self._calls = sum(message["role"] == "assistant" for message in self.work.task.transcript)

    def listen(self, ids: Sequence[str]) -> None:
        """Who watches from now on. To whoever was not there before the text that is being written begins anew."""
        joined, self.listeners = frozenset(ids) - self.listeners, frozenset(ids)
        self.pusher.listen(ids)
        if joined and self._shown and not (newest := self._shown[max(self._shown)]).ended:
            self._number += 1
            newest.number = self._number
            self._push(newest, newest.preview.text)

    def update(self, answer: Answer, *, has_ended: bool = False) -> None:
        """Show what has come of an answer. Another one than the last time begins anew: that one broke off."""
        now = time.monotonic()
        if self.listeners and (has_ended or now - self._looked_at >= INTERVAL):
            self._looked_at = now
            if answer is not self._answer:
                self._answer, self._shown, self._told = answer, {}, 0
            self._show(0, None, answer.text, has_ended=has_ended or bool(answer.calls), is_cut=answer.is_cut)
            for place, call in enumerate(answer.calls, 1):
                self._show_call(place, call, has_ended or place < len(answer.calls), answer)
        if has_ended:
            self._calls += 1
            self._answer, self._shown, self._told = None, {}, 0

    def _show_call(self, place: int, call: ToolCall, has_ended: bool, answer: Answer) -> None:
        if call.name not in ARGUMENTS:
            return
        arguments = read_document(call.arguments, FILE) or {}
        if not has_ended and FILE in ARGUMENTS[call.name].model_fields and FILE not in _whole(arguments):
            return
        name = self._name(call.name, arguments.get(FILE))
        if place > self._told:
            self._told = place
            data = {**self._ids, "tool": call.name, "filename": name}
            self.pusher.events([frame(self._stream, "agent.called", data)])
        if call.name == "write_file" and name and suffix(name) in PROSE and isinstance(arguments.get(TEXT), str):
            self._show(place, name, arguments[TEXT], has_ended=has_ended, is_cut=answer.is_cut)

    def _show(self, place: int, filename: str | None, said: str, *, has_ended: bool, is_cut: bool) -> None:
        if not said:
            return
        if place not in self._shown:
            self._number += 1
            self._shown[place] = Shown(filename, Preview(self.work.screen.athlete), self._number)
        shown = self._shown[place]
        if shown.ended:
            return
        text, upcoming = growing(said, has_ended=has_ended)
        shown.ended = has_ended
        self._push(shown, shown.preview.update(text, upcoming, ended=has_ended and not is_cut))

    def _push(self, shown: Shown, text: str) -> None:
        self.pusher.delta(Writing("agent.delta", {**self._ids, "filename": shown.filename}, shown.number), text)

    def _name(self, tool: str, filename: object) -> str | None:
        """The file that a call is about, where whoever watches may know of it."""
        if not isinstance(filename, str):
            return None
        try:
            name = files.check_name(filename, files.UPLOAD_TYPES)
        except InvalidRequestError:
            return None
        may_know = self.work.screen.message(name).text == name if tool in WRITING else name in self.known
        return name if may_know else None

    @property
    def _ids(self) -> Mapping[str, str | int]:
        task = self.work.task
        return {"task_id": str(task.id), "attempt": task.attempt, "call": self._calls + 1}

    @property
    def _stream(self) -> str:
        return f"room:{self.work.room.id}"


def _whole(arguments: Mapping[str, object]) -> Collection[str]:
    """The names of those that are whole while others follow: the last one may still grow."""
    return list(arguments)[:-1]
