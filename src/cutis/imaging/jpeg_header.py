"""What a JPEG says about itself before any pixel is decoded; the same JPEG without what is not picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}  # F7: JPEG-LS
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))  # markers without a length
_LOSSLESS = frozenset((0xC3, 0xC7, 0xCB, 0xCF))
# In compressed data FF is followed by 00, by a restart marker, or by more FF; anything else is a marker.
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


class JpegError(ValueError):
    """Not built as a JPEG is; the text says how."""


@dataclass(frozen=True)
class JpegHeader:
    """The frame header of a JPEG, and what its markers say of colour.

    Attributes:
        frame: code of the start-of-frame marker: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, 0xC3
            lossless, 0xF7 JPEG-LS.
        bits: of each sample.
        height: in pixels.
        width: in pixels.
        components: their identifiers.
        sampling: (across, down) of each component.
        jfif: it has a JFIF marker, and so is grey or YCbCr.
        adobe: transform of its Adobe marker: 0 none, 1 YCbCr, 2 YCCK; None where there is no such marker.
    """

    frame: int
    bits: int
    height: int
    width: int
    components: tuple[int, ...]
    sampling: tuple[tuple[int, int], ...]
    jfif: bool
    adobe: int | None

    @property
    def colour(self) -> str:
        """``L``, ``YCbCr``, ``RGB``, ``CMYK`` or ``YCCK``: as decoders read these markers."""
        if len(self.components) == 1:
            return "L"
        if len(self.components) == 4:
            return "YCCK" if self.adobe == 2 else "CMYK"
        return "RGB" if self._says_rgb() else "YCbCr"

    def _says_rgb(self) -> bool:
        if self.frame in _LOSSLESS or self.frame == 0xF7:
            return True
        if self.jfif or self.adobe is not None:
            return not self.jfif and self.adobe == 0
        return self.components == tuple(b"RGB")

    @property
    def says_colour(self) -> bool:
        """Its markers settle whether three components are YCbCr or RGB; otherwise it is a custom."""
        return self.jfif or self.adobe is not None or self.components == tuple(b"RGB")

    @property
    def baseline(self) -> bool:
        """Sequential, of 8 bits, in Huffman codes: what DICOM calls JPEG Baseline."""
        return self.frame == 0xC0 and self.bits == 8


def jpeg_header(content: bytes) -> JpegHeader:
    """Read a JPEG's header.

    Args:
        content: the file, or its beginning up to the frame header.

    Raises:
        JpegError: not a JPEG, or cut off before its frame header.
    """
    jfif, adobe = False, None
    for marker, start, end in _segments(content):
        body = content[start:end]
        if marker == 0xE0 and body.startswith(b"JFIF\0"):
            jfif = True
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            adobe = body[11]
        elif marker in _FRAMES:
            return _frame(marker, body, jfif, adobe)
    raise JpegError("has no frame header")


def picture_only(content: bytes) -> bytes:
    """A JPEG without EXIF, comments, thumbnails and whatever stands behind its end; pixels stay bit by bit.

    What says how colours are coded stays: the JFIF and Adobe markers and the ICC profile.

    Raises:
        JpegError: cut off, or not a JPEG.
    """
    parts = [content[:2]]
    for marker, start, end in _segments(content, scans=True):
        body = content[start:end]
        if marker == 0xE0 and body.startswith(b"JFIF\0"):
            body = body[:12] + b"\0\0"  # without its thumbnail
        elif marker == 0xFE or (0xE0 <= marker <= 0xEF and not _of_colour(marker, body)):
            continue
        parts += [bytes((0xFF, marker)), (len(body) + 2).to_bytes(2, "big"), body]
        if marker == _SOS:
            found = _MARKER.search(content, end)
            if found is None:
                raise JpegError("is cut off")
            parts.append(content[end : found.start()])
    return b"".join([*parts, bytes((0xFF, _EOI))])


def _of_colour(marker: int, body: bytes) -> bool:
    return (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0")) or (
        marker == 0xEE and body.startswith(b"Adobe")
    )


def as_untransformed(content: bytes) -> bytes:
    """The same JPEG, saying that its three components are red, green and blue, by an Adobe marker."""
    adobe = b"Adobe\0\x64\0\0\0\0\0"
    return content[:2] + b"\xff\xee" + (len(adobe) + 2).to_bytes(2, "big") + adobe + content[2:]


def _frame(marker: int, body: bytes, jfif: bool, adobe: int | None) -> JpegHeader:
    count = body[5] if len(body) > 5 else 0
    if len(body) < 6 + 3 * count or not count:
        raise JpegError("has a damaged frame header")
    rows = [body[6 + 3 * n : 9 + 3 * n] for n in range(count)]
    return JpegHeader(
        marker,
        body[0],
        int.from_bytes(body[1:3], "big"),
        int.from_bytes(body[3:5], "big"),
        tuple(row[0] for row in rows),
        tuple((row[1] >> 4, row[1] & 15) for row in rows),
        jfif,
        adobe,
    )


def _segments(content: bytes, *, scans: bool = False) -> Iterator[tuple[int, int, int]]:
    """Marker, and where its content starts and ends; up to the end, or where scans are asked past them."""
    if content[:2] != bytes((0xFF, _SOI)):
        raise JpegError("does not begin as a JPEG")
    at = 2
    while True:
        marker, at = _marker(content, at)
        if marker == _EOI:
            return
        if marker in _ALONE:
            continue
        end = at + int.from_bytes(content[at : at + 2], "big")
        if end > len(content) or end < at + 2:
            raise JpegError("is cut off")
        yield marker, at + 2, end
        at = end
        if marker == _SOS:
            found = _MARKER.search(content, at) if scans else None
            if found is None:
                if scans:
                    raise JpegError("is cut off")
                return
            at = found.start()


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """The marker at a place, and where it ends."""
    if content[at : at + 1] != b"\xff":
        raise JpegError("has stray bytes, or is cut off")
    while content[at : at + 1] == b"\xff":
        at += 1
    if at >= len(content):
        raise JpegError("is cut off")
    return content[at], at + 1
