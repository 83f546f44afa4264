"""What a model writes must carry nothing out: an app that renders Markdown fetches images and makes links of addresses.

A profile can be written into such an address (OWASP LLM05:2025, improper output handling). So images, raw HTML and
links are reduced to their words before a text is shown or stored; a link stays where a citation names its host.
"""

import re
import string
from collections.abc import Set
from html import unescape

MAX_HELD = 4096  # characters of an unfinished link that a stream waits for: twice what every browser takes
MAX_PASSES = 5  # what is taken out may join what stood around it; honest text needs one pass and a look
_REMOVED = "\0"  # stands behind a label whose address was taken out; stored text cannot contain it
_TOP = (
    r"com|net|org|info|biz|edu|gov|pro|name|shop|web|xxx|aero|asia|coop|museum|app|dev|xyz|site|online|link|top"
    r"|xn--[a-z0-9-]+|[a-z]{2}"
)
# Renderers and browsers repair what is not quite an address (`https:host`, `//host`, `///host`), and some take a bare
# name with a path for one (linkify-it), so what only looks like one goes too; behind a word (`img//host.name`), where
# `7//2` and `and//or` may stand, only what names a host.
_ADDRESS = re.compile(
    r"(?:(?<![a-z0-9])[a-z][a-z0-9+.-]{1,20}:(?=[\\/])"
    r"|https?:(?=\S)|(?<![a-z0-9])(?:wss?|ftp|javascript|vbscript|data|blob|file):(?=\S)"
    r"|(?<![/\w])/[/\\]+(?=[^\s/\\])|(?<=\w)/[/\\]+(?=[a-z%][\w%-]*\.\w)|(?<![a-z0-9])www\."
    r"|(?<![\w@./-])(?:[a-z0-9][\w-]*\.)+(?:" + _TOP + r")(?::\d+)?[/?#](?=\w))"
    r"[!#-&(*-;=?-\\^_a-~]*",
    re.IGNORECASE | re.ASCII,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|[/\\]", re.IGNORECASE)
_PLAIN = re.compile(r"https://([a-z0-9.-]+)(?:[/?#][\w./?#&=%~+,;@:-]*)?", re.IGNORECASE | re.ASCII)
_ESCAPED = re.compile(r"\\([:/.&])")
_HIDDEN = re.compile(
    r"<(script|style|iframe|object|svg|math|template)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<([!?/]?[a-z][^<>]*)>|<[!?/]?[a-z][a-z0-9]*[\s/](?=[^<>]*\Z)[^<>=]*=[^<>]*\Z", re.IGNORECASE)
_COMPARISON = re.compile(
    r"<[a-z] [\w ,.+*%-]*>", re.IGNORECASE
)  # no tag has one letter and words, none of them with a value
_AROUND_ANOTHER = re.compile(r"<(?=[!?/]?[a-z](?:[^<>\n]|\n(?!\n))*<)", re.IGNORECASE)  # a tag with `<` in an attribute
_DEFINITION = re.compile(r"^[ >]{0,8}\[[^\]\n]{1,200}\]:[ \t]*(?:\n[ \t]*)?\S+(?:[ \t]+[\"'(].*)?$", re.MULTILINE)
_IMAGE = re.compile(r"!(?=\[[^\]]{0,1000}\][(\[\0])")
_LABEL = re.compile(r"\[([^\[\]]*)\]" + _REMOVED)
# What every address has: to look for it takes a tenth of the time, with each piece of a stream.
_MAY_BE_ADDRESS = re.compile(r":\S|[/?#][\w/\\]|www\.", re.IGNORECASE | re.ASCII)
_OF_A_WORD = string.ascii_letters + string.digits + string.punctuation  # an address ends at anything else
_BEGINS_TAG = re.compile(r"(?:<[!?/a-z][^<>]*)+\Z", re.IGNORECASE)


def strip_markup(text: str, hosts: Set[str] = frozenset()) -> str:
    """The Markdown without images, HTML and links, except links to these hosts (lower case, without `www.`)."""
    for _ in range(MAX_PASSES):
        stripped = _strip_once(text, hosts)
        if stripped == text:
            return text
        text = stripped
    return _strip_once(re.sub(r"[<>\[\]]", "", text), hosts)


def _strip_once(text: str, hosts: Set[str]) -> str:
    text = _decode(text.replace(_REMOVED, ""))
    text = _TAG.sub(lambda tag: _tag_left(tag, hosts), _HIDDEN.sub("", text))
    text = _AROUND_ANOTHER.sub("< ", text)
    text = _strip_links(_IMAGE.sub("", _DEFINITION.sub("", text)), hosts)
    if not _MAY_BE_ADDRESS.search(text):
        return text
    return _ADDRESS.sub(lambda address: address[0] if _is_allowed(_completed(address[0]), hosts) else "", text)


def _tag_left(tag: re.Match[str], hosts: Set[str]) -> str:
    """What stays of what looks like a tag: a link that is allowed, and "if x <y and 5> 3", which says something."""
    if _COMPARISON.fullmatch(tag[0]):
        return tag[0]
    return tag[1] if tag[1] and _is_allowed(tag[1], hosts) else ""


def hosts_in(text: str) -> frozenset[str]:
    """The hosts of the addresses that stand in a text, as `strip_markup` takes them."""
    return frozenset(_host(address) for address in _PLAIN.findall(text))


def settled(text: str) -> int:
    """How much of a growing text is decided: what follows may yet make an address, a tag or a link of the rest."""
    words = text.rstrip(_OF_A_WORD)
    start = max(0, len(words) - MAX_HELD, words.rfind("\n\n"))
    tag = _BEGINS_TAG.search(words, start)
    return min(tag.start() if tag else len(words), _open_label(words, start))


def _decode(text: str) -> str:
    """Without the entities and escapes that a renderer would resolve: behind them an address is not recognised."""
    for _ in range(5):
        decoded = _ESCAPED.sub(r"\1", unescape(text)).replace(_REMOVED, "")
        if decoded == text:
            break
        text = decoded
    return text


def _is_allowed(address: str, hosts: Set[str]) -> bool:
    found = _PLAIN.fullmatch(address.rstrip(".,;:!?*_"))
    return found is not None and _host(found[1]) in hosts


def _completed(address: str) -> str:
    """As a renderer reads it that takes a bare name for an address."""
    return address if _SCHEME.match(address) else f"https://{address}"


def _host(name: str) -> str:
    return name.lower().rstrip(".").removeprefix("www.")


def _strip_links(text: str, hosts: Set[str]) -> str:
    """`[label](address)` becomes `label`, also nested; an allowed link keeps its address and loses its title."""
    parts, at = [], 0
    for opening, closing in _link_targets(text):
        if opening < at:
            continue
        address = text[opening + 1 : closing].strip().split(maxsplit=1)
        allowed = bool(address) and _is_allowed(address[0], hosts)
        parts += [text[at:opening], f"({address[0]})" if allowed else _REMOVED]
        at = closing + 1
    stripped = "".join([*parts, text[at:]])
    for _ in range(3):
        stripped = _LABEL.sub(r"\1", stripped)
    return stripped.replace(_REMOVED, "")


def _link_targets(text: str) -> list[tuple[int, int]]:
    """Where the brackets behind each `]` open and close, in order; one pass, so that no text makes it slow."""
    open_brackets: list[int] = []
    targets = []
    for bracket in re.finditer(r"[()]", text):
        if bracket[0] == "(":
            open_brackets.append(bracket.start())
        elif open_brackets and (opening := open_brackets.pop()) and text[opening - 1] == "]":
            targets.append((opening, bracket.start()))
    return sorted(targets)


def _open_label(text: str, start: int) -> int:
    """Where the first label begins that may yet become a link; the text's length if there is none."""
    labels: list[int] = []
    for bracket in re.finditer(r"[\[\]]", text[start:]):
        at = start + bracket.start()
        if bracket[0] == "[":
            labels.append(at)
        elif labels and not _may_be_link(text, labels[-1], at):
            labels.pop()
    begin = labels[0] if labels else len(text)
    return begin - 1 if 0 < begin < len(text) and text[begin - 1] == "!" else begin


def _may_be_link(text: str, opening: int, closing: int) -> bool:
    """True while what follows `]` can still make it a link or a definition."""
    follower = text[closing + 1 : closing + 2]
    if follower == "(":
        return ")" not in text[closing:]
    is_definition = follower == ":" and not text[text.rfind("\n", 0, opening) + 1 : opening].strip(" >")
    return not follower or (is_definition and "\n" not in text[closing:])
