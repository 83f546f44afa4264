"""What infra/functions/*.yml says is deployed."""

from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags (!Ref, !GetAtt, ...), whose values are of no interest here."""


_Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def functions(root: Path) -> dict[str, dict[str, Any]]:
    """The functions of every group by their names, as their YAML has them."""
    declared: dict[str, dict[str, Any]] = {}
    for group in sorted((root / "infra" / "functions").glob("*.yml")):
        declared |= yaml.load(group.read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return declared


def function_names(root: Path) -> list[str]:
    """The names of all deployed functions, sorted."""
    return sorted(functions(root))
