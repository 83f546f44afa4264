"""Why a document can never be taken in as it is, as operators are told."""

from shared.platform.errors import InvalidRequestError

MAX_BYTES = 20 * 1024 * 1024
REASONS = {
    "no_text": "The document has no text. Scanned pages need text recognition first.",
    "unsupported": "The document is neither Markdown, UTF-8 or UTF-16 text, HTML, PDF, DOCX nor CSV.",
    "too_large": "The document is too large: 20 MB, 2,000 chunks and half a minute of reading are the most.",
    "encrypted": "The document is encrypted; upload it without a password.",
    "corrupt": "The document is damaged or breaks the rules of its format.",
}


class UnreadableError(InvalidRequestError):
    """Trying again would not mend it; only another version of the document would."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code], code=code)
