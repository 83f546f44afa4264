"""The statements that insert, update and delete rows."""

from dataclasses import dataclass, replace

from psycopg import sql

from infra.local.supabase_gateway.catalogue import Table
from infra.local.supabase_gateway.rest.conditions import where
from infra.local.supabase_gateway.rest.errors import RestError
from infra.local.supabase_gateway.rest.fields import Binder, Relation
from infra.local.supabase_gateway.rest.negotiation import Preferences
from infra.local.supabase_gateway.rest.payload import Payload
from infra.local.supabase_gateway.rest.query import Query
from infra.local.supabase_gateway.rest.quoting import from_catalogue, identifier, identifiers
from infra.local.supabase_gateway.rest.selection import order_by, projection, returned_columns
from infra.local.supabase_gateway.rest.statements import NULL, SOURCE, Shape, Statement, answer

BODY = identifier("pgrst_body")
# An upsert's new rows are counted as PostgREST does it, in a setting of the transaction: every row adds one before
# it is inserted and takes it back when it turns out to be an update. (Reading xmax would need a grant.)
COUNTER = "coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0)"
COUNT_UP = sql.SQL(f" where set_config('pgrst.inserted', ({COUNTER} + 1)::text, true) <> ''")
COUNT_DOWN = sql.SQL(f" where set_config('pgrst.inserted', ({COUNTER} - 1)::text, true) <> ''")


@dataclass(frozen=True)
class Write:
    """A table to write to, and everything a request says about it."""

    table: Table
    relation: Relation
    query: Query
    preferences: Preferences
    shape: Shape

    def insert(self, payload: Payload) -> Statement:
        """Insert the payload's rows; with a resolution preference, update or skip those that exist."""
        bind = Binder()
        merges = self._conflict_columns and self.preferences.chosen.get("resolution") == "merge-duplicates"
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
        defaults = {column.name: column.default for column in columns if column.default}
        if self.preferences.chosen.get("missing") != "default" or not defaults:
            return sql.SQL("{}::json").format(bind(payload.text))
        pair = sql.SQL("{}::text, {}")
        pairs = [pair.format(bind(name), from_catalogue(default)) for name, default in defaults.items()]
        filled = sql.SQL("(select coalesce(jsonb_agg(jsonb_build_object({}) || row), '[]')::json")
        return sql.SQL("{} from jsonb_array_elements({}::jsonb) as row)").format(
            filled.format(sql.SQL(", ").join(pairs)), bind(payload.text)
        )

    def _on_conflict(self, payload: Payload) -> sql.Composable:
        resolution = self.preferences.chosen.get("resolution")
        for name in self.query.on_conflict or []:
            self.relation.column(name)
        if resolution is None or not self._conflict_columns:
            return sql.SQL("")
        target = sql.SQL(" on conflict ({})").format(identifiers(self._conflict_columns))
        if resolution == "ignore-duplicates" or not payload.columns:
            return sql.SQL("{} do nothing").format(target)
        settings = [sql.SQL("{0} = excluded.{0}").format(identifier(name)) for name in payload.columns]
        return sql.SQL("{} do update set {}{}").format(target, sql.SQL(", ").join(settings), COUNT_DOWN)

    def _visible(self) -> sql.Composable:
        if self.preferences.returning == "representation":
            return returned_columns(self.query.selected, self.relation)
        if self.preferences.returning == "headers-only" and self.table.primary_key:
            keys = [sql.SQL("{}.{}").format(self.relation.reference, identifier(n)) for n in self.table.primary_key]
            return sql.SQL(", ").join(keys)
        return sql.SQL("1")

    def _returning(self) -> sql.Composed:
        return sql.SQL("returning {}").format(self._visible())

    def _statement(self, source: sql.Composed, bind: Binder, inserted: sql.Composable = NULL) -> Statement:
        written = replace(self.relation, reference=SOURCE)
        if self.preferences.returning == "representation":
            page = sql.SQL("select {} from {}{}").format(
                projection(self.query.selected, written, bind),
                SOURCE,
                order_by(self.query.ordered, written, bind),
            )
        else:
            page = sql.SQL("select * from {}").format(SOURCE)
        text = answer(page, self.shape, total=NULL, source=source, inserted=inserted)
        return Statement(text, bind.values)
