"""Web pages: headings, paragraphs, lists, tables and code of what a page is about."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.knowledge.formats.charsets import decode
from shared.knowledge.formats.document import Block, Document, Omission, UnreadableError, one_line, seen
from shared.knowledge.formats.page_elements import (
    HEADINGS,
    code_of,
    equation,
    is_block,
    is_head,
    is_layout,
    picture_words,
    rows_of,
    script_way,
    span,
)
from shared.knowledge.formats.page_lists import LISTS, Items
from shared.knowledge.formats.page_looks import Looks
from shared.knowledge.formats.page_parts import (
    NEVER,
    Attributes,
    is_about_the_site,
    is_label,
    is_shown_after_all,
    is_unseen,
    main_part,
)
from shared.knowledge.formats.raised_text import Script, joined
from shared.knowledge.formats.tables import Cell, spanned

MAX_NESTED_TABLES = 8
_WHOLE_PAGE = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_EMPTY_ELEMENT = re.compile(
    r"<(a|b|div|em|i|p|script|span|strong|style|td|th|title|textarea|iframe)\b([^<>]*)/>", re.IGNORECASE
)


class Flow:
    """The blocks of a part of a page, in its order."""

    def __init__(self, looks: Looks, *, is_page: bool, depth: int = 0) -> None:
        self.blocks: list[Block] = []
        self.images = 0
        self._looks = looks
        self._is_page = is_page
        self._depth = depth  # of tables around it
        self._words: list[str | Script] = []
        self._items = Items()
        self._is_defined = False  # the last block, a term
        self._scripts: list[tuple[bool, int]] = []

    def walk(self, root: LexborNode) -> "Flow":
        """Without recursion: a page may be nested as deep as it is long."""
        node: LexborNode | None = root
        while node is not None:
            is_read = self._enter(node)
            if is_read and node.child is not None:
                node = node.child
                continue
            while node is not None:
                self._leave(node, is_read=is_read)
                if node.mem_id == root.mem_id:  # `==` compares what they look like, and writes both out for it
                    node = None
                elif node.next is not None:
                    node = node.next
                    break
                else:
                    node, is_read = node.parent, True
        self._end_block("")
        self._end_list()
        return self

    def _enter(self, node: LexborNode) -> bool:
        """Whether what is in it is to be read."""
        tag = node.tag or ""
        if tag == "-text":
            self._words.append(node.text_content or "")
            return False
        attributes = self._looks.of(node)
        if tag == "svg":
            self.images += node.css_first("text") is not None
        if (tag in NEVER and not (tag == "button" and is_label(node))) or (
            is_unseen(attributes) and not is_shown_after_all(node, attributes)
        ):
            return False
        if self._is_page and is_about_the_site(node, attributes):
            return False
        if tag == "img":
            words = picture_words(attributes)
            self._words.append(f" {words} " if words else "")
            self.images += not words
        elif tag == "br":
            self._words.append("\n")
        elif tag == "math":
            self._words.append(f" {equation(node)} ")
        elif tag == "table" and self._depth < MAX_NESTED_TABLES:
            self._end_block("")
            self._add_table(node)
        elif tag == "pre":
            self._end_block("")
            self._add_code(node)
        else:
            self._open(node, attributes)
            return True
        return False

    def _open(self, node: LexborNode, attributes: Attributes) -> None:
        tag = node.tag or ""
        if (raised := script_way(tag, attributes)) is not None:
            self._scripts.append((raised, len(self._words)))
        elif tag in ("td", "th") and self._words:
            self._words.append(" ")
        elif is_block(tag, attributes):
            self._end_block("")
        if tag in LISTS:
            self._items.begin_list(node, attributes)
        elif tag == "li":
            self._items.begin_item(attributes)
        elif tag == "dd":
            self._words.append(": ")

    def _leave(self, node: LexborNode, *, is_read: bool) -> None:
        tag = node.tag or ""
        attributes = self._looks.of(node)
        if not is_read:  # it has opened nothing, and no heading's words are before it
            if is_block(tag, attributes):
                self._end_block("")
        elif script_way(tag, attributes) is not None and self._scripts:
            raised, at = self._scripts.pop()
            self._words[at:] = [Script(joined(self._words[at:]), raised)]
        elif is_block(tag, attributes):
            self._end_block(tag)
        if is_read and tag in LISTS:
            self._items.end_list()
            if not self._items.is_within:
                self._end_list()

    def _end_block(self, tag: str) -> None:
        text = one_line(joined(self._words))
        self._words.clear()
        self._scripts.clear()
        if not text:
            return
        level = HEADINGS.get(tag)
        if self._items.is_within and not level:
            self._items.add(text)
            return
        self._end_list()
        if text.startswith(": ") and self.blocks and self.blocks[-1].kind == "text":
            text = f"; {text[2:]}" if self._is_defined else text  # a term may mean several things
            self.blocks[-1] = Block("text", self.blocks[-1].text + text)
            self._is_defined = True
        else:
            self._is_defined = False
            self.blocks.append(Block("heading", text, level) if level else Block("text", text))

    def _end_list(self) -> None:
        if lines := self._items.take():
            self.blocks.append(Block("list", lines))

    def _add_code(self, node: LexborNode) -> None:
        code = seen(code_of(node)).strip("\n")
        if self._depth or self._items.is_within:
            self._words.append(code)
        elif code.strip():
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
            self._end_list()
            self.blocks.append(Block("code", f"{fence}\n{code}\n{fence}"))

    def _add_table(self, node: LexborNode) -> None:
        rows = list(rows_of(node))
        if self._depth == 0 and (caption := node.css_first("caption")) is not None:
            self._words.append(self._cell(caption).text)
            self._end_block("")
        if not self._items.is_within and self._depth == 0 and is_layout(node, rows):
            for cell in (cell for row in rows for cell in row):
                self._take(cell)
            return
        cells = [[self._cell(cell) for cell in row] for row in rows]
        if self._depth or self._items.is_within:
            self._words.append(f" {'; '.join(' '.join(cell.text for cell in row) for row in cells)} ")
            self._end_block("")
        elif found := spanned(cells):
            self._end_list()
            self.blocks.append(found)

    def _take(self, node: LexborNode) -> None:
        inner = Flow(self._looks, is_page=self._is_page).walk(node)
        self.blocks += inner.blocks
        self.images += inner.images

    def _cell(self, node: LexborNode) -> Cell:
        inner = Flow(self._looks, is_page=False, depth=self._depth + 1).walk(node)
        self.images += inner.images
        words = (block.text.replace("\n", "; ") if block.kind == "list" else block.text for block in inner.blocks)
        attributes = node.attributes
        # A dash for each item says nothing in a cell.
        text = " ".join(re.sub(r"(^|; )\s*- ", r"\1", each) for each in words)
        return Cell(text, span(attributes, "colspan"), span(attributes, "rowspan"), is_head(node))


def read(data: bytes) -> Document:
    """Raises UnreadableError (unsupported, too_wide)."""
    text = decode(data)
    return parsed(text, is_page=bool(_WHOLE_PAGE.search(text[:100_000])))


def parsed(text: str, *, is_page: bool) -> Document:
    """A page, or a piece of one, all of which is meant to be read."""
    tree = LexborHTMLParser(_EMPTY_ELEMENT.sub(r"<\1\2></\1>", text))
    body = tree.body
    if body is None:
        raise UnreadableError("no_text")
    looks = Looks.of_page(tree)
    flow = Flow(looks, is_page=is_page).walk(main_part(body) if is_page else body)
    if is_page and not flow.blocks:
        flow = Flow(looks, is_page=False).walk(body)
    return Document(_title(tree), flow.blocks, [Omission("images", flow.images)] if flow.images else [])


def _title(tree: LexborHTMLParser) -> str:
    named = tree.css_first("meta[property='og:title']")
    title = (named.attributes.get("content") if named is not None else "") or ""
    if not title and (node := tree.css_first("head > title")) is not None:
        title = node.text(deep=True) or ""
    return one_line(title)
