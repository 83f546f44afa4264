"""The deployment tool, run on a copy of what it reads.

osls writes into .serverless/ beside serverless.yml; in a folder of its own two runs do not meet, and the
checkout stays clean.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.packaging import archive, generated
from infra.packaging.functions import package_functions
from infra.packaging.layer import LAYERS
from infra.packaging.stages import Stage

_EXECUTABLE = Path(__file__).parents[2] / "node_modules" / ".bin" / "osls"
_SETTINGS = {
    "CI": "1",  # asks nothing
    "NODE_NO_WARNINGS": "1",
}

# Enough for a template, and for the emulator: its interpreter has the packages, and every worker unpacks the layer.
_EMPTY_LAYER = {"python/README": b"No packages.\n"}

Progress = Callable[[str], None]


class OslsError(Exception):
    """osls failed; the message ends with what it said."""


def lay_out(root: Path, workspace: Path, layers: Path | None = None, stage: Stage | None = None) -> None:
    """Put into `workspace` what osls reads of the project at `root`, with the functions packaged anew.

    Without `layers`, the folder of their zips, they are empty and no code is compiled; without `stage` nothing is
    reserved and nobody told of alarms.
    """
    for name in ("serverless.yml", "package.json"):
        shutil.copy(root / name, workspace)
    shutil.copytree(root / "infra" / "resources", workspace / "infra" / "resources")
    generated.write(root, workspace / "build", stage)
    package_functions(root, workspace / "build" / "functions", compiled=layers is not None)
    for name in LAYERS.values():
        if layers:
            shutil.copy(layers / name, workspace / "build" / name)
        else:
            archive.write(workspace / "build" / name, _EMPTY_LAYER)


def discard(_line: str) -> None:
    """The progress that nobody watches."""


def run(
    workspace: Path,
    command: str,
    *options: str,
    stage: str,
    environment: Mapping[str, str],
    progress: Progress = discard,
) -> None:
    """Run osls in `workspace` with this `environment` and no other; each line it says goes to `progress`.

    OslsError if it fails.
    """
    path = {"PATH": os.environ["PATH"]}  # node
    lines: list[str] = []
    with subprocess.Popen(
        [str(_EXECUTABLE), command, "--stage", stage, *options],
        cwd=workspace,
        env=path | _SETTINGS | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            progress(lines[-1])
    if process.returncode:
        raise OslsError("\n".join([f"osls {command} failed:", *lines[-30:]]))
