"""Web pages: headings, paragraphs, lists, tables and code; what only browsers need is left out."""

from html.parser import HTMLParser

from shared.knowledge.formats.document import Extract, decode, heading, one_line, table

LEFT_OUT = {"script", "style", "nav", "template", "noscript", "svg", "math", "iframe", "object", "select", "button"}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = {
    *HEADINGS, "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt",
    "figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "ol", "p", "pre", "section",
    "summary", "table", "td", "th", "tr", "ul",
}  # fmt: skip


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.blocks: list[str] = []
        self._words: list[str] = []
        self._open = ""  # the block that the words belong to
        self._left_out = 0
        self._tables = 0  # open ones; of nested tables only the outermost is one here
        self._rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in LEFT_OUT:
            self._left_out += 1
        elif tag == "title":
            self._words.clear()
        elif tag in BLOCKS:
            self._end_block()
            self._open = tag
            self._open_table_part(tag)
        elif tag == "br":
            self._words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in LEFT_OUT:
            self._left_out = max(0, self._left_out - 1)
        elif tag == "title":
            self.title = self.title or one_line("".join(self._words))
            self._words.clear()
        elif tag in BLOCKS:
            self._end_block()
            if tag == "table":
                self._end_table()

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self._words.append(data)

    def close(self) -> None:
        super().close()
        self._end_block()
        self._tables = min(self._tables, 1)
        self._end_table()

    def _open_table_part(self, tag: str) -> None:
        self._tables += tag == "table"
        if self._tables == 1 and tag == "tr":
            self._rows.append([])
        elif self._tables == 1 and tag in ("td", "th"):
            self._rows[-1:] = [[*(self._rows[-1] if self._rows else []), ""]]

    def _end_block(self) -> None:
        tag, raw = self._open, "".join(self._words)
        self._open = ""
        self._words.clear()
        text = one_line(raw)
        if not text:
            return
        if self._tables and self._rows and self._rows[-1]:
            self._rows[-1][-1] = f"{self._rows[-1][-1]} {text}"
        elif tag in HEADINGS:
            self.blocks.append(heading(HEADINGS[tag], text))
        elif tag == "pre":
            self.blocks.append(f"```\n{raw.strip(chr(10))}\n```")
        else:
            self.blocks.append(f"- {text}" if tag == "li" else text)

    def _end_table(self) -> None:
        if self._tables == 1:
            self.blocks.append(table(self._rows))
            self._rows = []
        self._tables = max(0, self._tables - 1)


def read(data: bytes) -> Extract:
    """Raises UnreadableError (unsupported)."""
    page = _Page()
    page.feed(decode(data))
    page.close()
    return Extract(page.title, "\n\n".join(filter(None, page.blocks)))
