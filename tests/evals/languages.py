"""In which language a text is: by its script, or by its commonest small words."""

import re

SCRIPTS = {
    "ja": r"[\u3040-\u30ff]",
    "zh": r"[\u4e00-\u9fff]",
    "ru": r"[\u0400-\u04ff]",
    "ar": r"[\u0600-\u06ff]",
    "hi": r"[\u0900-\u097f]",
    "th": r"[\u0e00-\u0e7f]",
    "el": r"[\u0370-\u03ff]",
}
SHARE = 0.2  # of the letters; an exercise's English name may stand in any text
SMALL_WORDS = {
    "en": "the and of to you your is for with are this that it be on or as if not",
    "de": "der die das und du dein deine ist mit für ein eine nicht auf den im dem zu wenn auch",
    "es": "el la los las y de que en un una tu es con para por no si más del se",
    "fr": "le la les et de des du que en un une tu ton ta est avec pour pas si plus sur",
    "it": "il lo la gli le e di che un una tuo tua è con per non se più del della nel",
    "pt": "o os as e de que em um uma seu sua é com para não se mais do da no na você",
    "nl": "de het een en van je jouw is met voor niet op als ook te dat in aan meer",
    "pl": "i w na z do się nie to jest że dla po przy jak lub co twój ciebie możesz",
    "tr": "ve bir bu için ile da de çok ne mi sen senin daha gün her kadar ise olarak",
}


def language_of(text: str) -> str:
    """The code of one of those above; English where nothing tells."""
    letters = len(re.findall(r"[^\W\d_]", text)) or 1
    for code, script in SCRIPTS.items():
        if len(re.findall(script, text)) >= SHARE * letters:
            return code
    words = re.findall(r"[^\W\d_]+", text.casefold())
    counts = {code: sum(word in set(small.split()) for word in words) for code, small in SMALL_WORDS.items()}
    return max(counts, key=lambda code: counts[code])
