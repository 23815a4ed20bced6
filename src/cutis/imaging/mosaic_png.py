"""PNG of any size, row by row: its lines are inflated and unfiltered a strip at a time."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.grey import COLOUR_NOTE, Chunks, Levels, levels_of_type, luma
from cutis.imaging.mosaic import Mosaic, open_photo, plausible

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_STRIP = 256  # rows
_PIECE = 1 << 20  # bytes read, and inflated, at once
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the colour type of the header
# A colour type of 8 bits whose pixels have as many bytes, so that Pillow undoes the filters of any other.
_STAND_IN = {1: 0, 2: 4, 3: 2, 4: 6}
_CUT = "is truncated (its pixels end too early). Copy or download it again."


@dataclass(frozen=True)
class _Header:
    width: int
    height: int
    bits: int
    colour: int
    interlaced: bool
    spacing: float | None
    palette: NDArray[np.uint8] | None

    @property
    def line(self) -> int:
        """Bytes of a row."""
        return (self.width * self.bits * _SAMPLES[self.colour] + 7) // 8

    @property
    def step(self) -> int:
        """Bytes from a pixel to the next, at least 1."""
        return max(1, self.bits * _SAMPLES[self.colour] // 8)


def open_png(path: Path, frame: int, window: tuple[float, float] | None) -> Mosaic:
    """Open a PNG.

    Raises:
        ImageError: not a whole PNG.
    """
    with path.open("rb") as handle:
        header = _header(handle)
    spacing, note = plausible(header.spacing) if header.spacing else (None, "")
    notes = [note] if note else []
    if header.interlaced or header.step not in _STAND_IN:
        what = "is interlaced" if header.interlaced else "has 16 bits a colour"
        notes.append(f"{what}: decoded whole, not in pieces")
        whole = open_photo(path, frame, window)
        return replace(whole, spacing=spacing, notes=(*whole.notes, *notes))
    if header.colour in (2, 6) or (header.palette is not None and np.ptp(header.palette, axis=1).any()):
        notes.append(COLOUR_NOTE)
    if header.colour in (4, 6):
        notes.append("has an alpha channel, which was left out")
    levels, depth_note = levels_of_type(np.dtype(np.uint16 if header.bits == 16 else np.uint8))
    notes += [depth_note] if depth_note and not window else []
    strips = _Strips(path, header)
    return Mosaic(
        path,
        header.height,
        header.width,
        stored=Chunks(header.height, _STRIP, strips),
        levels=Levels(*window) if window else levels,
        spacing=spacing,
        notes=tuple(notes),
        close=strips.close,
    )


class _Strips:
    """Strips of rows in order; going back starts anew.

    Args:
        path: the file.
        header: of it.
    """

    def __init__(self, path: Path, header: _Header) -> None:
        self._path, self._header = path, header
        self._handle: IO[bytes] | None = None
        self._restart()

    def close(self) -> None:
        """Release the file."""
        if self._handle:
            self._handle.close()
            self._handle = None

    def __call__(self, number: int) -> NDArray[Any]:
        """Stored grey values of a strip."""
        if number < self._next:
            self._restart()
        while True:
            raw = self._strip()
            if self._next > number:
                return _grey(raw, self._header)

    def _restart(self) -> None:
        self.close()
        self._handle = self._path.open("rb")
        self._inflated = _inflated(self._handle)
        self._waiting = bytearray()
        self._next = 0
        self._above = bytes(self._header.line)

    def _strip(self) -> NDArray[np.uint8]:
        """(rows, bytes of a row), unfiltered."""
        rows = min(_STRIP, self._header.height - self._next * _STRIP)
        size = rows * (self._header.line + 1)
        while len(self._waiting) < size:
            piece = next(self._inflated, None)
            if piece is None:
                raise ImageError(self._path, _CUT)
            self._waiting += piece
        lines = bytes(self._waiting[:size])
        del self._waiting[:size]
        raw = _unfiltered(self._above, lines, rows, self._header)
        self._above = raw[-1].tobytes()
        self._next += 1
        return raw


def _unfiltered(above: bytes, lines: bytes, rows: int, header: _Header) -> NDArray[np.uint8]:
    """Undo the filters by Pillow: a small PNG whose first row is the row above, stored as it is."""
    from PIL.PngImagePlugin import PngImageFile

    width, colour = header.line // header.step, _STAND_IN[header.step]
    small = io.BytesIO()
    small.write(_SIGNATURE)
    _write_chunk(small, b"IHDR", struct.pack(">IIBBBBB", width, rows + 1, 8, colour, 0, 0, 0))
    _write_chunk(small, b"IDAT", zlib.compress(b"\0" + above + lines, 0))
    _write_chunk(small, b"IEND", b"")
    small.seek(0)
    with PngImageFile(small) as image:
        return np.asarray(image).reshape(rows + 1, header.line)[1:]


def _grey(raw: NDArray[np.uint8], header: _Header) -> NDArray[Any]:
    """(rows, width) stored values of unfiltered rows."""
    if header.bits == 16:
        values: NDArray[Any] = raw.reshape(len(raw), -1).view(">u2").astype(np.uint16)
    elif header.bits < 8:
        ones = np.unpackbits(raw, axis=1).reshape(len(raw), -1, header.bits)
        values = ones @ (1 << np.arange(header.bits - 1, -1, -1, dtype=np.uint8))
        values = values[:, : header.width]
        if header.palette is None:
            values = values * np.uint8(255 // (2**header.bits - 1))
    else:
        values = raw
    if header.palette is not None:
        return luma(header.palette[np.minimum(values, len(header.palette) - 1)])
    pixels = values.reshape(len(raw), header.width, -1)
    return luma(pixels) if pixels.shape[2] >= 3 else np.ascontiguousarray(pixels[..., 0])


def _header(handle: IO[bytes]) -> _Header:
    """Everything before the pixels."""
    sizes: tuple[int, ...] | None = None
    spacing, palette = None, None
    for name, content in _chunks(handle):
        if name == b"IHDR":
            sizes = struct.unpack(">IIBBBBB", content)
        elif name == b"PLTE":
            palette = np.frombuffer(content, np.uint8).reshape(-1, 3)
        elif name == b"pHYs":
            across, _, metres = struct.unpack(">IIB", content)
            spacing = 1e6 / across if metres == 1 and across else None
        elif name == b"IDAT":
            break
    if sizes is None or sizes[3] not in _SAMPLES:
        raise ImageError("the image", "is a PNG without a header. Copy or download it again.")
    width, height, bits, colour, _, _, interlace = sizes
    return _Header(width, height, bits, colour, bool(interlace), spacing, palette if colour == 3 else None)


def _inflated(handle: IO[bytes]) -> Iterator[bytes]:
    """The filtered rows, inflated piece by piece."""
    stream = zlib.decompressobj()
    for name, content in _chunks(handle):
        if name != b"IDAT":
            continue
        while content:
            yield stream.decompress(content, _PIECE)
            content = stream.unconsumed_tail
    yield stream.flush()


def _chunks(handle: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk, checked; pixels, which may all be in one chunk, in pieces."""
    handle.seek(len(_SIGNATURE))
    while True:
        head = handle.read(8)
        if len(head) < 8:
            raise ImageError("the image", _CUT)
        size, name = struct.unpack(">I4s", head)
        checksum, left = zlib.crc32(name), size
        while True:
            piece = handle.read(min(left, _PIECE) if name == b"IDAT" else left)
            left -= len(piece)
            checksum = zlib.crc32(piece, checksum)
            if not left and checksum != _number(handle.read(4)):
                raise ImageError("the image", "is damaged (a checksum is wrong). Copy or download it again.")
            if left and not piece:
                raise ImageError("the image", _CUT)
            yield name, piece
            if not left:
                break
        if name == b"IEND":
            return


def _number(content: bytes) -> int:
    if len(content) < 4:
        raise ImageError("the image", _CUT)
    return int.from_bytes(content, "big")


def _write_chunk(out: IO[bytes], name: bytes, content: bytes) -> None:
    out.write(struct.pack(">I", len(content)) + name + content)
    out.write(struct.pack(">I", zlib.crc32(content, zlib.crc32(name))))
