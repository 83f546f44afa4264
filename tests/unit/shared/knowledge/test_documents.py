"""What operators may give: a name that is a key of S3, and an upload of just one name, type and size."""

import base64
import json

import pytest
from pydantic import ValidationError

from shared.knowledge.documents import NewDocument, NewUpload, presign_upload


@pytest.mark.parametrize("source", ["", " ", "a" * 501, "🏋" * 257, "a\x00b"])
def test_a_name_that_could_be_no_key_is_refused(source: str) -> None:
    with pytest.raises(ValidationError):
        NewDocument(source=source, text="Rest.")


@pytest.mark.parametrize("source", ["a.md", "🏋" * 256, "a" * 500])
def test_a_name_of_up_to_1024_bytes_is_taken(source: str) -> None:
    assert NewDocument(source=f" {source} ").source == source


@pytest.fixture
def in_stockholm(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.setenv("KNOWLEDGE_BUCKET", "hercules-kb")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return monkeypatch


@pytest.mark.usefixtures("in_stockholm")
def test_an_upload_is_bound_to_one_name_type_and_size() -> None:
    upload = presign_upload(NewUpload(source="guides/a.pdf", content_type="application/pdf", size=1234))

    conditions = json.loads(base64.b64decode(upload.fields["policy"]))["conditions"]
    assert {"bucket": "hercules-kb"} in conditions
    assert {"key": "guides/a.pdf"} in conditions
    assert {"Content-Type": "application/pdf"} in conditions
    assert ["content-length-range", 1234, 1234] in conditions


def test_a_form_goes_to_the_buckets_own_host_in_its_region(in_stockholm: pytest.MonkeyPatch) -> None:
    body = NewUpload(source="a.md", content_type="text/markdown", size=5)
    assert presign_upload(body).url == "https://hercules-kb.s3.eu-north-1.amazonaws.com/"
    in_stockholm.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")  # a laptop has one address for all
    assert presign_upload(body).url == "http://127.0.0.1:4566/hercules-kb/"
