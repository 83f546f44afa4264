"""What people would call a document: by its first heading, else what the file says of itself, else its name."""

import re

from shared.knowledge.formats.document import Document, one_line

MAX_TITLE = 500
# What programs write where nobody named a document, and names of files.
_JUNK = re.compile(
    r"microsoft (?:office )?(?:word|powerpoint|excel)\b.*|\W*(?:untitled|unbenannt|sans titre|sin título|anonymous"
    r"|unknown|none|null|title|no title|document|dokument|documento|book|mappe|presentation|präsentation"
    r"|powerpoint[- ]pr[eä]sentation|slide|folie|sheet|page|scan|print|layout|tmp\w*|temp|output"
    r"|new page|home)[\W_]*\d*\W*"
    r"|.*\.(?:docx?|dotx?|pdf|indd|qxp|qxd|tex|dvi|ps|xlsx?|pptx?|odt|rtf|txt|md|html?|csv|tmp|fm|pmd|cdr)\W*"
    r"|[\W\d_]*|https?://\S*",
    re.IGNORECASE,
)
_OF_A_PART = re.compile(
    r"(?:table of )?contents|inhalt(?:sverzeichnis)?|introduction|einleitung|abstract|summary|overview|preface|foreword"
    r"|acknowledge?ments|(?:chapter|kapitel|part|section|lesson|week|day|page|slide)\s+[\divx]+\W*|\d+(?:\.\d+)*\W*",
    re.IGNORECASE,
)


def title_of(document: Document, source: str) -> str:
    """At most 500 characters; `source` is a key of the bucket or another name, whose last part is the file's."""
    named = one_line(document.title)
    named = "" if _JUNK.fullmatch(named[:MAX_TITLE]) else named
    headings = [one_line(block.text) for block in document.blocks if block.kind == "heading"]
    first = next((text for text in headings if text and not _JUNK.fullmatch(text[:MAX_TITLE])), "")
    if first and named and _OF_A_PART.fullmatch(first):
        first = ""
    name = source.rstrip("/").rpartition("/")[2] or source
    return (first or named or name)[:MAX_TITLE].strip()
