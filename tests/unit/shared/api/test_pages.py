from typing import Any

import pytest
from starlette.testclient import TestClient


def sizes(answer: Any) -> list[int]:
    return [item["size"] for item in answer.json()["items"]]


def test_a_list_is_read_page_by_page_to_its_end(client: TestClient) -> None:
    pages: list[list[int]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = client.get("/things", params={"cursor": cursor} if cursor else {})
        pages.append(sizes(answer))
        cursor = answer.json()["next_cursor"]
    assert pages == [[1, 2], [3, 4], [5]]


def test_a_page_that_holds_the_rest_exactly_is_the_last(client: TestClient) -> None:
    answer = client.get("/things", params={"limit": 5})
    assert (sizes(answer), answer.json()["next_cursor"]) == ([1, 2, 3, 4, 5], None)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "101"}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"cursor": "x" * 201}, "query.cursor"),
    ],
)
def test_a_page_that_cannot_be_given_is_refused(client: TestClient, params: dict[str, str], field: str) -> None:
    answer = client.get("/things", params=params)
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("cursor", ["made-up", ""])
def test_a_made_up_cursor_is_refused(client: TestClient, cursor: str) -> None:
    answer = client.get("/things", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")
