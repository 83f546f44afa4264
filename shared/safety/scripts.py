"""Writing that is not Latin, brought into one form: what is spelt in several ways, and what has no spaces."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

_VOWELS = str.maketrans(
    # Hindi: long and short vowels are confused the most; signs become letters, for a sign ends no word here.
    dict(zip("\u093e\u093f\u0940\u0941\u0942\u0947\u0948\u094b\u094c\u0943", "आइइउउएएओओर", strict=True))
    | {"\u0908": "इ", "\u090a": "उ", "\u0910": "ए", "\u0914": "ओ", "\u0964": ".", "\u0965": "."}
)
_KANA = str.maketrans({chr(letter): chr(letter - 0x60) for letter in range(0x30A1, 0x30F7)})  # katakana as hiragana
_ARABIC = str.maketrans(
    {
        "\u0629": "\u0647",
        "\u0649": "\u064a",
        "\u0671": "\u0627",
        "\u0640": "",
        "\u061f": "?",
        "\u060c": ",",
        "\u061b": ";",
    }
    | {"\u06a9": "\u0643", "\u06cc": "\u064a"}  # as Persian keyboards write them
)
_TRADITIONAL = (
    "頭暈顱臉說話腫過藥氣嘔體發燒熱傷殺癲癇麻無覺壓緊悶緩斷脫臟運動訓練懷縮宮產糖飽厭減瀉劑條腳頸視線雙邊側從來個們這還沒會為麼樣點開關聽聲"
    "響經劇藍紅蕁嚨難濕擊醫間時後裡裏東車輕強給讓對與並於應該顆終結餓飲飯節實變機學長門問親媽兒檢確診軟鐘種幾歲嚴總繼續習養腦膚髮蝦漲脹"
    "腎蓋臥舉復複腸顫慄塊異歪倒離樓橋繩燙慘淚獨單愛歡樂啞語漿餵膠囊盒瓶片錠咳嗽筋攣僵硬幹乾渾濁顏色褲絕劃輩義極遠眾討處見覺飛摔滿徹虛著"
)
_SIMPLIFIED = (
    "头晕颅脸说话肿过药气呕体发烧热伤杀癫痫麻无觉压紧闷缓断脱脏运动训练怀缩宫产糖饱厌减泻剂条脚颈视线双边侧从来个们这还没会为么样点开关听声"
    "响经剧蓝红荨咙难湿击医间时后里里东车轻强给让对与并于应该颗终结饿饮饭节实变机学长门问亲妈儿检确诊软钟种几岁严总继续习养脑肤发虾涨胀"
    "肾盖卧举复复肠颤栗块异歪倒离楼桥绳烫惨泪独单爱欢乐哑语浆喂胶囊盒瓶片锭咳嗽筋挛僵硬干干浑浊颜色裤绝划辈义极远众讨处见觉飞摔满彻虚着"
)
_SIMPLE = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
# What is attached to the front of an Arabic word: "and"; "with", "as", "for" and the article.
_FRONT = re.compile("^([\u0648\u0641]?)(?:[\u0628\u0643]?\u0627\u0644|\u0644\u0644|[\u0628\u0644])?")
_FEWEST_LETTERS = 2  # that must be left of a word


def spelt_alike(text: str) -> str:
    """The text with one spelling where a script has several, so that rules need only one."""
    return text if text.isascii() else text.translate(_VOWELS).translate(_ARABIC).translate(_SIMPLE).translate(_KANA)


@cache
def _signs() -> re.Pattern[str]:
    """Of Chinese and Japanese, a word or a part of one each; to compile so wide a set takes 2 ms."""
    return re.compile(r"([\u2e80-\u9fff\uf900-\ufaff])")


def pieces(word: str) -> Iterator[str]:
    """The signs of a word without spaces; any other as it is."""
    if word.isascii():
        yield word
    else:
        yield from (part for part in _signs().split(word) if part)


def forms(word: str) -> Sequence[str]:
    """The word; and an Arabic one without what may be attached to its front: "with the chest" is also "chest"."""
    if not "\u0600" <= word[0] <= "\u06ff":
        return (word,)
    front = _FRONT.match(word)
    attached = {0, front.end(1), front.end()} if front else {0}
    return [word[start:] for start in sorted(attached) if len(word) - start >= _FEWEST_LETTERS]
