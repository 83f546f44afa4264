"""What the style sheet in a page says of its classes, as far as it changes what the words say: raised, struck."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.knowledge.formats.page_parts import Attributes

MAX_SHEET = 200_000  # characters that are looked at
# Of a class alone, as programs write that keep all looks in classes; what is hidden so is often opened by a click.
_RULE = re.compile(r"(?:^|(?<=[};,/\s]))(?:span|sup|sub|b|i)?\.([\w-]{1,60})\s*\{([^{}]{0,500})\}")
_MEDIA = re.compile(r"@[\w-]{1,30}[^{};]{0,300}\{(?:[^{}]{0,2000}\{[^{}]{0,2000}\}){0,500}[^{}]{0,2000}\}")
_CHANGES = re.compile(r"vertical-align\s*:\s*(?:super|sub)\b|text-decoration[\w-]*\s*:[^;]*line-through", re.IGNORECASE)


@dataclass(frozen=True)
class Looks:
    _classes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_page(cls, tree: LexborHTMLParser) -> Self:
        sheet = "\n".join(node.text(deep=True) or "" for node in tree.css("style"))[:MAX_SHEET]
        if not _CHANGES.search(sheet):
            return cls()
        found = _RULE.finditer(_MEDIA.sub("", sheet))
        return cls({rule[1]: said[0] for rule in found if (said := _CHANGES.search(rule[2]))})

    def of(self, node: LexborNode) -> Attributes:
        """The attributes of an element, with what its classes say in its style."""
        attributes = node.attributes
        if self._classes and (names := attributes.get("class")):
            said = [self._classes[name] for name in names.split() if name in self._classes]
            if said:
                return {**attributes, "style": ";".join([*said, attributes.get("style") or ""])}
        return attributes
