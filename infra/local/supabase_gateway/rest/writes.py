"""The statements that insert, update and delete rows."""

from dataclasses import dataclass, replace

from psycopg import sql

from infra.local.supabase_gateway.catalogue import Table
from infra.local.supabase_gateway.rest.conditions import where
from infra.local.supabase_gateway.rest.errors import RestError
from infra.local.supabase_gateway.rest.exchange import Exchange, parse_json
from infra.local.supabase_gateway.rest.fragments import Binder, Relation, from_catalogue, identifier, identifiers
from infra.local.supabase_gateway.rest.query import Query
from infra.local.supabase_gateway.rest.statements import NULL, SOURCE, Statement, answer

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
    """A table to write to, and a request that says what."""

    exchange: Exchange
    table: Table
    relation: Relation

    def insert(self) -> Statement:
        """Insert the body's rows; with a resolution preference, update or skip those that exist."""
        bind, payload = Binder(), self._payload(single=False)
        merges = self._conflict_columns and self.exchange.preferences.get("resolution") == "merge-duplicates"
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

    def update(self) -> Statement:
        """Set the body's columns in the rows that the query's conditions choose."""
        bind, payload = Binder(), self._payload(single=True)
        self._require_conditions("UPDATE")
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
    def query(self) -> Query:
        """What the request's address says."""
        return self.exchange.query

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
        return rows.format(self._filled(payload, bind), BODY, sql.SQL(", ").join(typed))

    def _filled(self, payload: Payload, bind: Binder) -> sql.Composed:
        """The payload's JSON; what a row lacks is filled with its column's default if that is preferred."""
        columns = [self.table.columns[name] for name in payload.columns]
        defaults = [(bind(c.name), from_catalogue(c.default)) for c in columns if c.default]
        if self.exchange.preferences.get("missing") != "default" or not defaults:
            return sql.SQL("{}::json").format(bind(payload.text))
        pairs = sql.SQL(", ").join([sql.SQL("{}::text, {}").format(*pair) for pair in defaults])
        return sql.SQL(
            "(select coalesce(jsonb_agg(jsonb_build_object({}) || row), '[]')::json"
            " from jsonb_array_elements({}::jsonb) as row)"
        ).format(pairs, bind(payload.text))

    def _on_conflict(self, payload: Payload) -> sql.Composable:
        resolution = self.exchange.preferences.get("resolution")
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
        return self.query.returned_columns(self.relation) if self.exchange.shows_written else sql.SQL("1")

    def _returning(self) -> sql.Composed:
        return sql.SQL("returning {}").format(self._visible())

    def _statement(self, source: sql.Composed, bind: Binder, inserted: sql.Composable = NULL) -> Statement:
        written = replace(self.relation, reference=SOURCE)
        page = sql.SQL("select * from {}").format(SOURCE)
        if self.exchange.shows_written:
            parts = (self.query.projection(written), SOURCE, self.query.order_by(written))
            page = sql.SQL("select {} from {}{}").format(*parts)
        shape = self.exchange.shape("rows" if self.exchange.shows_written else "nothing")
        text = answer(page, shape, total=NULL, source=source, inserted=inserted)
        return Statement(text, bind.values)

    def _payload(self, *, single: bool) -> Payload:
        """The rows in the body: one object, or an array of objects.

        The parameter `columns` chooses what is read of them; without it, all must have the same keys.
        """
        value, text = parse_json(self.exchange.body), self.exchange.body.decode("utf-8")
        keys = [_keys(row) for row in (value if isinstance(value, list) else [value])]
        if single and len(keys) != 1:
            raise RestError(400, "PGRST102", "An update takes one object")
        columns = self.query.columns
        if columns is None:
            columns = keys[0] if keys else []
            if any(set(columns) != set(others) for others in keys):
                raise RestError(400, "PGRST102", "All object keys must match")
        for name in columns:
            if name not in self.table.columns:
                message = f"Could not find the '{name}' column of '{self.table.name}' in the schema cache"
                raise RestError(400, "PGRST204", message)
        # The client's own text: its numbers are then read by PostgreSQL alone, with every digit.
        return Payload(text if isinstance(value, list) else f"[{text}]", columns)


def _keys(row: object) -> list[str]:
    if not isinstance(row, dict):
        raise RestError(400, "PGRST102", "Every row must be an object")
    return list(row)
