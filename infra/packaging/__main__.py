"""Build what goes to AWS, and upload it: `python -m infra.packaging functions|layer|template|all|deploy`."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from infra import catalogue
from infra.packaging import osls
from infra.packaging.functions import package_functions
from infra.packaging.layer import UnfitLayerError, build_layer
from infra.packaging.table import UnfitTableError
from infra.packaging.template import LintError, compile_template, lint

_ROOT = Path(__file__).parents[2]
_BUILD = _ROOT / "build"
_LAYER = _BUILD / "layer.zip"


class UnfitModelsError(Exception):
    """The models that are configured cannot be deployed; the message says which, and what to state."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.packaging", description=__doc__)
    parser.add_argument("part", choices=[*_PARTS, "all", "deploy"])
    parser.add_argument("--stage", default="dev", help="where to deploy to (default: dev)")
    arguments = parser.parse_args()
    if arguments.part == "deploy":
        check_models(os.environ)
    for name in _PARTS if arguments.part in {"all", "deploy"} else [arguments.part]:
        started = time.perf_counter()
        result = _PARTS[name]()
        _say(f"{name:<10} {result} ({time.perf_counter() - started:.1f} s)")
    if arguments.part == "deploy":
        _deploy(arguments.stage)


def check_models(environment: Mapping[str, str]) -> None:
    """UnfitModelsError if this environment configures a model that the functions could not use, or not pay for."""
    if faults := catalogue.faults(environment):
        raise UnfitModelsError("\n".join(["Nothing is deployed:", *faults]))


def _functions() -> str:
    archives = package_functions(_ROOT, _BUILD / "functions")
    largest = max(archives.values(), key=lambda archive: archive.stat().st_size)
    return f"{len(archives)} zips, the largest {largest.name} with {largest.stat().st_size / 1024:.0f} KB"


def _layer() -> str:
    layer = build_layer(_ROOT, _LAYER)
    bytecode = "compiled" if layer.compiled else "not compiled, as there is no Python 3.13 here"
    return f"{layer.packed / 1e6:.1f} MB zipped, {layer.unpacked / 1e6:.1f} MB unpacked, {bytecode}"


def _template() -> str:
    template = compile_template(_ROOT, _BUILD / "cloudformation" / "template.json")
    lint(template)
    return f"{template.relative_to(_ROOT)}, clean under cfn-lint"


def _deploy(stage: str) -> None:
    """To AWS, with the credentials and settings of whoever runs this."""
    with tempfile.TemporaryDirectory(prefix="hercules-deploy-") as directory:
        osls.lay_out(_ROOT, Path(directory), _LAYER)
        try:
            osls.run(Path(directory), "deploy", stage=stage, environment=os.environ, progress=_say)
        except osls.OslsError:
            sys.exit(1)  # it has said why


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


_PARTS = {"functions": _functions, "layer": _layer, "template": _template}

if __name__ == "__main__":
    try:
        main()
    except (osls.OslsError, LintError, UnfitLayerError, UnfitModelsError, UnfitTableError) as error:
        sys.exit(str(error))
