"""Environments with packages that are not ours, each from a lock of its own and beside the project's."""

import subprocess
import sys
from pathlib import Path

from infra.local.processes import ROOT


def interpreter(name: str) -> Path:
    """The Python of the environment with what requirements/<name>.txt pins; made once, some 350 MB."""
    lock, venv = ROOT / "requirements" / f"{name}.txt", ROOT / "build" / f"{name}_venv"
    python, uv = venv / "bin" / "python", [sys.executable, "-m", "uv", "--quiet"]
    ready = venv / ".ready"
    if not ready.exists() or ready.read_text() != lock.read_text():
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(venv)], check=True)
        install = ["pip", "install", "--require-hashes", "--python", str(python), "-r", str(lock)]
        subprocess.run([*uv, *install], check=True)
        ready.write_text(lock.read_text())
    return python
