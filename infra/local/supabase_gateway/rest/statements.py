"""The statements for tables: one per request, whose answer is made in the database as JSON text."""

from dataclasses import dataclass
from typing import Literal

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from infra.local.supabase_gateway.rest.conditions import where
from infra.local.supabase_gateway.rest.fragments import Binder, Relation, identifier
from infra.local.supabase_gateway.rest.query import Query

Shape = Literal["rows", "row", "scalars", "scalar", "nothing"]
# The alias is one that no column will have: a column of that name would be taken instead of the row.
BODIES: dict[Shape, str] = {
    "rows": "coalesce(json_agg(pgrst_row), '[]')::text",
    "row": "coalesce(json_agg(pgrst_row) -> 0, 'null')::text",
    "scalars": "coalesce(json_agg(pgrst_row.pgrst_scalar), '[]')::text",
    "scalar": "coalesce(json_agg(pgrst_row.pgrst_scalar) -> 0, 'null')::text",
    "nothing": "''",
}
SOURCE = identifier("pgrst_source")
NULL = sql.SQL("null")


@dataclass(frozen=True)
class Outcome:
    """What a statement answers.

    `body` holds `rows` rows; without a limit there would be `total` (None if that was not counted). `inserted` is how
    many of an upsert's rows were new (None for other statements).
    """

    body: str
    rows: int
    total: int | None
    inserted: int | None


@dataclass(frozen=True)
class Statement:
    text: sql.Composed
    values: dict[str, object]

    async def run(self, connection: AsyncConnection[tuple[object, ...]]) -> Outcome:
        """Execute it; every statement made here returns exactly one row."""
        async with connection.cursor(row_factory=class_row(Outcome)) as cursor:
            outcome = await (await cursor.execute(self.text, self.values)).fetchone()
        assert outcome is not None  # noqa: S101 - an aggregate without group by
        return outcome


def select_statement(relation: Relation, query: Query, shape: Shape, *, count: bool) -> Statement:
    bind = Binder()
    page, total = page_and_total(relation, query, bind, count=count)
    return Statement(answer(page, shape, total=total), bind.values)


def page_and_total(
    relation: Relation, query: Query, bind: Binder, *, count: bool
) -> tuple[sql.Composed, sql.Composable]:
    """The rows that a query asks for, and the number of rows there would be without its limit."""
    origin = sql.SQL("{}{}").format(relation.reference, where(query.conditions, relation, bind))
    page = sql.SQL("select {} from {}{}{}").format(
        query.projection(relation),
        origin,
        query.order_by(relation),
        query.window(bind),
    )
    return page, sql.SQL("(select count(*) from {})").format(origin) if count else NULL


def answer(
    page: sql.Composable,
    shape: Shape,
    *,
    total: sql.Composable,
    source: sql.Composable | None = None,
    inserted: sql.Composable = NULL,
) -> sql.Composed:
    """The outer statement: turns the rows of `page` into the four columns of an `Outcome`.

    `source` is what `page` reads as "pgrst_source": a write, or the call of a function, which must happen only once.
    """
    head = sql.SQL("with {} as ({}) ").format(SOURCE, source) if source else sql.SQL("")
    return sql.SQL("{}select {} as body, count(*) as rows, {} as total, {} as inserted from ({}) as pgrst_row").format(
        head, sql.SQL(BODIES[shape]), total, inserted, page
    )
