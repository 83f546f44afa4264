"""Fonts whose letters are pictures of others: what a reader sees where a text in one of them says `m` or U+F0B3."""

PRIVATE = range(0xF000, 0xF100)  # where Word puts the letters of such fonts
_GREEK_CAPITALS = "ΑΒΧ∆ΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"  # noqa: RUF001
_GREEK = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"
_SYMBOL = {
    **{code: chr(code) for code in range(0x20, 0x40)},
    **dict(enumerate(_GREEK_CAPITALS, ord("A"))),
    **dict(enumerate(_GREEK, ord("a"))),
    0x24: "∃", 0x22: "∀", 0x27: "∋", 0x2A: "\u2217", 0x2D: "-", 0x40: "≅", 0x5B: "[", 0x5C: "∴", 0x5D: "]", 0x5E: "⊥",
    0x5F: "_", 0x7B: "{", 0x7C: "|", 0x7D: "}", 0x7E: "~", 0xA2: "\u2032", 0xA3: "≤", 0xA4: "/", 0xA5: "∞", 0xAB: "↔",
    0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB2: "″", 0xB3: "≥", 0xB4: "×", 0xB5: "∝",
    0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xBC: "…", 0xC5: "⊕", 0xC6: "∅", 0xCE: "∈",
    0xD0: "∠", 0xD1: "∇", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xD5: "∏", 0xD6: "√", 0xD7: "·", 0xDB: "⇔", 0xDC: "⇐",
    0xDE: "⇒", 0xE5: "∑", 0xF2: "∫",
}  # fmt: skip
_FONTS = {
    "symbol": _SYMBOL,
    "wingdings": {
        0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x71: "☐", 0x72: "☐", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢",
        0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "→", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    },
    "wingdings 2": {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x97: "●", 0xA3: "☐"},
}  # fmt: skip


def is_symbolic(font: str) -> bool:
    return font.strip("\"' ").lower() in _FONTS


def in_font(text: str, font: str) -> str:
    """A text as such a font shows it; of a letter that is not known to say anything nothing is left."""
    shown = _FONTS.get(font.strip("\"' ").lower())
    if shown is None:
        return text
    return "".join(
        shown.get(ord(letter) & 0xFF, "") if ord(letter) in PRIVATE or "\x20" < letter < "\u0100" else letter
        for letter in text
    )
