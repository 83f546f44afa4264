"""ingest_kb, where something reads pages that are pictures: scans become passages, and it is said what read them."""

from pathlib import Path
from uuid import uuid4

import pytest
from mypy_boto3_s3 import S3Client

from shared.platform.process import forget
from tests.functions.test_ingest import NOTHING_FAILED, Connection, event, ingest, state
from tests.support.functions.invocations import BUCKET
from tests.support.functions.operator import chunks, embed, shown
from tests.support.gateway import Served
from tests.support.office_files import lines, printed
from tests.support.scans import pretend_tesseract, scanned

SCAN = scanned(printed(lines("Rest two days.")))


@pytest.fixture
def ocr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finds the same on every picture."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("OCR", "tesseract")
    pretend_tesseract(tmp_path, "Rest two days.")
    forget()


@pytest.fixture
def key(s3: S3Client) -> str:
    name = f"{uuid4()}.pdf"
    s3.put_object(Bucket=BUCKET, Key=name, Body=SCAN)
    return name


@pytest.mark.usefixtures("ocr")
def test_a_scan_is_served_with_what_was_recognized_and_says_so(
    supabase: Served, database: Connection, key: str
) -> None:
    assert ingest(event(key), seconds=120.0) == NOTHING_FAILED

    assert chunks(database, key) == ["Rest two days."]
    assert shown(supabase, key, "ready")["warnings"] == [{"code": "pages_read_by_ocr", "count": 1, "where": "1"}]


@pytest.mark.usefixtures("ocr")
def test_a_caller_does_not_wait_for_pictures_to_be_read(supabase: Served, database: Connection, key: str) -> None:
    assert embed(supabase, key).body["status"] == "pending"

    assert chunks(database, key) == []


def test_without_anything_that_reads_pictures_a_scan_has_no_text(database: Connection, key: str) -> None:
    ingest(event(key))

    assert state(database, key) == ("failed", "no_text", 0)


@pytest.mark.usefixtures("ocr")
def test_a_scan_is_read_again_once_there_is_something_that_reads_it(
    database: Connection, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCR", "off")
    forget()
    ingest(event(key, "0A"))
    monkeypatch.setenv("OCR", "tesseract")
    forget()
    ingest(event(key, "0B"), seconds=120.0)

    assert (state(database, key)[0], chunks(database, key)) == ("ready", ["Rest two days."])


@pytest.mark.usefixtures("ocr")
def test_a_scan_on_which_nothing_is_recognized_has_no_text(tmp_path: Path, database: Connection, key: str) -> None:
    pretend_tesseract(tmp_path, "")
    ingest(event(key), seconds=120.0)

    assert state(database, key) == ("failed", "no_text", 0)


@pytest.mark.usefixtures("ocr")
def test_where_nothing_is_installed_that_reads_it_a_scan_waits_for_that(
    tmp_path: Path, database: Connection, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    assert ingest(event(key), seconds=120.0)["batchItemFailures"]
    assert state(database, key)[:2] == ("pending", "ocr_unavailable")
