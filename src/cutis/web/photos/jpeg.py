"""A JPEG without all that is not picture: its compressed pixels stay as they are, bit by bit."""

from __future__ import annotations

import re
import struct

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
# In compressed data FF is followed by 00, by a restart marker, or by more FF; anything else is a marker.
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_JFIF, _ADOBE = 16, 14  # bytes of these segments, without a small copy of the picture
_KEPT = {0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD}  # frame, tables, scan, restart interval


class DamagedJpegError(ValueError):
    """Not built as a JPEG is."""


def stripped(data: bytes, orientation: int) -> bytes:
    """A JPEG with nothing but its picture, its colours and which side is up.

    EXIF, GPS, XMP, comments, thumbnails, further pictures, makers' data and whatever stands behind the end
    are left out.

    Args:
        data: a JPEG of one frame, baseline or progressive.
        orientation: of EXIF, 1 to 8; written anew, with nothing else, where it is not 1.

    Raises:
        DamagedJpegError: cut off, or of a kind that no camera writes.
    """
    if data[:2] != bytes((0xFF, _SOI)):
        raise DamagedJpegError("does not begin as a JPEG")
    parts = [data[:2]]
    if orientation != 1:
        parts.append(_orientation(orientation))
    at, scans = 2, 0
    while True:
        marker, at = _marker(data, at)
        if marker == _EOI and scans:
            return b"".join([*parts, bytes((0xFF, _EOI))])
        if marker in _ALONE:
            continue
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or end < at + 2:
            raise DamagedJpegError("is cut off")
        segment = data[at:end]
        at = end
        if _is_kept(marker, segment):
            parts += [bytes((0xFF, marker)), _bare(marker, segment)]
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            raise DamagedJpegError(f"has a part of kind {marker:02X}")
        if marker == _SOS:
            scans += 1
            found = _MARKER.search(data, at)
            if found is None:
                raise DamagedJpegError("is cut off")
            parts.append(data[at : found.start()])
            at = found.start()


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at a place, and where it ends."""
    if data[at : at + 1] != b"\xff":
        raise DamagedJpegError("has stray bytes, or is cut off")
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data):
        raise DamagedJpegError("is cut off")
    return data[at], at + 1


def _is_kept(marker: int, segment: bytes) -> bool:
    if marker == 0xE0:
        return segment[2:7] == b"JFIF\0"
    if marker == 0xE2:
        return segment[2:14] == b"ICC_PROFILE\0"
    if marker == 0xEE:
        return segment[2:7] == b"Adobe"  # says how the colours are coded
    return marker in _KEPT


def _bare(marker: int, segment: bytes) -> bytes:
    """A segment without what stands behind its own values: JFIF may carry a small copy of an earlier picture.

    Raises:
        DamagedJpegError: it is shorter than its values.
    """
    most = {0xE0: _JFIF, 0xEE: _ADOBE}.get(marker)
    if most is None:
        return segment
    if len(segment) < most:
        raise DamagedJpegError("is cut off")
    values = segment[2 : most - 2] + b"\0\0" if marker == 0xE0 else segment[2:most]  # a copy of 0 x 0 pixels
    return struct.pack(">H", most) + values


def _orientation(value: int) -> bytes:
    """EXIF data of one value."""
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + 6 + len(tiff)) + b"Exif\0\0" + tiff
