"""Whether a picture is whole: a model provider refuses the whole conversation for one that is damaged."""

import struct
import zlib

PNG, JPEG = "image/png", "image/jpeg"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_START, _SCAN, _END = 0xD8, 0xDA, b"\xff\xd9"
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def is_whole(content: bytes, mime: str | None) -> bool:
    """Of a PNG every chunk to its end is there as it was written, of a JPEG every segment and the end of its scans."""
    return {PNG: _is_png, JPEG: _is_jpeg}.get(mime or "", _is_nothing)(content)


def _is_nothing(_: bytes) -> bool:
    return False


def _is_png(content: bytes) -> bool:
    """https://www.w3.org/TR/png-3/#5Chunk-layout"""
    if not content.startswith(_SIGNATURE):
        return False
    kinds: list[bytes] = []
    at = len(_SIGNATURE)
    while at + 12 <= len(content) and kinds[-1:] != [b"IEND"]:
        (length,) = struct.unpack_from(">I", content, at)
        end = at + 8 + length
        if content[end : end + 4] != struct.pack(">I", zlib.crc32(memoryview(content)[at + 4 : end])):
            return False
        kinds.append(content[at + 4 : at + 8])
        at = end + 4
    return kinds[:1] == [b"IHDR"] and kinds[-1:] == [b"IEND"] and b"IDAT" in kinds


def _is_jpeg(content: bytes) -> bool:
    """https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B"""
    at, has_frame = 0, False
    while at + 2 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if (at == 0) != (marker == _START):
            return False
        if marker == _SCAN:
            return has_frame and content.find(_END, at) > 0
        has_frame |= marker in _FRAMES
        at += 2 if marker in _ALONE else 1 if marker == 0xFF else 2 + int.from_bytes(content[at + 2 : at + 4])
    return False
