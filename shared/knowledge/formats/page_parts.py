"""Which parts of a web page its reader came for: not menus, banners, comments of strangers, nor what nobody sees."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

Attributes = dict[str, str | None]
# What only browsers need, and what asks for something instead of saying it.
NEVER = {
    "script", "style", "template", "noscript", "svg", "iframe", "object", "embed", "canvas", "audio", "video", "map",
    "select", "button", "input", "textarea", "datalist", "dialog", "head", "title", "nav", "del", "s", "strike",
    "rp", "rt", "-comment", "_comment", "!doctype", "-doctype",
}  # fmt: skip
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all",
    re.IGNORECASE,
)
_GONE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_NO_SIZE = re.compile(r"font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
_STRUCK = re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through", re.IGNORECASE)
_UNSEEN_WORDS = {"sr-only", "visually-hidden", "screen-reader-text", "d-none"}
_NOTE = {"warning", "caution", "danger", "note", "important", "tip", "callout", "admonition", "alert", "info"}
_WORD = re.compile(r"[a-z]+")
_ABOUT_THE_SITE = {
    "cookie", "cookies", "consent", "gdpr", "breadcrumb", "breadcrumbs", "comments", "comment", "respond", "disqus",
    "newsletter", "subscribe", "signup", "share", "sharing", "sharedaddy", "advert", "advertisement", "ads", "adsense",
    "sponsored", "promo", "popup", "paywall", "related", "recommended", "recommendations", "pagination", "pager",
}  # fmt: skip
# These are said of what belongs to the text as well: such a part goes where it is made of links, or is a line.
_MAYBE = {
    "menu", "navbar", "nav", "sidebar", "toolbar", "footer", "social", "meta", "byline", "toc", "tags", "widget",
    "skip", "links", "banner", "author", "login",
}  # fmt: skip
_ASIDE = re.compile(
    r"related|subscrib|newsletter|share|popular|trending|more from|read next|you may also|sponsor", re.IGNORECASE
)
LINE = 120  # characters
MOST_LINKS = 0.5  # of the characters of a part; above, it leads elsewhere
MAIN_SHARE = 0.2  # of the characters of a page, that what calls itself its main part has at least


def is_gone(attributes: Attributes) -> bool:
    """What a browser lays the page out without."""
    return "hidden" in attributes or bool(_GONE.search(attributes.get("style") or ""))


def is_shown_after_all(node: LexborNode, attributes: Attributes) -> bool:
    """What only looks unseen: signs beside what is read aloud instead, mail laid out with letters of no size."""
    if attributes.get("aria-hidden") == "true":
        others = (_beside(node, "next"), _beside(node, "prev"))
        return any(each is not None and not _UNSEEN_WORDS.isdisjoint(_classes(each)) for each in others)
    if _NO_SIZE.search(attributes.get("style") or ""):
        return any("font-size" in (each.attributes.get("style") or "") for each in _first_inside(node, 50))
    return False


def is_label(button: LexborNode) -> bool:
    """A button that is the heading of what it opens."""
    parent = button.parent
    for _ in range(3):
        if parent is not None and parent.tag in ("h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt"):
            return _text(parent) == _text(button)
        parent = parent.parent if parent is not None else None
    return False


def _beside(node: LexborNode, way: str) -> LexborNode | None:
    """The next element, with nothing but space between."""
    other: LexborNode | None = getattr(node, way)
    if other is not None and other.tag == "-text" and not (other.text_content or "").strip():
        other = getattr(other, way)
    return other


def _first_inside(node: LexborNode, most: int) -> Iterator[LexborNode]:
    """Elements in another one, in their order."""
    waiting = [node.child]
    while waiting and most > 0:
        each = waiting.pop()
        if each is not None:
            waiting += [each.next, each.child]
            if (each.tag or "-")[0] != "-":
                most -= 1
                yield each


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split() if (node.tag or "-")[0] != "-" else []


def is_unseen(attributes: Attributes) -> bool:
    """What a browser does not show, or shows struck out."""
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style") or ""
    return bool(
        (style and (_UNSEEN.search(style) or _STRUCK.search(style)))
        or not _UNSEEN_WORDS.isdisjoint((attributes.get("class") or "").split())
    )


def is_about_the_site(node: LexborNode, attributes: Attributes) -> bool:
    """Whether a part of a whole page is one that every page of its site has, or is by strangers."""
    tag = node.tag
    if tag in ("body", "main", "article", "html", "h1"):
        return False
    if tag == "aside":
        if attributes.get("role") == "note" or not _NOTE.isdisjoint(_WORD.findall(attributes.get("class") or "")):
            return False
        if _is_in_an_aside(node):
            return False
        is_of_text = _is_within(node, "article") or (_is_within(node, "main") and not _is_slight(node))
        return not is_of_text or bool(_ASIDE.search(_text(node)[:200]))
    if tag in ("header", "footer"):
        return not _is_within(node, "article", "main", "blockquote") and (
            tag == "footer" or node.css_first("h1") is None
        )
    if attributes.get("role") in ("navigation", "banner", "search", "contentinfo", "dialog", "alertdialog"):
        return True
    words = set(_WORD.findall(f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()))
    if not words.isdisjoint(_ABOUT_THE_SITE):
        return node.css_first("h1, article, main") is None
    return not words.isdisjoint(_MAYBE) and _is_slight(node)


def main_part(body: LexborNode) -> LexborNode:
    """The part that calls itself the main one, where it is one and has a good part of the words; else all."""
    for selector in ("main, [role=main]", "article, [role=article], [itemprop=articleBody]"):
        found = [node for node in body.css(selector) if not _is_within(node, "aside", "nav", "footer")]
        if len(found) == 1 and len(_text(found[0])) >= MAIN_SHARE * len(_text(body)):
            return found[0]
    return body


def _is_in_an_aside(node: LexborNode) -> bool:
    """In one that was found to be of the text; asked first, so that not each reads all that is in it."""
    parent = node.parent
    for _ in range(50):
        if parent is None or parent.tag == "aside":
            break
        parent = parent.parent
    return parent is not None and parent.tag == "aside"


def _is_within(node: LexborNode, *tags: str) -> bool:
    parent = node.parent
    while parent is not None and parent.tag not in tags:
        parent = parent.parent
    return parent is not None


def _is_slight(node: LexborNode) -> bool:
    text = _text(node)
    in_links = sum(len(_text(link)) for link in node.css("a"))
    return (len(text) <= LINE and node.css_first("table, p") is None) or in_links > MOST_LINKS * len(text)


def _text(node: LexborNode) -> str:
    return (node.text(deep=True) or "").strip()
