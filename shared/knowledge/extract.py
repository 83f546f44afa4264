"""From a file to Markdown. Files that need parsing are read in a process of their own.

A file may be made to exhaust memory, to run for hours or to misuse a fault of its parser. The child has limits for
the first two, and neither credentials nor anything else of ours in its environment.
"""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass

from shared.knowledge.formats import from_text
from shared.knowledge.formats.sniff import Format, sniff
from shared.knowledge.unreadable import MAX_BYTES, UnreadableError
from shared.platform.errors import UnavailableError

MAX_CHARACTERS = 8_000_000  # 2,000 chunks of 700 tokens have fewer
LONGEST_READING = 30.0  # seconds; a book of 800 pages takes ten
# Where Python finds its libraries; nothing else is handed on.
_PASSED_ON = ("LD_LIBRARY_PATH", "PATH", "LANG", "SYSTEMROOT")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class ReadDocument:
    """A document as Markdown. The title is empty where the document names none."""

    format: Format
    title: str
    text: str


def read_document(data: bytes, seconds: float) -> ReadDocument:
    """Read a file of any kind that we know, in `seconds` at most.

    Raises UnreadableError, and UnavailableError (out_of_time) when there was less time than a large document may take.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError("too_large")
    kind = sniff(data)
    title, text = ("", from_text.read(data).text) if kind in ("markdown", "text") else _in_child(kind, data, seconds)
    if len(text) > MAX_CHARACTERS:
        raise UnreadableError("too_large")
    return ReadDocument(kind, storable(title)[:500].strip(), storable(text))


def storable(text: str) -> str:
    """Without what no database takes: NUL, and halves of surrogate pairs, which broken fonts map to."""
    return _UNSTORABLE.sub("", text)


def _in_child(kind: Format, data: bytes, seconds: float) -> tuple[str, str]:
    from shared.knowledge import reader

    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
    command = [sys.executable, "-m", reader.__name__, kind]
    try:
        done = subprocess.run(
            command,
            input=data,
            env=environment,
            capture_output=True,
            check=False,
            timeout=min(LONGEST_READING, seconds),
        )
    except subprocess.TimeoutExpired:
        if seconds < LONGEST_READING:
            raise UnavailableError("There was no time left to read the document.", code="out_of_time") from None
        raise UnreadableError("too_large") from None
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise UnreadableError("too_large")
    if done.returncode:
        raise UnreadableError("corrupt")
    said = json.loads(done.stdout)
    if "code" in said:
        raise UnreadableError(said["code"])
    return said["title"], said["text"]
