"""A Word document of Markdown: https://python-docx.readthedocs.io"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from docx import Document
from markdown_it.tree import SyntaxTreeNode

from shared.rooms.delivery.markdown import tree

LEVELS = 3  # of lists, for which Word's own template has styles


@dataclass(frozen=True)
class Style:
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False


@dataclass(frozen=True)
class Run:
    text: str
    style: Style


def document(text: str, title: str) -> bytes:
    made = Document()
    made.core_properties.title = title[:255]  # the most that the property holds
    for node in tree(text).children:
        _block(made, node)
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def _block(made: Any, node: SyntaxTreeNode, style: str | None = None, depth: int = 0) -> None:
    match node.type:
        case "heading":
            _fill(made.add_heading(level=min(int(node.tag[1:]), 9)), node)
        case "paragraph":
            _fill(made.add_paragraph(style=style), node)
        case "bullet_list" | "ordered_list":
            _list(made, node, depth)
        case "blockquote":
            for child in node.children:
                _block(made, child, "Quote", depth)
        case "fence" | "code_block":
            made.add_paragraph().add_run(node.content.rstrip("\n")).font.name = "Consolas"
        case "table":
            _table(made, node)
        case "hr":
            made.add_paragraph("———")


def _list(made: Any, node: SyntaxTreeNode, depth: int) -> None:
    name = "List Bullet" if node.type == "bullet_list" else "List Number"
    style = name if depth == 0 else f"{name} {min(depth + 1, LEVELS)}"
    for item in node.children:
        for child in item.children:
            _block(made, child, style, depth + 1)


def _table(made: Any, node: SyntaxTreeNode) -> None:
    rows = [row for part in node.children for row in part.children]
    table = made.add_table(rows=len(rows), cols=max(len(row.children) for row in rows), style="Table Grid")
    for cells, row in zip(table.rows, rows, strict=True):
        for cell, content in zip(cells.cells, row.children, strict=False):
            _fill(cell.paragraphs[0], content)


def _fill(paragraph: Any, node: SyntaxTreeNode) -> None:
    for run in _runs(node, Style(bold=node.type == "th")):
        written = paragraph.add_run(run.text)
        written.bold, written.italic = run.style.bold or None, run.style.italic or None
        written.font.strike = run.style.strike or None
        if run.style.code:
            written.font.name = "Consolas"


def _runs(node: SyntaxTreeNode, style: Style) -> Iterator[Run]:
    for child in node.children:
        match child.type:
            case "text" | "text_special":
                yield Run(child.content, style)
            case "softbreak":
                yield Run(" ", style)
            case "hardbreak":
                yield Run("\n", style)
            case "code_inline":
                yield Run(child.content, replace(style, code=True))
            case "link":
                yield from _runs(child, style)
                yield Run(f" ({child.attrs.get('href', '')})", style)
            case "strong":
                yield from _runs(child, replace(style, bold=True))
            case "em":
                yield from _runs(child, replace(style, italic=True))
            case "s":
                yield from _runs(child, replace(style, strike=True))
            case _:
                yield from _runs(child, style)
