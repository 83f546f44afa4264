"""Books of web pages, in the order of their spine."""

import posixpath
from collections import Counter
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from shared.knowledge.formats.archive import Archive, child, local, value
from shared.knowledge.formats.charsets import decode
from shared.knowledge.formats.document import Block, Document, Omission, UnreadableError, one_line
from shared.knowledge.formats.from_html import parsed

CONTAINER = "META-INF/container.xml"
NAMES = (".xhtml", ".html", ".htm")
PAGES = ("application/xhtml+xml", "text/html")


def read(data: bytes) -> Document:
    """Raises UnreadableError: encrypted, too_complex, corrupt; and for a broken file what zipfile raises."""
    with Archive(data) as archive:
        if "META-INF/rights.xml" in archive or _is_locked(archive):
            raise UnreadableError("encrypted")
        package = value(child(archive.xml(CONTAINER), "rootfiles", "rootfile"), "full-path")
        root = archive.xml(package, may_name_dtd=True)
        blocks: list[Block] = []
        counts: Counter[str] = Counter()
        for part in _spine(root, posixpath.dirname(package)):
            if part not in archive:
                counts["unreadable_parts"] += 1
                continue
            page = parsed(decode(archive.read(part)), is_page=False)
            blocks += page.blocks
            counts["images"] += sum(each.count for each in page.omissions)
        metadata = child(root, "metadata")
        title = one_line(getattr(child(metadata, "title"), "text", "") or "")
        omitted = [Omission("images", counts["images"]), Omission("unreadable_parts", counts["unreadable_parts"])]
        return Document(title, blocks, [each for each in omitted if each.count])


def _is_locked(archive: Archive) -> bool:
    """Fonts are often scrambled, which locks nobody out; pages are not."""
    if "META-INF/encryption.xml" not in archive:
        return False
    found = (each for each in archive.xml("META-INF/encryption.xml").iter() if local(each) == "CipherReference")
    return any(value(each, "URI").lower().endswith(("html", "htm", "opf", "ncx")) for each in found)


def _spine(root: Element, folder: str) -> list[str]:
    """The pages that a reader turns, then those that only links lead to, without the table of what is in the book."""
    items = {}
    manifest, spine = child(root, "manifest"), child(root, "spine")
    for each in manifest if manifest is not None else ():
        part = posixpath.normpath(posixpath.join(folder, unquote(value(each, "href"))))
        is_page = value(each, "media-type") in PAGES or part.lower().endswith(NAMES)
        if is_page and "nav" not in value(each, "properties").split():
            items[value(each, "id")] = part
    listed = [each for each in (spine if spine is not None else ()) if value(each, "idref") in items]
    return [items[value(each, "idref")] for each in sorted(listed, key=lambda each: value(each, "linear") == "no")]
