"""Reads the picture of a page with Amazon Textract."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from shared.knowledge.ocr.words import Word
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.platform.process import keep

if TYPE_CHECKING:
    from mypy_boto3_textract import TextractClient
    from mypy_boto3_textract.type_defs import BlockTypeDef

# This picture is never read; any other fault may go away.
_REFUSED = frozenset(
    {"BadDocumentException", "DocumentTooLargeException", "InvalidParameterException", "UnsupportedDocumentException"}
)


def read(picture: bytes) -> list[Word]:
    """The words of a picture; none where it is refused. Raises UnavailableError (ocr_unavailable)."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = textract_client().detect_document_text(Document={"Bytes": picture})
    except (BotoCoreError, ClientError) as fault:
        if isinstance(fault, ClientError) and fault.response["Error"]["Code"] in _REFUSED:
            return []
        log_fault("Textract did not answer", fault)
        raise UnavailableError(code="ocr_unavailable") from None
    return list(_words(answer["Blocks"]))


@keep
def textract_client() -> "TextractClient":
    """It waits and asks again itself where it is told that it asks too often."""
    import boto3
    from botocore.config import Config

    retries = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "max_attempts": 4})
    return boto3.client("textract", config=retries)


def _words(blocks: "Sequence[BlockTypeDef]") -> Iterator[Word]:
    """Those of its lines: of a word that is in none, nobody knows where it is to be read."""
    by_id = {block["Id"]: block for block in blocks}
    lines = [block for block in blocks if block["BlockType"] == "LINE"]
    for number, line in enumerate(lines):
        for relation in line.get("Relationships", ()):
            for each in relation["Ids"] if relation["Type"] == "CHILD" else ():
                word, box = by_id[each], by_id[each]["Geometry"]["BoundingBox"]
                right, bottom = box["Left"] + box["Width"], box["Top"] + box["Height"]
                yield Word(word["Text"], number, box["Left"], box["Top"], right, bottom, word["Confidence"])
