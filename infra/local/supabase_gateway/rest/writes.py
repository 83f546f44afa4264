"""The statements that insert, update and delete rows."""

from dataclasses import dataclass, replace

from psycopg import sql

from infra.local.supabase_gateway.catalogue import Table
from infra.local.supabase_gateway.rest.conditions import where
from infra.local.supabase_gateway.rest.errors import RestError
from infra.local.supabase_gateway.rest.exchange import parse_json
from infra.local.supabase_gateway.rest.fragments import Binder, Relation, from_catalogue, identifier, identifiers
from infra.local.supabase_gateway.rest.query import Query
from infra.local.supabase_gateway.rest.statements import NULL, SOURCE, Shape, Statement, answer

BODY = identifier("pgrst_body")
# An upsert's new rows are counted as PostgREST does it, in a setting of the transaction: every row adds one before
# it is inserted and takes it back when it turns out to be an update. (Reading xmax would need a grant.)
COUNTER = "coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0)"
COUNT_UP = sql.SQL(f" where set_config('pgrst.inserted', ({COUNTER} + 1)::text, true) <> ''")
COUNT_DOWN = sql.SQL(f" where set_config('pgrst.inserted', ({COUNTER} - 1)::text, true) <> ''")


@dataclass(frozen=True)
class Payload:
    """Rows to write: always a JSON array as text, and the columns they set."""

    text: str
    columns: list[str]


@dataclass(frozen=True)
class Write:
    """A table to write to, and everything a request says about it."""

    table: Table
    relation: Relation
    query: Query
    preferences: dict[str, str]
    shape: Shape

    def insert(self, payload: Payload) -> Statement:
        """Insert the payload's rows; with a resolution preference, update or skip those that exist."""
        bind = Binder()
        merges = self._conflict_columns and self.preferences.get("resolution") == "merge-duplicates"
        source = sql.SQL("insert into {} {}select {} {}{}{} {}").format(
            self.relation.reference,
            sql.SQL("({}) ").format(identifiers(payload.columns)) if payload.columns else sql.SQL(""),
            sql.SQL(", ").join([sql.SQL("{}.{}").format(BODY, identifier(n)) for n in payload.columns]),
            self._records(payload, bind),
            COUNT_UP if merges else sql.SQL(""),
            self._on_conflict(payload),
            self._returning(),
        )
        inserted = sql.SQL(COUNTER if merges else "null")
        return self._statement(source, bind, inserted)

    def update(self, payload: Payload) -> Statement:
        """Set the payload's columns in the rows that the query's conditions choose."""
        self._require_conditions("UPDATE")
        bind = Binder()
        if not payload.columns:  # nothing to set: PostgREST answers as if no row had matched
            source = sql.SQL("select {} from {} where false").format(self._visible(), self.relation.reference)
            return self._statement(source, bind)
        settings = [sql.SQL("{} = {}.{}").format(identifier(name), BODY, identifier(name)) for name in payload.columns]
        source = sql.SQL("update {} set {} {}{} {}").format(
            self.relation.reference,
            sql.SQL(", ").join(settings),
            self._records(payload, bind),
            where(self.query.conditions, self.relation, bind),
            self._returning(),
        )
        return self._statement(source, bind)

    def delete(self) -> Statement:
        """Delete the rows that the query's conditions choose."""
        self._require_conditions("DELETE")
        bind = Binder()
        condition = where(self.query.conditions, self.relation, bind)
        source = sql.SQL("delete from {}{} {}").format(self.relation.reference, condition, self._returning())
        return self._statement(source, bind)

    @property
    def returns_rows(self) -> bool:
        """Whether the rows that were written are shown."""
        return self.preferences.get("return") == "representation"

    @property
    def _conflict_columns(self) -> list[str]:
        return self.query.on_conflict or list(self.table.primary_key)

    def _require_conditions(self, verb: str) -> None:
        # Supabase loads the extension `safeupdate` for its API.
        if not self.query.conditions:
            raise RestError(400, "21000", f"{verb} requires a WHERE clause")

    def _records(self, payload: Payload, bind: Binder) -> sql.Composed:
        if not payload.columns:
            rows = sql.SQL("from json_array_elements({}::json) as {}")
            return rows.format(bind(payload.text), BODY)
        columns = [self.table.columns[name] for name in payload.columns]
        typed = [sql.SQL("{} {}").format(identifier(c.name), from_catalogue(c.type)) for c in columns]
        rows = sql.SQL("from json_to_recordset({}) as {}({})")
        return rows.format(self._rows(payload, bind), BODY, sql.SQL(", ").join(typed))

    def _rows(self, payload: Payload, bind: Binder) -> sql.Composed:
        """The payload's JSON; what a row lacks is filled with its column's default if that is preferred."""
        columns = [self.table.columns[name] for name in payload.columns]
        defaults = [(bind(c.name), from_catalogue(c.default)) for c in columns if c.default]
        if self.preferences.get("missing") != "default" or not defaults:
            return sql.SQL("{}::json").format(bind(payload.text))
        pairs = sql.SQL(", ").join([sql.SQL("{}::text, {}").format(*pair) for pair in defaults])
        return sql.SQL(
            "(select coalesce(jsonb_agg(jsonb_build_object({}) || row), '[]')::json"
            " from jsonb_array_elements({}::jsonb) as row)"
        ).format(pairs, bind(payload.text))

    def _on_conflict(self, payload: Payload) -> sql.Composable:
        resolution = self.preferences.get("resolution")
        for name in self.query.on_conflict or []:
            self.relation.column(name)  # refuses what there is not
        if resolution is None or not self._conflict_columns:
            return sql.SQL("")
        target = sql.SQL(" on conflict ({})").format(identifiers(self._conflict_columns))
        if resolution == "ignore-duplicates" or not payload.columns:
            return sql.SQL("{} do nothing").format(target)
        settings = [sql.SQL("{0} = excluded.{0}").format(identifier(name)) for name in payload.columns]
        return sql.SQL("{} do update set {}{}").format(target, sql.SQL(", ").join(settings), COUNT_DOWN)

    def _visible(self) -> sql.Composable:
        if self.returns_rows:
            return self.query.returned_columns(self.relation)
        return sql.SQL("1")

    def _returning(self) -> sql.Composed:
        return sql.SQL("returning {}").format(self._visible())

    def _statement(self, source: sql.Composed, bind: Binder, inserted: sql.Composable = NULL) -> Statement:
        written = replace(self.relation, reference=SOURCE)
        if self.returns_rows:
            page = sql.SQL("select {} from {}{}").format(
                self.query.projection(written), SOURCE, self.query.order_by(written)
            )
        else:
            page = sql.SQL("select * from {}").format(SOURCE)
        text = answer(page, self.shape, total=NULL, source=source, inserted=inserted)
        return Statement(text, bind.values)


