"""Parts of a result and how many rows there are: 1,500 numbers, of which a request never gets more than 1,000."""

import pytest
from postgrest import APIError
from postgrest.types import CountMethod

from tests.database.gateway.actor import Actor


def test_an_unlimited_read_ends_at_a_thousand_rows_as_on_supabase(owner: Actor) -> None:
    answer = owner.supabase.table("numbers").select("*", count=CountMethod.exact).execute()
    assert (len(answer.data), answer.count) == (1000, 1500)


def test_limit_and_offset_choose_a_part(owner: Actor) -> None:
    found = owner.supabase.table("numbers").select("n").order("n").limit(2).offset(10).execute().data
    assert found == [{"n": 11}, {"n": 12}]


def test_range_includes_both_its_ends(owner: Actor) -> None:
    found = owner.supabase.table("numbers").select("n").order("n").range(3, 5).execute().data
    assert found == [{"n": 4}, {"n": 5}, {"n": 6}]


@pytest.mark.parametrize("method", list(CountMethod))
def test_every_count_is_exact(owner: Actor, method: CountMethod) -> None:
    answer = owner.supabase.table("numbers").select("n", count=method).gt("n", 1490).limit(3).execute()
    assert (len(answer.data), answer.count) == (3, 10)


def test_a_head_request_counts_without_a_body(owner: Actor) -> None:
    answer = owner.rest.head("/numbers", params={"n": "lte.20"}, headers={"Prefer": "count=exact"})
    assert (answer.content, answer.headers["content-range"]) == (b"", "0-19/20")
    assert owner.supabase.table("numbers").select("n", count=CountMethod.exact, head=True).execute().count == 1500


@pytest.mark.parametrize(
    ("parameters", "headers", "status", "content_range"),
    [
        ({"n": "lte.20"}, {}, 200, "0-19/*"),
        ({"n": "lte.20"}, {"Prefer": "count=exact"}, 200, "0-19/20"),
        ({"n": "lte.20", "limit": "5"}, {"Prefer": "count=exact"}, 206, "0-4/20"),
        ({"n": "lte.20", "limit": "5", "offset": "18"}, {"Prefer": "count=exact"}, 206, "18-19/20"),
        ({"n": "lte.20", "limit": "0"}, {"Prefer": "count=exact"}, 206, "*/20"),
        ({"n": "eq.0"}, {"Prefer": "count=exact"}, 200, "*/0"),
        ({"n": "eq.0"}, {}, 200, "*/*"),
    ],
)
def test_the_content_range_says_which_part_it_is(
    owner: Actor, parameters: dict[str, str], headers: dict[str, str], status: int, content_range: str
) -> None:
    answer = owner.rest.get("/numbers", params=parameters, headers=headers)
    assert (answer.status_code, answer.headers["content-range"]) == (status, content_range)


@pytest.mark.parametrize(
    ("parameters", "headers", "details"),
    [
        (
            {"n": "lte.20", "offset": "30"},
            {"Prefer": "count=exact"},
            "An offset of 30 was requested, but there are only 20 rows.",
        ),
        ({"limit": "-1"}, {}, "Limit should be greater than or equal to zero."),
    ],
)
def test_a_range_that_cannot_be_is_416(
    owner: Actor, parameters: dict[str, str], headers: dict[str, str], details: str
) -> None:
    answer = owner.rest.get("/numbers", params=parameters, headers=headers)
    assert answer.status_code == 416
    assert answer.json() == {
        "code": "PGRST103",
        "message": "Requested range not satisfiable",
        "details": details,
        "hint": None,
    }


def test_an_offset_beyond_an_uncounted_result_is_just_empty(owner: Actor) -> None:
    assert owner.rest.get("/numbers", params={"offset": "5000"}).json() == []


def test_a_limit_that_is_no_number_is_a_bad_request(owner: Actor) -> None:
    assert owner.rest.get("/numbers", params={"limit": "ten"}).status_code == 400


def test_a_range_header_is_said_to_be_missing(owner: Actor) -> None:
    assert owner.rest.get("/numbers", headers={"Range": "5-9"}).status_code == 501


def test_single_wants_exactly_one_row(owner: Actor) -> None:
    numbers = owner.supabase.table("numbers")
    assert numbers.select("n").eq("n", 7).single().execute().data == {"n": 7}
    for query, rows in [(numbers.select("n").eq("n", 0), 0), (numbers.select("n").lt("n", 3), 2)]:
        with pytest.raises(APIError) as refused:
            query.single().execute()
        assert (refused.value.code, refused.value.details) == ("PGRST116", f"The result contains {rows} rows")


def test_maybe_single_allows_none(owner: Actor) -> None:
    numbers = owner.supabase.table("numbers")
    assert numbers.select("n").eq("n", 0).maybe_single().execute() is None
    found = numbers.select("n").eq("n", 7).maybe_single().execute()
    assert found is not None
    assert found.data == {"n": 7}


def test_a_single_object_is_406_if_there_is_none(owner: Actor) -> None:
    answer = owner.rest.get("/numbers?n=eq.0", headers={"Accept": "application/vnd.pgrst.object+json"})
    assert (answer.status_code, answer.json()["code"]) == (406, "PGRST116")
