"""What a process keeps from one invocation to the next: settings, secrets, keys and open connections."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_kept: dict[Callable[..., Any], dict[Any, Any]] = {}


def keep(make: Callable[P, T]) -> Callable[P, T]:
    """Call `make` once for each of its arguments, and keep the result for as long as the process lives."""
    results: dict[Any, T] = {}

    @functools.wraps(make)
    def kept(*arguments: P.args, **named: P.kwargs) -> T:
        key = (arguments, *named.items())
        if key not in results:
            results[key] = make(*arguments, **named)
        return results[key]

    _kept[kept] = results
    return kept


def forget(*functions: Callable[..., Any]) -> None:
    """Close and drop what these functions have made, or all, as if the process had just been started. For tests."""
    for function in functions or _kept:
        for result in _kept[function].values():
            if hasattr(result, "close"):
                result.close()
        _kept[function].clear()
