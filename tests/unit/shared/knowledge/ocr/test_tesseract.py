import shutil
from pathlib import Path

import pytest

from shared.knowledge.ocr import tesseract
from shared.knowledge.ocr.recognition import recognized
from shared.knowledge.reader import read_document
from shared.knowledge.units import Sizes
from shared.platform.errors import UnavailableError
from shared.platform.process import forget
from tests.support.office_files import Placed, lines, printed
from tests.support.scans import pretend_tesseract, scanned, words

PAGE = printed(
    [
        Placed("Deload weeks", 60, 780, 18),
        *lines(
            "A deload is a planned easier week every 4 to 8 weeks.\nKeep the exercises, cut the sets by 50 % and the "
            "load by 10 %.\nTake 500 mg, never 1,000 mg, of magnesium a day.",
            y=740,
        ),
        *(
            Placed(text, x, y)
            for y, row in (
                (640, ("Lift", "Sets", "Load")),
                (620, ("Squat", "5", "92.5 kg")),
                (600, ("Bench press", "3", "60 kg")),
            )
            for x, text in zip((60, 200, 300), row, strict=True)
        ),
    ]
)
SAID = (
    "## Deload weeks\n\nA deload is a planned easier week every 4 to 8 weeks. Keep the exercises, cut the sets by 50 % "
    "and the load by 10 %. Take 500 mg, never 1,000 mg, of magnesium a day.\n\n"
    "| Lift | Sets | Load |\n| --- | --- | --- |\n| Squat | 5 | 92.5 kg |\n| Bench press | 3 | 60 kg |"
)
installed = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    forget()


@installed
@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_scan_says_what_the_page_said_whichever_way_up_it_was_laid(
    turned: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCR", "tesseract")
    scan = scanned(PAGE, turned=turned)
    found = read_document(scan, "scan.pdf", Sizes(), 60.0, recognized(scan, [1], 100.0))

    assert "\n\n".join(chunk.content for chunk in found.chunks) == SAID


def test_words_are_told_with_their_lines_places_and_confidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    pretend_tesseract(tmp_path, 'Rest "two days.\nThen lift.', confidence=91.5)

    found = tesseract.read(b"a picture", "eng", 10.0)
    expected = words('Rest "two days.\nThen lift.', 91.5)
    assert [word[:2] for word in found] == [word[:2] for word in expected]
    assert [word[2:] for word in found] == [pytest.approx(word[2:], abs=0.001) for word in expected]


@pytest.mark.parametrize("languages", ["eng+xyz", "eng"])
def test_a_machine_without_it_or_without_a_language_is_said_to_be_unable(
    languages: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path) if languages == "eng" else f"{tmp_path}:/usr/bin:/bin")
    if languages != "eng":
        pretend_tesseract(tmp_path, "Rest.")

    with pytest.raises(UnavailableError) as unable:
        tesseract.read(b"a picture", languages, 10.0)
    assert unable.value.reason == "ocr_unavailable"


@pytest.mark.parametrize("fate", ["exit 1", "exec sleep 30"])
def test_a_picture_on_which_it_gives_up_or_hangs_has_no_words(
    fate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    program = tmp_path / "tesseract"
    program.write_text(f'#!/bin/sh\n[ "$1" = --list-langs ] && echo eng && exit\n{fate}\n')
    program.chmod(0o700)

    assert tesseract.read(b"a picture", "eng", 1.0) == []


def test_it_is_given_no_credentials_and_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "for-nobody")
    program = tmp_path / "tesseract"
    program.write_text(f"#!/bin/sh\n(env; ulimit -v) > {tmp_path}/seen\necho eng\n")
    program.chmod(0o700)
    tesseract.read(b"a picture", "eng", 10.0)

    seen = (tmp_path / "seen").read_text()
    assert "for-nobody" not in seen
    assert seen.splitlines()[-1] == str(700 * 1024)