def parse_rows(body: bytes, table: Table, query: Query) -> Payload:
    """The rows of an insert: an object or an array of objects.

    The parameter `columns` chooses what is read of them; without it, all must have the same keys.
    """
    value = parse_json(body)
    rows = value if isinstance(value, list) else [value]
    keys = [_keys(row) for row in rows]
    columns = query.columns
    if columns is None:
        columns = keys[0] if keys else []
        if any(set(columns) != set(others) for others in keys):
            raise RestError(400, "PGRST102", "All object keys must match")
    return Payload(_array(value, body), _known(columns, table))


def parse_changes(body: bytes, table: Table, query: Query) -> Payload:
    """The one row of an update."""
    value = parse_json(body)
    rows = value if isinstance(value, list) else [value]
    if len(rows) != 1:
        raise RestError(400, "PGRST102", "An update takes one object")
    return Payload(_array(value, body), _known(query.columns or _keys(rows[0]), table))


def _keys(row: object) -> list[str]:
    if not isinstance(row, dict):
        raise RestError(400, "PGRST102", "Every row must be an object")
    return list(row)


def _known(columns: list[str], table: Table) -> list[str]:
    for name in columns:
        if name not in table.columns:
            message = f"Could not find the '{name}' column of '{table.name}' in the schema cache"
            raise RestError(400, "PGRST204", message)
    return columns


def _array(value: object, body: bytes) -> str:
    # The client's own text: its numbers are then read by PostgreSQL alone, with every digit.
    text = body.decode("utf-8")
    return text if isinstance(value, list) else f"[{text}]"
