import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from shared.platform.aws_signature import presigned_form, presigned_url, service_url, signed_headers

REGION = "eu-central-1"
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "IQoJb3JpZ2luX2VjE+/=token"


@dataclass(frozen=True)
class Call:
    service: str
    url: str
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


SSM = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter"}
SOCKETS = "https://abc123.execute-api.eu-central-1.amazonaws.com/dev/@connections"
FUNCTIONS = "https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions"
CALLS = [
    Call("ssm", "https://ssm.eu-central-1.amazonaws.com/", b'{"Name": "/hercules/dev/key"}', SSM),
    Call("ssm", "http://127.0.0.1:4566/", '{"Name": "Schlüssel 🔑"}'.encode(), SSM),
    Call("execute-api", f"{SOCKETS}/L0SM9cOFvHcCIhw%3D", b'{"v":1}'),
    Call("execute-api", f"{SOCKETS}/a%2Fb%2Bc%3D%3D", '{"text":"größer"}'.encode()),
    Call("execute-api", f"{SOCKETS}/L0SM9cOFvHcCIhw%3D", b"", method="DELETE"),
    Call("execute-api", "http://127.0.0.1:4566/_aws/execute-api/abc123/local/@connections/0f3a"),
    Call("lambda", f"{FUNCTIONS}/hercules-dev-send_message/invocations", headers={"x-amz-invocation-type": "Event"}),
    Call("lambda", f"{FUNCTIONS}/arn%3Aaws%3Alambda%3Aeu-central-1%3A1%3Afunction%3Af/invocations"),
    Call("lambda", "https://lambda.eu-central-1.amazonaws.com"),
]


@pytest.fixture(autouse=True)
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.mark.parametrize("token", [TOKEN, None], ids=["session", "long-lived"])
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.url}")
def test_a_request_is_signed_as_botocore_signs_it(
    monkeypatch: pytest.MonkeyPatch, token: str | None, call: Call
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", token or "")
    request = AWSRequest(call.method, call.url, data=call.body, headers=call.headers)
    SigV4Auth(Credentials(KEY, SECRET, token), call.service, REGION).add_auth(request)
    expected = {name.lower(): value for name, value in request.headers.items()}
    at = datetime.strptime(expected["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    signed = signed_headers(call.service, call.method, call.url, call.body, call.headers, at)

    assert signed["authorization"] == expected["authorization"]
    assert {name: value for name, value in signed.items() if name != "host"} == expected


OBJECTS = [
    ("GET", "https://rooms.s3.eu-central-1.amazonaws.com/rooms/ab12/plan.md", {}),
    ("GET", "http://127.0.0.1:4566/rooms/rooms/ab12/Gr%C3%B6%C3%9Fe%20%281%29~x.md", {}),
    ("PUT", "https://rooms.s3.eu-central-1.amazonaws.com/log.csv", {"content-type": "text/csv", "content-length": "7"}),
    ("HEAD", "https://rooms.s3.eu-central-1.amazonaws.com/rooms/a%2Bb.csv", {}),
]


@pytest.mark.parametrize("token", [TOKEN, None], ids=["session", "long-lived"])
@pytest.mark.parametrize(("method", "url", "headers"), OBJECTS, ids=lambda each: str(each)[-20:])
def test_a_url_is_presigned_as_botocore_presigns_it(
    monkeypatch: pytest.MonkeyPatch, token: str | None, method: str, url: str, headers: dict[str, str]
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", token or "")
    query = {"response-content-disposition": "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.md"}
    request = AWSRequest(method, f"{url}?{urlencode(query, quote_via=quote)}", headers=headers)
    S3SigV4QueryAuth(Credentials(KEY, SECRET, token), "s3", REGION, expires=60).add_auth(request)
    expected = parse_qs(urlsplit(str(request.url)).query)
    at = datetime.strptime(expected["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    presigned = urlsplit(presigned_url(method, url, 60, headers, query, at))

    assert parse_qs(presigned.query) == expected
    assert presigned._replace(query="").geturl() == url


@pytest.mark.parametrize("token", [TOKEN, None], ids=["session", "long-lived"])
def test_a_form_is_signed_as_botocore_signs_it(monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", token or "")
    fields = {"key": "guides/Größe (1).md", "Content-Type": "text/markdown"}
    s3 = boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(signature_version="s3v4"),
    )
    given: Any = {"Fields": {"Content-Type": "text/markdown"}, "Conditions": [{"Content-Type": "text/markdown"}]}
    given["Conditions"].append(["content-length-range", 5, 5])
    expected = s3.generate_presigned_post("kb", fields["key"], **given, ExpiresIn=900)["fields"]
    at = datetime.strptime(expected["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    form = presigned_form("kb", fields, 5, 900, at)

    assert form.keys() == expected.keys()
    assert {name for name in form if form[name] != expected[name]} <= {"policy", "x-amz-signature"}
    assert conditions_of(form) == conditions_of(expected)
    signer, request = SigV4Auth(Credentials(KEY, SECRET, token), "s3", REGION), AWSRequest("POST", "https://kb")
    request.context["timestamp"] = form["x-amz-date"]
    assert signer.signature(form["policy"], request) == form["x-amz-signature"]


def test_a_form_ends_when_it_is_told() -> None:
    form = presigned_form("kb", {"key": "a.md"}, 5, 90, datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    assert json.loads(base64.b64decode(form["policy"]))["expiration"] == "2026-03-01T00:00:30Z"


def conditions_of(form: Mapping[str, str]) -> list[str]:
    """In any order."""
    return sorted(map(str, json.loads(base64.b64decode(form["policy"]))["conditions"]))


def test_a_request_is_signed_for_now() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    signed = signed_headers("lambda", "GET", FUNCTIONS)

    stamp = datetime.strptime(signed["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert before <= stamp <= datetime.now(UTC)


def test_what_is_signed_is_not_changed() -> None:
    headers = {"content-type": "application/json"}
    signed_headers("lambda", "POST", FUNCTIONS, b"{}", headers)

    assert headers == {"content-type": "application/json"}


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_without_credentials_nothing_is_signed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(KeyError):
        signed_headers("ssm", "POST", "https://ssm.eu-central-1.amazonaws.com/")


def test_a_service_answers_in_the_functions_region(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service_url("lambda") == "https://lambda.eu-central-1.amazonaws.com"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert service_url("lambda") == "http://127.0.0.1:4566"
