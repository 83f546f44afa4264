"""A model server that is not ours: llama.cpp with a small Gemma, both from requirements/real_model.txt."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.locked_environment import interpreter
from infra.local.processes import ROOT, end

NAME = "gemma-3-270m"
CONTEXT = 8192  # tokens; a coach's prompt has some 4,000
HARNESS = Path(__file__).parent
BUILD = ROOT / "build"


@contextmanager
def model_server() -> Iterator[str]:
    """Its address, without /v1. It ends with the block; what it says goes to build/real_model.log."""
    arguments = [BUILD / "gemma-3-270m.gguf", CONTEXT, HARNESS / "chat_template.jinja"]
    command = [interpreter("real_model"), HARNESS / "llama_cpp.py", *arguments]
    with (BUILD / "real_model.log").open("wb") as log:
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        if not address:
            raise RuntimeError("the model server did not come up; see build/real_model.log")
        yield address
    finally:
        end(process)
