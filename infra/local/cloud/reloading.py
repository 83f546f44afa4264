"""Puts changed code of functions into a cloud that runs: the next call has it, and nothing is started anew."""

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import watchfiles

from infra.local.aws_emulator.client import client
from infra.local.aws_emulator.environment import STAGE
from infra.local.processes import READY_WITHIN, ROOT
from infra.packaging.functions import function_files, package_function
from infra.packaging.table import function_names

FOLDERS = ("functions", "shared")
INTERVAL = 200  # milliseconds at most until it is seen that the cloud is to end

Say = Callable[[str], None]


@contextlib.contextmanager
def reloading(endpoint: str, say: Say, root: Path = ROOT) -> Iterator[None]:
    """Meanwhile, a change below functions/ or shared/ is deployed to the emulator at `endpoint`, and `say` is told.

    A new function, route or setting takes a new deployment.
    """
    stop, watching = threading.Event(), threading.Event()
    thread = threading.Thread(target=_follow, args=(root, endpoint, say, stop, watching))
    thread.start()
    watching.wait(READY_WITHIN)
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _follow(root: Path, endpoint: str, say: Say, stop: threading.Event, watching: threading.Event) -> None:
    functions, files = client("lambda", endpoint), {name: function_files(root, name) for name in function_names(root)}
    folders = [root / name for name in FOLDERS]
    for changes in watchfiles.watch(*folders, stop_event=stop, rust_timeout=INTERVAL, yield_on_timeout=True):
        watching.set()
        changed = {Path(path).parent for _, path in changes}  # a file may be new
        names = [name for name, paths in files.items() if changed & {path.parent for path in paths}]
        try:
            for name in names:
                _deploy(root, name, functions)
                files[name] = function_files(root, name)
        except Exception as fault:  # noqa: BLE001 - half-written code; the next change is another chance
            say(f"not reloaded: {type(fault).__name__}: {fault}")
            continue
        if names:
            say(f"reloaded: {', '.join(names)}")


def _deploy(root: Path, name: str, functions: Any) -> None:
    with tempfile.TemporaryDirectory(prefix="hercules-reload-") as directory:
        code = package_function(root, name, Path(directory)).read_bytes()
    functions.update_function_code(FunctionName=f"hercules-{STAGE}-{name}", ZipFile=code)
