"""`python -m tests.bench [name]`: run every file of this folder, or one. Each has a `main()`."""

import importlib
import sys
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__main__")


def main() -> int:
    wanted = sys.argv[1:] or NAMES
    if unknown := set(wanted) - set(NAMES):
        sys.stderr.write(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}\n")
        return 2
    for name in wanted:
        importlib.import_module(f"tests.bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
