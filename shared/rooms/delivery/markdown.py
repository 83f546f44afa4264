"""Markdown as a tree, and as a page. Nothing in it is fetched, and no HTML of an author's is let through."""

import re
from html import escape

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

# Pictures are links of somebody else's: a writer of documents would fetch them.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough").disable("image")
# Signs that no XML, and so no Word document, may have: https://www.w3.org/TR/xml/#charsets
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:45em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3em .6em;text-align:start}"
)


def tree(text: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(_PARSER.parse(_NOT_IN_XML.sub("", text)))


def body(text: str) -> str:
    """The elements of the page."""
    return str(_PARSER.render(_NOT_IN_XML.sub("", text)))


def page(text: str, title: str) -> bytes:
    """A whole page that needs nothing else, and may run nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title><style>{STYLE}</style>'
    )
    shown = f'<html dir="auto"><head>{head}</head>\n<body dir="auto">\n{body(text)}</body></html>'
    return f"<!DOCTYPE html>\n{shown}\n".encode()
