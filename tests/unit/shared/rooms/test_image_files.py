import io

import PIL.Image
import pytest

from shared.rooms.image_files import is_whole
from tests.support.pictures import KINDS, picture


def opens(content: bytes) -> bool:
    try:
        with PIL.Image.open(io.BytesIO(content)) as opened:
            opened.load()
    except (OSError, SyntaxError):
        return False
    return True


@pytest.mark.parametrize(
    ("mime", "options"),
    [
        ("image/png", {}),
        ("image/png", {"optimize": True}),
        ("image/jpeg", {"quality": 40}),
        ("image/jpeg", {"progressive": True}),
        ("image/jpeg", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0", "comment": "\u00ff\u00d9"}),
    ],
)
def test_a_picture_is_whole_to_its_last_byte_and_with_something_behind_it(
    mime: str, options: dict[str, object]
) -> None:
    content = picture(mime, **options)
    assert is_whole(content, mime)
    assert is_whole(content + b"behind", mime)
    assert not any(is_whole(content[:at], mime) for at in range(len(content) - 1))


@pytest.mark.parametrize("mime", KINDS)
def test_one_of_another_kind_is_none_of_this(mime: str) -> None:
    (other,) = set(KINDS) - {mime}
    assert not is_whole(picture(mime), other)
    assert not is_whole(picture(mime), "image/webp")
    assert not is_whole(picture(mime), None)


def test_a_png_in_which_a_byte_was_changed_is_damaged_wherever_it_was() -> None:
    content = picture("image/png")
    for at in range(len(content)):
        damaged = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        assert not is_whole(damaged, "image/png")


def test_what_is_whole_can_be_opened() -> None:
    for mime in KINDS:
        content = picture(mime)
        for at in range(0, len(content), 7):
            assert opens(content[:at]) or not is_whole(content[:at], mime)
