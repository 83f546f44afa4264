import io
import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from infra.contract.problems import Problem
from shared.api.problems import MEDIA_TYPE, TITLES, problems
from tests.unit.shared.api.probe import WORDS

JSON = {"content-type": "application/json"}


def problem(answer: Any) -> dict[str, Any]:
    """The problem document of an answer, after what is true of all of them."""
    document: dict[str, Any] = answer.json()
    known = Problem.model_validate(document)
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert (known.status, known.request_id) == (answer.status_code, answer.headers["x-request-id"])
    assert known.type == f"urn:hercules:problem:{known.code}"
    return document


def test_an_expected_error_is_told_whole(client: TestClient) -> None:
    answer = client.get("/full", headers={"x-request-id": "request-1"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    assert problem(answer) == {
        "type": "urn:hercules:problem:quota_exceeded",
        "title": "The weekly limit is reached",
        "status": 429,
        "detail": "This week's limit is reached.",
        "code": "quota_exceeded",
        "request_id": "request-1",
        "limit": "messages",
    }


def test_what_is_down_says_when_to_try_again(client: TestClient) -> None:
    answer = client.get("/down")
    assert (problem(answer)["code"], answer.headers["retry-after"]) == ("database_unavailable", "5")


def test_a_problem_is_not_to_be_kept_by_a_cache(client: TestClient) -> None:
    assert client.get("/full").headers["cache-control"] == "no-store"


def test_an_unknown_path_is_a_problem(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert problem(answer)["code"] == "path_not_found"


def test_a_method_that_is_not_allowed_is_a_problem(client: TestClient) -> None:
    answer = client.delete("/full")
    assert answer.status_code == 405
    assert problem(answer)["status"] == 405
    assert answer.headers["allow"] == "GET"


def test_each_field_that_is_not_valid_is_named(client: TestClient) -> None:
    answer = client.post("/things", json={"size": "large", "colour": "blue"})
    document = problem(answer)
    assert (answer.status_code, document["code"]) == (422, "invalid_request")
    assert {item["field"] for item in document["errors"]} == {"body.name", "body.size", "body.colour"}
    assert all(item["message"] for item in document["errors"])


def test_a_value_that_is_not_valid_is_not_repeated(client: TestClient, log: io.StringIO) -> None:
    answer = client.post("/things", json={"name": "x", "size": WORDS})
    assert problem(answer)["errors"][0]["field"] == "body.size"
    assert WORDS not in answer.text + log.getvalue()


def test_a_bad_id_in_the_path_is_named(client: TestClient) -> None:
    assert problem(client.get("/things/1"))["errors"][0]["field"] == "path.thing_id"


@pytest.mark.parametrize("body", [b"{", b"no json", b'{"name": }'])
def test_a_body_that_is_no_json_is_named_as_such(client: TestClient, body: bytes) -> None:
    answer = client.post("/things", content=body, headers=JSON)
    assert (answer.status_code, problem(answer)["code"]) == (422, "malformed_json")


@pytest.mark.parametrize("body", [b'{"name": "\xff"}', b"[" * 100_000, b'{"size": ' + b"9" * 5000 + b"}"])
def test_a_body_that_cannot_be_read_is_a_problem(client: TestClient, body: bytes) -> None:
    answer = client.post("/things", content=body, headers=JSON)
    assert 400 <= answer.status_code < 500
    assert problem(answer)["status"] == answer.status_code


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b'{"name": "\\ud800"}', b'{"\\ud800": 1, "name": "x"}'])
def test_a_body_of_another_shape_is_a_problem(client: TestClient, body: bytes) -> None:
    answer = client.post("/things", content=body, headers=JSON)
    assert answer.status_code == 422
    assert problem(answer)["errors"]


def test_a_fault_of_ours_tells_nobody_what_it_says(client: TestClient, log: io.StringIO) -> None:
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert problem(answer)["code"] == "internal_error"
    assert "unhandled" in log.getvalue()
    assert WORDS not in answer.text + log.getvalue()


def test_without_a_token_the_scheme_is_named(client: TestClient) -> None:
    answer = client.get("/me")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert problem(answer)["code"] == "unauthorized"


def test_an_expected_error_is_logged_by_its_code_alone(client: TestClient, log: io.StringIO) -> None:
    client.get("/full")
    entry, _ = map(json.loads, log.getvalue().splitlines())  # and the line of every request
    assert (entry["level"], entry["status"], entry["code"]) == ("INFO", 429, "quota_exceeded")
    assert "limit is reached" not in log.getvalue()


def test_every_status_that_can_be_documented_has_its_words() -> None:
    documented = problems(*TITLES)
    assert set(documented) == set(TITLES)
    assert set(problems()) == {500}
    assert all(re.search(r"\w", answer["description"]) for answer in documented.values())
    assert all(MEDIA_TYPE in answer["content"] for answer in documented.values())
