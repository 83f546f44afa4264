"""The lists of the API as the statements that PostgREST makes of them, and what a page reads.

A page behind a row is that of `shared.platform.paging.after`.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import sql

from tests.support.database.actors import Connection, acting_as

MAX_BUFFERS = 30  # pages of 8 KB that a page of a list may look into


@dataclass(frozen=True)
class PagedList:
    """`within` is a column that the list is of one value of, beside the user's."""

    table: str
    order: str
    ascending: bool = False
    within: str | None = None
    role: str = "authenticated"

    def statement(self, *, behind: bool) -> str:
        """Takes `within`, `at`, `id` and `limit`; `behind` a row, or the first page."""
        than, way = (">", "") if self.ascending else ("<", " desc")
        conditions = [f"{self.within} = %(within)s"] * bool(self.within)
        if behind:
            conditions.append(
                f"{self.order} {than}= %(at)s and "
                f"({self.order} {than} %(at)s or ({self.order} = %(at)s and id {than} %(id)s))"
            )
        where = f"where {' and '.join(conditions)} " if conditions else ""
        return f"select * from {self.table} {where}order by {self.order}{way}, id{way} limit %(limit)s"

    def position(self, connection: Connection, user: UUID, within: Any, offset: int) -> dict[str, Any]:
        """The arguments of the page behind so many rows."""
        found = f"select {self.order} as at, id from ({self.statement(behind=False)}) as x offset %(offset)s"
        arguments = {"within": within, "limit": offset, "offset": offset - 1}
        with acting_as(connection, self.role, user):
            row = connection.execute(found, arguments).fetchone()
        assert row is not None, f"{self.table} has fewer than {offset} rows"
        return {"within": within, "at": row[0], "id": row[1]}


LISTS = {
    "list_sessions": PagedList("ai_chat_sessions", "updated_at"),
    "list_messages": PagedList("ai_chat_messages", "created_at", within="session_id"),
    "list_actions": PagedList("ai_action_requests", "expires_at", ascending=True),
    "list_pending_actions": PagedList("ai_action_requests", "expires_at", ascending=True, within="status"),
    "list_rooms": PagedList("rooms", "created_at"),
    "list_docs": PagedList("ai_kb_sources", "updated_at", role="service_role"),
}
LIST_EVENTS = "select list_events(%(user)s, %(stream)s, %(after)s, %(limit)s)"


def buffers(connection: Connection, statement: str, arguments: Any, *, prepared: bool = False) -> int:
    """How many pages of 8 KB it looks into, whether or not they are in memory. It is carried out.

    Where it is `prepared`, plan_cache_mode decides about its plan.
    """
    if prepared:
        statement, arguments = _prepared(connection, statement, arguments), None
    row = connection.execute(f"explain (analyze, buffers, timing off, format json) {statement}", arguments).fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def _prepared(connection: Connection, statement: str, arguments: dict[str, Any]) -> str:
    """The statement that carries it out."""
    names = [name for name in arguments if f"%({name})s" in statement]
    for place, name in enumerate(names, 1):
        statement = statement.replace(f"%({name})s", f"${place}")
    connection.execute("deallocate all")
    connection.execute(sql.SQL("prepare asked as {}").format(sql.SQL(statement)))
    values = sql.SQL(", ").join(sql.Literal(arguments[name]) for name in names)
    return sql.SQL("execute asked ({})").format(values).as_string(connection)
