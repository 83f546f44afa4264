import io
import json
from datetime import UTC, datetime

import pytest

from shared.platform import secrets
from shared.platform.aws_signature import signed_headers
from shared.platform.errors import UnavailableError
from shared.platform.secrets import forget_secret, read_secret
from tests.support.stub_server import Request, Response, StubServer

REGION = "eu-central-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2VjE+/=token",
}


@pytest.fixture(autouse=True)
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "PAUSES", (0.0, 0.0))
    monkeypatch.setenv("AWS_REGION", REGION)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def ssm(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> StubServer:
    monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
    stub.says(told("first"))
    return stub


def told(value: str) -> bytes:
    return json.dumps({"Parameters": [{"Name": "/key", "Value": value}]}).encode()


def named(asked: Request) -> Response:
    """Each secret is its name; of what has `none` in its name there is no secret."""
    names = [name for name in json.loads(asked.body)["Names"] if "none" not in name]
    return Response(json.dumps({"Parameters": [{"Name": name, "Value": name} for name in names]}).encode())


def rotate(ssm: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new value is stored, and the time is up for the known ones."""
    ssm.says(told("second"))
    monkeypatch.setattr(secrets, "TIME_TO_LIVE", 0)


def test_a_secret_is_asked_for_decrypted(ssm: StubServer) -> None:
    assert read_secret("/key") == "first"
    (asked,) = ssm.asked
    assert json.loads(asked.body) == {"Names": ["/key"], "WithDecryption": True}
    assert asked.headers["x-amz-target"] == "AmazonSSM.GetParameters"
    at = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    headers = {"content-type": secrets.CONTENT_TYPE, "x-amz-target": secrets.TARGET}
    signed = signed_headers("ssm", "POST", f"{ssm.url}/", asked.body, headers, at)
    assert signed.items() <= asked.headers.items()


def test_a_secret_is_fetched_once(ssm: StubServer) -> None:
    assert [read_secret("/key"), read_secret("/key")] == ["first", "first"]
    assert len(ssm.asked) == 1


def test_secrets_are_kept_apart(ssm: StubServer) -> None:
    ssm.reply = named
    assert (read_secret("/one"), read_secret("/two"), read_secret("/one")) == ("/one", "/two", "/one")


def test_all_that_a_function_may_read_is_asked_for_at_once(ssm: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_PARAMETERS", "/one,/two,/none")
    ssm.reply = named
    assert (read_secret("/one"), read_secret("/two")) == ("/one", "/two")
    assert len(ssm.asked) == 1
    with pytest.raises(UnavailableError):
        read_secret("/none")


def test_a_secret_that_a_stage_has_none_of_is_not_asked_for(ssm: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSM refuses a call for a name that is empty, and with it all others."""
    monkeypatch.setenv("SECRET_PARAMETERS", "/one,,/two")
    ssm.reply = named
    assert read_secret("/one") == "/one"
    assert json.loads(ssm.asked[-1].body)["Names"] == ["/one", "/two"]


def test_a_rotated_secret_is_seen_when_its_time_is_up(ssm: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    read_secret("/key")
    rotate(ssm, monkeypatch)
    assert read_secret("/key") == "second"


@pytest.mark.parametrize("fault", [b"", b"{}", b"no json"])
def test_the_old_value_serves_while_ssm_is_down(ssm: StubServer, monkeypatch: pytest.MonkeyPatch, fault: bytes) -> None:
    read_secret("/key")
    rotate(ssm, monkeypatch)
    ssm.says(fault, status=200 if fault else 500)
    assert read_secret("/key") == "first"
    asked = len(ssm.asked)
    assert read_secret("/key") == "first"
    assert len(ssm.asked) == asked  # not asked again at once


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (400, b'{"__type": "ParameterNotFound"}'),
        (400, b'{"__type": "AccessDeniedException"}'),
        (200, b"{}"),
        (200, b"<html>"),
    ],
)
def test_a_secret_that_never_was_known_is_unavailable(ssm: StubServer, status: int, body: bytes) -> None:
    ssm.says(body, status)
    with pytest.raises(UnavailableError) as refused:
        read_secret("/key")
    assert refused.value.reason == "secrets_unavailable"


def test_an_ssm_that_cannot_be_reached_is_unavailable(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    with pytest.raises(UnavailableError):
        read_secret("/key")


def test_without_credentials_a_secret_is_unavailable(ssm: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(UnavailableError):
        read_secret("/key")
    assert not ssm.asked


def test_nothing_secret_is_logged(ssm: StubServer, monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> None:
    read_secret("/key")
    rotate(ssm, monkeypatch)
    ssm.says(b'{"Parameters": "second"}', status=503)
    read_secret("/key")
    written = log.getvalue()
    assert "a secret could not be read" in written
    for secret in ("first", "second", *CREDENTIALS.values()):
        assert secret not in written


@pytest.mark.parametrize("status", [400, 500, 503])
def test_an_ssm_that_has_no_room_is_asked_again(ssm: StubServer, status: int) -> None:
    """Throttled, it answers 400 with ThrottlingException."""
    usual = ssm.reply
    refused = Response(b'{"__type": "ThrottlingException"}', status)
    ssm.reply = lambda asked: refused if len(ssm.asked) < 3 else usual(asked)

    assert read_secret("/key") == "first"
    assert len(ssm.asked) == 3


@pytest.mark.parametrize("kind", ["ParameterNotFound", "AccessDeniedException"])
def test_what_another_try_does_not_change_is_not_tried_again(ssm: StubServer, kind: str) -> None:
    ssm.says(json.dumps({"__type": kind}).encode(), 400)
    with pytest.raises(UnavailableError):
        read_secret("/key")

    assert len(ssm.asked) == 1


def test_a_secret_that_is_refused_is_read_anew(ssm: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "RETRY_INTERVAL", -1)
    read_secret("/key")
    ssm.says(told("second"))
    forget_secret("/key")

    assert read_secret("/key") == "second"


def test_a_new_secret_that_is_refused_too_is_not_read_at_every_request(ssm: StubServer) -> None:
    read_secret("/key")
    for _ in range(5):
        forget_secret("/key")
        read_secret("/key")

    assert len(ssm.asked) == 1


def test_a_secret_that_is_refused_serves_on_while_ssm_is_down(ssm: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    read_secret("/key")
    monkeypatch.setattr(secrets, "RETRY_INTERVAL", -1)
    forget_secret("/key")
    ssm.says(b"", 500)

    assert read_secret("/key") == "first"
