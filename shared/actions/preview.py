"""What an action would change, for a user to read: made from two states, never from the model's words."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.actions.action import Change
from shared.platform.text import JsonObject
from shared.training.plan import labels

HIDDEN = frozenset({"id", "plan_id", "room_id"})  # keys of the database say nothing to a user


def preview(before: Any, after: Any, units: Mapping[str, str]) -> list[Change]:
    """The differences of two states; `units` by the name of a field.

    Sessions and exercises are told apart by their names, of other lists the whole is shown.
    """
    return [
        Change(path=path, before=old, after=new, unit=units.get(path.rpartition(".")[2]))
        for path, old, new in _differences("", before, after)
    ]


def _differences(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in _both(before, after):
            if name not in HIDDEN:
                yield from _differences(f"{path}.{name}" if path else name, before.get(name), after.get(name))
    elif _are_named(before) and _are_named(after):
        old, new = _by_name(before), _by_name(after)
        for name in _both(old, new):
            yield from _differences(f"{path}[{name}]", old.get(name), new.get(name))
    else:
        yield path, before, after


def _both(before: JsonObject, after: JsonObject) -> list[str]:
    return [*after, *(name for name in before if name not in after)]


def _are_named(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and "name" in item for item in value)


def _by_name(items: list[JsonObject]) -> JsonObject:
    """The second of a name is called `name 2`."""
    return dict(zip(labels(items), items, strict=True))
