"""Markdown and plain text, in UTF-8 or, with a byte order mark, UTF-16."""

import codecs
import re

from shared.knowledge.formats.markdown import Extract
from shared.knowledge.unreadable import UnreadableError

# Text has tabs, line ends, form feeds and escapes; what else is below the space belongs to programs.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_OTHER_MARKUP = ("{\\rtf", "%!PS", "<?xml version")


def decode(data: bytes) -> str:
    """Raises UnreadableError (unsupported) for what is no text."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("unsupported") from None
    if _CONTROL.search(text):
        raise UnreadableError("unsupported")
    return text


def read(data: bytes) -> Extract:
    """The text as it is. Raises UnreadableError (unsupported) for other markup."""
    text = decode(data)
    if text.startswith(_OTHER_MARKUP):
        raise UnreadableError("unsupported")
    return Extract("", text)
