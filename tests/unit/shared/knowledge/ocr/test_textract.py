"""Against botocore's own model of Textract: a request or an answer that it does not have fails the test."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from shared.knowledge.ocr import textract
from shared.knowledge.ocr.words import Word
from shared.platform.errors import UnavailableError
from shared.platform.process import forget

PICTURE = b"\x89PNG"


def block(kind: str, name: str, text: str, box: tuple[float, float, float, float], words: list[str]) -> dict[str, Any]:
    left, top, width, height = box
    return {
        "BlockType": kind,
        "Id": name,
        "Text": text,
        "Confidence": 99.5,
        "Geometry": {"BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height}},
        **({"Relationships": [{"Type": "CHILD", "Ids": words}]} if words else {}),
    }


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    forget(textract.textract_client)
    with Stubber(textract.textract_client()) as stubber:
        yield stubber
    forget(textract.textract_client)


def test_a_picture_is_sent_whole_and_its_words_are_told_line_by_line(answers: Stubber) -> None:
    blocks = [
        {**block("PAGE", "p", "", (0, 0, 1, 1), ["a", "b"]), "Text": ""},
        block("LINE", "a", "Rest two", (0.1, 0.1, 0.5, 0.05), ["w1", "w2"]),
        block("LINE", "b", "days.", (0.1, 0.2, 0.2, 0.05), ["w3"]),
        block("WORD", "w1", "Rest", (0.125, 0.125, 0.25, 0.0625), []),
        block("WORD", "w2", "two", (0.5, 0.125, 0.125, 0.0625), []),
        block("WORD", "w3", "days.", (0.25, 0.25, 0.25, 0.0625), []),
    ]
    answer = {"DocumentMetadata": {"Pages": 1}, "Blocks": blocks, "DetectDocumentTextModelVersion": "1.0"}
    answers.add_response("detect_document_text", answer, {"Document": {"Bytes": PICTURE}})

    assert textract.read(PICTURE) == [
        Word("Rest", 0, 0.125, 0.125, 0.375, 0.1875, 99.5),
        Word("two", 0, 0.5, 0.125, 0.625, 0.1875, 99.5),
        Word("days.", 1, 0.25, 0.25, 0.5, 0.3125, 99.5),
    ]


def test_a_picture_that_is_refused_has_no_words(answers: Stubber) -> None:
    answers.add_client_error("detect_document_text", "UnsupportedDocumentException", expected_params={"Document": ANY})

    assert textract.read(PICTURE) == []


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "AccessDeniedException"])
def test_where_it_does_not_answer_the_document_is_tried_again(answers: Stubber, code: str) -> None:
    answers.add_client_error("detect_document_text", code)

    with pytest.raises(UnavailableError) as unable:
        textract.read(PICTURE)
    assert unable.value.reason == "ocr_unavailable"
