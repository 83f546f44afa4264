"""What schema public has: every name in a request is looked up here before it gets into a statement."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg

from infra.local.supabase_gateway.database import Database

QUERY = Path(__file__).with_name("catalogue.sql").read_bytes()
RECONNECT_AFTER = 1.0  # seconds


@dataclass(frozen=True)
class Column:
    """A column, with its type and default as SQL; `default` is None also for generated columns."""

    name: str
    type: str
    default: str | None = None


@dataclass(frozen=True)
class Table:
    """A table or view of schema public."""

    name: str
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...]


@dataclass(frozen=True)
class Function:
    """A function of schema public; `columns` is None when it returns scalars."""

    name: str
    arguments: Mapping[str, Column]  # the name of one that has none is empty
    required: frozenset[str]
    columns: Mapping[str, Column] | None
    returns_set: bool
    returns_void: bool
    volatile: bool
    variadic: bool
    statement_timeout: str | None

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        """From one entry of catalogue.sql, whose arguments are input and output mixed, told apart by mode."""
        count = len(row["types"])
        parameters = [*zip(row["names"] or [""] * count, row["types"], row["modes"] or ["i"] * count, strict=True)]
        inputs = [(name, kind) for name, kind, mode in parameters if mode in "ibv"]
        outputs = {name: Column(name, kind) for name, kind, mode in parameters if mode in "obt"}
        outputs = outputs or _columns(row["row"] or [])
        composite = bool(outputs) or row["returns"] == "record"
        return cls(
            row["name"],
            {name: Column(name, kind) for name, kind in inputs},
            frozenset(name for name, _ in inputs[: len(inputs) - row["defaults"]]),
            outputs if composite else None,
            returns_set=row["returns_set"],
            returns_void=row["returns"] == "void",
            volatile=row["volatile"],
            variadic=row["variadic"],
            statement_timeout=row["statement_timeout"],
        )

    def accepts(self, given: frozenset[str]) -> bool:
        """Whether it can be called with arguments of just these names."""
        return self.required <= given <= self.arguments.keys()


def _columns(rows: list[dict[str, Any]]) -> dict[str, Column]:
    return {row["name"]: Column(**row) for row in rows}


class Catalogue:
    """A cached copy of the schema, read again when the database says so or a name is not in it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables: dict[str, Table] = {}
        self._functions: dict[str, list[Function]] = {}
        self._fresh = False
        self._lock = asyncio.Lock()

    async def table(self, name: str) -> Table | None:
        if not self._fresh or name not in self._tables:
            await self._load()
        return self._tables.get(name)

    async def functions(self, name: str, given: frozenset[str]) -> list[Function]:
        if not self._fresh or not self._matching(name, given):
            await self._load()
        return self._matching(name, given)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Meanwhile, `notify pgrst` makes the next request read the schema again."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _matching(self, name: str, given: frozenset[str]) -> list[Function]:
        return [function for function in self._functions.get(name, []) if function.accepts(given)]

    async def _load(self) -> None:
        async with self._lock, self._database.authenticator() as connection, connection.transaction():
            self._fresh = True
            await connection.execute("set local search_path = ''")
            cursor = await connection.execute(QUERY)
            row = await cursor.fetchone()
        found: Any = row[0] if row else {}
        tables = (Table(row["name"], _columns(row["columns"]), tuple(row["primary_key"])) for row in found["tables"])
        self._tables = {table.name: table for table in tables}
        self._functions = defaultdict(list)
        for function in map(Function.from_json, found["functions"]):
            self._functions[function.name].append(function)

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                connection = await psycopg.AsyncConnection.connect(self._database.listener_url, autocommit=True)
                async with connection:
                    await connection.execute("listen pgrst")
                    self._fresh = False
                    async for _ in connection.notifies():
                        self._fresh = False
            self._fresh = False
            await asyncio.sleep(RECONNECT_AFTER)
