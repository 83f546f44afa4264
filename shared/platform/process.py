"""What a process keeps from one invocation to the next: settings, secrets, keys and open connections."""

import contextlib
import functools
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_kept: dict[Callable[..., Any], dict[Any, Any]] = {}


def keep(make: Callable[P, T]) -> Callable[P, T]:
    """Call `make` once for each of its arguments, and keep the result for as long as the process lives."""
    results: dict[Any, T] = {}
    kept = _once(make, results)
    _kept[kept] = results
    return kept


def once(make: Callable[P, T]) -> Callable[P, T]:
    """As `keep`, of what is the same in all processes: it is never forgotten."""
    return _once(make, {})


def _once(make: Callable[P, T], results: dict[Any, T]) -> Callable[P, T]:
    """Whoever asks while it is being made waits for it."""
    making = threading.RLock()

    @functools.wraps(make)
    def made(*arguments: P.args, **named: P.kwargs) -> T:
        key = (arguments, *named.items())
        if key not in results:
            with making:
                if key not in results:
                    results[key] = make(*arguments, **named)
        return results[key]

    return made


def begin(make: Callable[[], object]) -> None:
    """Make what is kept in a thread, while others go on; if that fails, whoever needs it tries again and learns why."""

    def run() -> None:
        with contextlib.suppress(Exception):
            make()

    threading.Thread(target=run, daemon=True).start()


def forget(*functions: Callable[..., Any]) -> None:
    """Close and drop what these functions have made, or all, as if the process had just been started. For tests."""
    for function in functions or _kept:
        for result in _kept[function].values():
            if hasattr(result, "close"):
                result.close()
        _kept[function].clear()
