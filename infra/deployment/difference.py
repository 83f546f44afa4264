"""What a deployment would change of what is there, for a person to say yes to."""

from collections.abc import Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]
# What is another in each deployment, or says no more than that the code is.
_NOISE = ("Code.S3Key", "Content.S3Key", "Environment.Variables.SERVICE_VERSION", "Description")
_SHOWN = 80  # characters of a value


def difference(before: Template | None, after: Template) -> list[str]:
    """A line for each resource that comes or goes, and for each property that changes; values are cut short."""
    old, new = (before or {}).get("Resources", {}), after["Resources"]
    lines = [f"+ {new[name]['Type']} {name}" for name in sorted(new.keys() - old.keys())]
    lines += [f"- {old[name]['Type']} {name}" for name in sorted(old.keys() - new.keys())]
    for name in sorted(new.keys() & old.keys()):
        lines += [f"~ {name}: {change}" for change in _changes(old[name], new[name])]
    return lines


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = dict(_leaves(old)), dict(_leaves(new))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path) and not path.endswith(_NOISE):
            yield f"{path.removeprefix('Properties.')}: {_shown(before.get(path))} -> {_shown(after.get(path))}"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that holds no other, by its path."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]")
    else:
        yield path, value


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
