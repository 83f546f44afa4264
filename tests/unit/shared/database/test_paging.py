import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from postgrest import SyncPostgrestClient

from shared.database.paging import Position, after
from shared.platform.errors import InvalidRequestError
from tests.support.properties import unhurried
from tests.support.stub_server import StubServer

LONGEST = 200  # characters that the API takes for a cursor
ID = UUID("0198a5f0-1111-7000-8000-000000000001")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
almost = st.tuples(st.datetimes().map(str) | json_values, st.uuids().map(str) | json_values)
encoded = st.builds(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode(), json_values | almost)


@unhurried
@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])), st.uuids())
def test_a_cursor_leads_back_to_its_position(at: datetime, key: UUID) -> None:
    cursor = Position(at, key).encode()
    assert Position.decode(cursor) == Position(at, key)
    assert len(cursor) <= LONGEST
    assert cursor.replace("-", "").replace("_", "").isalnum()


@unhurried
@given(st.text(max_size=LONGEST) | encoded | st.binary(max_size=150).map(lambda raw: base64.b64encode(raw).decode()))
def test_junk_is_refused_as_a_bad_cursor_and_never_otherwise(junk: str) -> None:
    with contextlib.suppress(InvalidRequestError):
        position = Position.decode(junk)
        assert Position.decode(position.encode()) == position


@pytest.mark.parametrize("junk", ["", "AAAA", "bm90IGpzb24", "W10", "WzEsMl0", "WyJub3ciLCJtZSJd", "é", "\x00"])
def test_a_made_up_cursor_is_named_as_such(junk: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        Position.decode(junk)
    assert refused.value.reason == "bad_cursor"


def asked_for(stub: StubServer, *, ascending: bool = False) -> dict[str, list[str]]:
    """The query parameters of the page behind a position."""
    stub.says(b"[]")
    position = Position(datetime(2026, 11, 2, 8, 30, tzinfo=UTC), ID)
    with httpx.Client() as http:
        query = SyncPostgrestClient(stub.url, http_client=http).from_("things").select("id")
        after(query, "created_at", position, ascending=ascending).limit(3).execute()
    return parse_qs(urlsplit(stub.asked[0].path).query)


def test_a_page_goes_on_behind_a_row_newest_first(stub: StubServer) -> None:
    asked, at = asked_for(stub), "2026-11-02T08:30:00+00:00"
    assert asked["order"] == ["created_at.desc,id.desc"]
    assert asked["or"] == [f"(created_at.lt.{at},and(created_at.eq.{at},id.lt.{ID}))"]
    assert asked["created_at"] == [f"lte.{at}"]  # from where an index can start
    assert asked["limit"] == ["3"]


def test_a_list_may_begin_with_the_earliest(stub: StubServer) -> None:
    asked, at = asked_for(stub, ascending=True), "2026-11-02T08:30:00+00:00"
    assert asked["order"] == ["created_at.asc,id.asc"]
    assert asked["or"] == [f"(created_at.gt.{at},and(created_at.eq.{at},id.gt.{ID}))"]
    assert asked["created_at"] == [f"gte.{at}"]
