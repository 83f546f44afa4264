"""Build what goes to AWS: `python -m infra.packaging functions|layer|template|security|all`."""

import argparse
import sys
import time
from pathlib import Path

from infra.packaging import osls
from infra.packaging.findings import FindingError, check
from infra.packaging.functions import package_functions
from infra.packaging.layer import UnfitLayerError, build_layers
from infra.packaging.table import UnfitTableError
from infra.packaging.template import LintError, compile_template, lint

_ROOT = Path(__file__).parents[2]
_BUILD = _ROOT / "build"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.packaging", description=__doc__)
    parser.add_argument("part", choices=[*_PARTS, *_OTHERS, "all"])
    arguments = parser.parse_args()
    for name in _PARTS if arguments.part == "all" else [arguments.part]:
        started = time.perf_counter()
        result = (_PARTS | _OTHERS)[name]()
        _say(f"{name:<10} {result} ({time.perf_counter() - started:.1f} s)")


def _functions() -> str:
    archives = package_functions(_ROOT, _BUILD / "functions", compiled=True)
    largest = max(archives.values(), key=lambda archive: archive.stat().st_size)
    return f"{len(archives)} zips, the largest {largest.name} with {largest.stat().st_size / 1024:.0f} KB"


def _layer() -> str:
    layers = build_layers(_ROOT, _BUILD)
    bytecode = "compiled" if layers[0].compiled else "not compiled, as there is no Python 3.13 here"
    sizes = [f"{layer.packed / 1e6:.1f} MB zipped, {layer.unpacked / 1e6:.1f} MB unpacked" for layer in layers]
    return f"{'; '.join(sizes)}; {bytecode}"


def _template() -> str:
    template = compile_template(_ROOT, _BUILD / "cloudformation" / "template.json")
    lint(template)
    return f"{template.relative_to(_ROOT)}, clean under cfn-lint"


def _security() -> str:
    template = _BUILD / "cloudformation" / "template.json"
    passed = check(template)
    return f"{passed} checks passed, and what did not is explained"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


_PARTS = {"functions": _functions, "layer": _layer, "template": _template}
_OTHERS = {"security": _security}  # of the template that was compiled before

if __name__ == "__main__":
    try:
        main()
    except (osls.OslsError, FindingError, LintError, UnfitLayerError, UnfitTableError) as error:
        sys.exit(str(error))
