"""Runs what works on files that anybody may have made: a process of its own, with little memory and time.

Neither credentials nor anything else of ours is in its environment. As `python -m shared.knowledge.limited COMMAND …`
it becomes a program that cannot limit itself.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Sequence

MAX_SECONDS = 30.0  # of the processor; a book of 800 pages takes ten
MAX_MEMORY = 700 * 1024 * 1024  # bytes of address space, of the 1,024 MB that a function has
# Where Python finds its libraries and Tesseract its languages; nothing else is passed on.
ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH", "LANG", "SYSTEMROOT", "TESSDATA_PREFIX")


def run(command: Sequence[str], data: bytes, seconds: float) -> subprocess.CompletedProcess[bytes]:
    """Run a module of Python with its arguments. Raises subprocess.TimeoutExpired, when it has been ended."""
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
    environment["OMP_THREAD_LIMIT"] = "1"
    whole = [sys.executable, "-m", *command]
    return subprocess.run(whole, input=data, env=environment, capture_output=True, check=False, timeout=seconds)


def limit_resources() -> None:
    """Limit this process, and what it becomes or starts."""
    for kind, limit in ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_CPU, int(MAX_SECONDS))):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


if __name__ == "__main__":
    limit_resources()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - a list of our own words
