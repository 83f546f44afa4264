"""`python -m tests.bench [--brief] [name…]`: run every file of this folder, or some. Each has a `main(run)`.

`--brief` does each at the smallest size that runs all of its code, and keeps no figures: `make check` sees by it that
none of them has fallen behind what it measures.
"""

import argparse
import importlib
import time
from pathlib import Path

from tests.bench.harness.run import Run

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__main__")


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmarks; their figures go to build/bench.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    parser.add_argument("--brief", action="store_true", help="only show that they run")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if arguments.brief:
        briefly(arguments.names or NAMES)
    else:
        in_full(arguments.names or NAMES)


def in_full(names: list[str]) -> None:
    """Each with what it needs for itself alone. Exits with 1 when one of them did not reach its goals."""
    failed = [name for name in names if not _reaches_its_goals(name)]
    if failed:
        raise SystemExit(1)


def _reaches_its_goals(name: str) -> bool:
    with Run() as run:
        try:
            importlib.import_module(f"tests.bench.{name}").main(run)
        except SystemExit:
            return False
    return True


def briefly(names: list[str]) -> None:
    with Run(brief=True) as run:
        for name in names:
            began = time.monotonic()
            importlib.import_module(f"tests.bench.{name}").main(run)
            print(f"{time.monotonic() - began:6.1f} s  {name} runs", flush=True)


if __name__ == "__main__":
    main()
