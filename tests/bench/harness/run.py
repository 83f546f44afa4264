"""One run of a benchmark: in full, or brief, when it only shows that the benchmark still works."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar

from infra.local.cloud.description import Cloud
from infra.local.cloud.running import running_cloud
from tests.bench.harness import report

T = TypeVar("T")


class Run:
    """What each `main` is given. Use it as a context manager: it ends what it started."""

    def __init__(self, *, brief: bool = False) -> None:
        self.brief = brief
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    @cached_property
    def cloud(self) -> Cloud:
        """A laptop cloud, started for whoever asks first. Brief runs of several benchmarks share it."""
        return self._open.enter_context(running_cloud())

    def sized(self, full: T, brief: T) -> T:
        """The size for this run; what a brief one finds at its own is worth nothing."""
        return brief if self.brief else full

    def write(self, name: str, figures: Mapping[str, Any]) -> None:
        """Keep the figures of a full run."""
        if not self.brief:
            report.write(name, figures)

    def show(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        if not self.brief:
            report.show(title, columns, rows)
