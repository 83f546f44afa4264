"""Makes this process import what a function on AWS would find, and no more."""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

# Development tools, and what comes with them, that a library of ours imports when it happens to find it: httpx has a
# command line and knows zstandard, cryptography knows bcrypt, FastAPI orjson.
NOT_IN_THE_LAYER = {"click", "rich", "pygments", "zstandard", "bcrypt", "orjson"}


class _Absent(importlib.abc.MetaPathFinder):
    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the finder's interface
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] in NOT_IN_THE_LAYER:
            raise ModuleNotFoundError(name)
        return None


def hide_development_tools() -> None:
    sys.meta_path.insert(0, _Absent())
