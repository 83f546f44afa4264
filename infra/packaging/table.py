"""The table of functions: infra/functions/*.yml, and needs.yml, which says what their `needs` mean."""

from pathlib import Path
from typing import Any

import yaml

Entry = dict[str, Any]


class UnfitTableError(Exception):
    """An entry of the table cannot be deployed; the message says which, and why."""


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags: `!Ref X` becomes {"Ref": "X"}, as JSON has it."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.ScalarNode | yaml.SequenceNode) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {f"Fn::{suffix}": loader.construct_sequence(node, deep=True)}
    value = loader.construct_scalar(node)
    if suffix == "Ref":
        return {"Ref": value}
    return {f"Fn::{suffix}": value.split(".") if suffix == "GetAtt" else value}


_Loader.add_multi_constructor("!", _intrinsic)


def read(path: Path) -> dict[str, Entry]:
    """A file of entries by their names."""
    entries: dict[str, Entry] = yaml.load(path.read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return entries


def functions(root: Path) -> dict[str, Entry]:
    """The functions of every group by their names, as the table has them."""
    table: dict[str, Entry] = {}
    for group in sorted((root / "infra" / "functions").glob("*.yml")):
        table |= read(group)
    return table


def function_names(root: Path) -> list[str]:
    """The names of all deployed functions, sorted."""
    return sorted(functions(root))


def needs() -> dict[str, Entry]:
    """What a function may need, by name."""
    return read(Path(__file__).with_name("needs.yml"))


def needs_of(function: str, entry: Entry, known: dict[str, Entry]) -> dict[str, Entry]:
    """What an entry needs, of what is `known`. UnfitTableError if it names anything else."""
    named = entry.get("needs", [])
    if unknown := [need for need in named if need not in known]:
        raise UnfitTableError(f"{function} needs {', '.join(unknown)}, which infra/packaging/needs.yml does not have.")
    return {need: known[need] for need in named}
