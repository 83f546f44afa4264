"""Build what goes to AWS: `python -m infra.packaging functions|layer|template|all`."""

import argparse
import sys
import time
from pathlib import Path

from infra.packaging.functions import package_functions
from infra.packaging.layer import Layer, build_layer
from infra.packaging.template import compile_template, lint

_ROOT = Path(__file__).parents[2]
_BUILD = _ROOT / "build"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.packaging", description=__doc__)
    parser.add_argument("part", choices=[*_PARTS, "all"])
    part = parser.parse_args().part
    for name in _PARTS if part == "all" else [part]:
        started = time.perf_counter()
        told = _PARTS[name]()
        sys.stdout.write(f"{name:<10} {told} ({time.perf_counter() - started:.1f} s)\n")


def _functions() -> str:
    archives = package_functions(_ROOT, _BUILD / "functions")
    largest = max(archives.values(), key=lambda archive: archive.stat().st_size)
    return f"{len(archives)} zips, the largest {largest.name} with {largest.stat().st_size / 1024:.0f} KB"


def _layer() -> str:
    layer: Layer = build_layer(_ROOT, _BUILD / "layer.zip")
    bytecode = "compiled" if layer.compiled else "not compiled, as there is no Python 3.13 here"
    return f"{layer.packed / 1e6:.1f} MB zipped, {layer.unpacked / 1e6:.1f} MB unpacked, {bytecode}"


def _template() -> str:
    template = compile_template(_ROOT, _BUILD / "cloudformation" / "template.json")
    lint(template)
    return f"{template.relative_to(_ROOT)}, clean under cfn-lint"


_PARTS = {"functions": _functions, "layer": _layer, "template": _template}

if __name__ == "__main__":
    main()
