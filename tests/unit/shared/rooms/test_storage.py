import hashlib
import io
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest

from infra.local.processes import free_port, running
from shared.platform.errors import UnavailableError
from shared.rooms import storage
from tests.support.stub_server import Request, Response, StubServer


@pytest.fixture(autouse=True)
def bucket(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> StubServer:
    """A bucket that keeps what is put, at the address of all AWS services."""
    kept: dict[str, bytes] = {}

    def reply(asked: Request) -> Response:
        path = urlsplit(asked.path).path
        if asked.method == "PUT":
            kept[path] = asked.body
        return Response(kept[path]) if path in kept else Response(status=404)

    stub.reply = reply
    monkeypatch.setenv("ROOMS_BUCKET", "rooms")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
    return stub


def test_what_was_put_is_there(bucket: StubServer) -> None:
    storage.put("rooms/ab/Größe (1).md", b"# Plan", "text/markdown")
    assert storage.get("rooms/ab/Größe (1).md") == b"# Plan"
    assert storage.size_of("rooms/ab/Größe (1).md") == 6
    assert bucket.asked[0].headers["content-type"] == "text/markdown"
    assert urlsplit(bucket.asked[0].path).path == "/rooms/rooms/ab/Gr%C3%B6%C3%9Fe%20%281%29.md"


def test_what_was_not_put_is_missing() -> None:
    assert storage.get("rooms/ab/no.md") is None
    assert storage.size_of("rooms/ab/no.md") is None


def test_one_failure_is_survived(bucket: StubServer) -> None:
    working = bucket.reply
    bucket.reply = lambda asked: Response(status=503) if len(bucket.asked) == 1 else working(asked)
    storage.put("rooms/ab/a.md", b"# Plan", "text/markdown")
    assert storage.get("rooms/ab/a.md") == b"# Plan"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_bucket_that_takes_nothing_is_unavailable_and_its_urls_are_not_logged(
    bucket: StubServer, log: io.StringIO, status: int
) -> None:
    bucket.reply = lambda _: Response(status=status)
    with pytest.raises(UnavailableError) as failed:
        storage.put("rooms/ab/a.md", b"# Plan", "text/markdown")
    assert failed.value.reason == "storage_unavailable"
    assert "Signature" not in log.getvalue()
    assert "a.md" not in log.getvalue()


def test_a_copy_that_failed_after_its_status_was_sent_is_no_copy(bucket: StubServer) -> None:
    bucket.says(b"<?xml?><Error><Code>InternalError</Code></Error>", content_type="application/xml")

    with pytest.raises(UnavailableError):
        storage.copy("rooms/a.md", "rooms/b.md")


def test_an_upload_takes_this_content_and_no_other() -> None:
    url, headers, until = storage.upload_url("rooms/a.csv", 7, "00" * 32, "text/csv")
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-SignedHeaders"] == ["content-length;content-type;host;x-amz-checksum-sha256"]
    assert headers["x-amz-checksum-sha256"] == "A" * 43 + "="
    assert query["X-Amz-Expires"] == [str(int(storage.PRESIGNED_URL_TTL.total_seconds()))]
    assert until.tzinfo is not None


def test_on_aws_a_bucket_has_a_host_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    url, _ = storage.download_url("rooms/a.md")
    assert "response-content-disposition=attachment" in url
    assert urlsplit(url)[:3] == ("https", "rooms.s3.eu-central-1.amazonaws.com", "/rooms/a.md")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """S3 as it runs on a laptop, which checks signatures."""
    port, written = free_port(), tmp_path_factory.mktemp("emulator") / "log"
    with running("infra.local.aws_emulator", "--concurrency", "1", port=port, ready="/_ministack/health", log=written):
        yield f"http://127.0.0.1:{port}"


def test_a_real_bucket_takes_what_was_promised_and_nothing_else(emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator)
    boto3.client("s3", region_name="eu-central-1").create_bucket(
        Bucket="rooms", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    content = b"a,b\n"
    url, headers, _ = storage.upload_url("rooms/in/a.csv", 4, hashlib.sha256(content).hexdigest(), "text/csv")
    assert httpx.put(url, content=content, headers=headers).status_code == 200
    assert httpx.put(url, content=b"longer", headers=headers | {"content-length": "6"}).status_code == 403

    key = "rooms/ab/Größe & (1)+x.md"
    storage.put(key, b"# Plan", "text/markdown")
    shared_url, _ = storage.download_url(key)
    answer = httpx.get(shared_url)
    assert (answer.content, storage.size_of(key), storage.get("rooms/ab/no")) == (b"# Plan", 6, None)
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert httpx.get(shared_url.replace("Gr%C3%B6", "Gr%C3%B7")).status_code in (403, 404)

    storage.copy(key, "rooms/ef/copy.md")
    assert (storage.get("rooms/ef/copy.md"), storage.get(key)) == (b"# Plan", b"# Plan")
    assert httpx.get(storage.download_url("rooms/ef/copy.md")[0]).headers["content-type"] == "text/markdown"

    assert (storage.delete_all("rooms/ab/"), storage.delete_all("rooms/ab/")) == (1, 0)
    assert (storage.get(key), storage.get("rooms/in/a.csv")) == (None, content)
