"""TIFF of any size and kind, by its tiles or strips."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.grey import (
    COLOUR_NOTE,
    Chunks,
    Levels,
    finite_range,
    levels_of_range,
    levels_of_type,
    luma,
)
from cutis.imaging.mosaic import Mosaic, open_photo, plausible

_MICROMETRES = {
    "nm": 1e-3,
    "µm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "mm": 1e3,
    "cm": 1e4,
    "m": 1e6,
}
_TALL = 1024  # rows; a strip that is taller is read by rows where it is not compressed
_WHITE_IS_ZERO, _PALETTE = 0, 3
_OTHER_COLOURS = {5: "CMYK", 8: "CIELAB", 9: "CIELAB", 10: "CIELAB"}


def open_tiff(path: Path, frame: int, window: tuple[float, float] | None) -> Mosaic:
    """Open a TIFF: the largest image in it, at full resolution.

    Raises:
        ImageError: not a whole TIFF, or one of a kind that cannot be read.
    """
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is wrong becomes an error of ours
    file = tifffile.TiffFile(path)
    try:
        if not file.pages:
            raise ImageError(path, "is truncated (its directory is missing). Copy or download it again.")
        series = max(file.series, key=lambda item: item.keyframe.imagelength * item.keyframe.imagewidth)
        pages = series.levels[0].pages
        one: Any = pages[min(frame, len(pages) - 1)]
        page = one.aspage()
        _need_whole(path, page)
        if page.photometric in _OTHER_COLOURS:
            file.close()
            photo = open_photo(path, frame, window)
            what = f"has pixels in {_OTHER_COLOURS[page.photometric]}: decoded whole, not in pieces"
            return replace(photo, notes=(*photo.notes, what))
        stored, notes = Chunks(page.imagelength, *_decoder(file, page)), []
        if page.photometric == _PALETTE or page.samplesperpixel > 2:
            notes.append(COLOUR_NOTE)
        levels, note = (Levels(*window), "") if window else _levels(page, stored)
        spacing, step, spacing_note = _spacings(file, page)
        return Mosaic(
            path,
            page.imagelength,
            page.imagewidth,
            stored=stored,
            levels=levels,
            spacing=spacing,
            notes=tuple(text for text in (*notes, note, spacing_note) if text),
            frames=len(pages),
            step=step,
            close=file.close,
        )
    except BaseException:
        file.close()
        raise


def _need_whole(path: Path, page: Any) -> None:
    there = path.stat().st_size
    needed = max(
        (offset + size for offset, size in zip(page.dataoffsets, page.databytecounts, strict=False)),
        default=0,
    )
    if needed > there or not page.dataoffsets:
        raise ImageError(path, f"is truncated ({there} of {needed} bytes). Copy or download it again.")
    if page.imagedepth > 1:
        raise ImageError(path, "holds a volume in one page. Save its slices as pages.")


def _decoder(file: Any, page: Any) -> tuple[int, Any]:
    """Rows of a chunk, and what decodes one."""
    rows = page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)
    plain = page.compression == 1 and page.predictor == 1 and page.bitspersample % 8 == 0
    if rows > _TALL and not page.is_tiled and plain and page.is_contiguous and page.planarconfig == 1:
        return 256, lambda number: _plain_rows(file, page, number * 256, 256)
    return rows, lambda number: _segments(file, page, number, rows)


def _plain_rows(file: Any, page: Any, top: int, rows: int) -> NDArray[Any]:
    """Rows of pixels that stand in the file as they are."""
    rows = min(rows, page.imagelength - top)
    kind = np.dtype(page.dtype).newbyteorder(file.byteorder)
    line = page.imagewidth * page.samplesperpixel
    file.filehandle.seek(page.dataoffsets[0] + top * line * kind.itemsize)
    values = np.frombuffer(file.filehandle.read(rows * line * kind.itemsize), kind)
    native = values.reshape(rows, page.imagewidth, -1).astype(kind.newbyteorder("="))
    return _grey(native, page)


def _segments(file: Any, page: Any, number: int, rows: int) -> NDArray[Any]:
    """A row of tiles, or a strip, of all planes."""
    across = -(-page.imagewidth // page.tilewidth) if page.is_tiled else 1
    down = -(-page.imagelength // rows)
    planes = page.samplesperpixel if page.planarconfig == 2 else 1
    height = min(rows, page.imagelength - number * rows)
    out = np.zeros((height, page.imagewidth, page.samplesperpixel), page.dtype)
    for plane in range(planes):
        for index in range((plane * down + number) * across, (plane * down + number + 1) * across):
            if not page.databytecounts[index]:
                continue  # an empty tile: nothing was taken there
            file.filehandle.seek(page.dataoffsets[index])
            data = file.filehandle.read(page.databytecounts[index])
            segment, place, _ = page.decode(data, index, jpegtables=page.jpegtables)
            left, depth = place[3], segment.shape[3]
            part = segment[0, :height, : page.imagewidth - left]
            out[: part.shape[0], left : left + part.shape[1], place[0] : place[0] + depth] = part
    return _grey(out, page)


def _grey(pixels: NDArray[Any], page: Any) -> NDArray[Any]:
    """(rows, width) of (rows, width, samples)."""
    if page.photometric == _PALETTE:
        palette = (np.asarray(page.colormap).T >> 8).astype(np.uint8)
        shades: NDArray[Any] = luma(palette)[pixels[..., 0]]
        return shades
    return luma(pixels) if pixels.shape[2] > 2 else np.ascontiguousarray(pixels[..., 0])


def _levels(page: Any, stored: Chunks) -> tuple[Levels, str]:
    kind = np.dtype(np.uint8 if page.photometric == _PALETTE else page.dtype)
    if np.issubdtype(kind, np.complexfloating):
        raise ImageError("the image", "has complex numbers for pixels. Save their magnitude.")
    if np.issubdtype(kind, np.floating):
        levels, note = levels_of_range(*finite_range(stored.blocks()))
    else:
        levels, note = levels_of_type(kind)
        if kind.kind == "u" and page.photometric != _PALETTE and page.bitspersample < 8 * kind.itemsize:
            high = 2**page.bitspersample - 1
            note = f"has {page.bitspersample}-bit pixels: 0 to {high} became 0 to 255"
            levels = Levels(0.0, float(high))
    if page.photometric == _WHITE_IS_ZERO:
        return Levels(levels.high, levels.low), note
    return levels, note


def _spacings(file: Any, page: Any) -> tuple[float | None, float | None, str]:
    """Micrometres per pixel and from slice to slice, and what to tell the user."""
    if file.is_ome:
        found = _ome(file.ome_metadata)
        if found[0]:
            return *found, ""
    across = _resolution(page)
    if file.is_imagej:
        about = file.imagej_metadata or {}
        name = str(about.get("unit", "")).replace("\\u00B5", "µ").replace("\xb5", "µ")
        unit = _MICROMETRES.get(name)
        step = float(about["spacing"]) * unit if unit and "spacing" in about else None
        return (unit / across if unit and across else None), step, ""
    unit = {2: 25_400.0, 3: 10_000.0}.get(int(getattr(page, "resolutionunit", 0) or 0))
    if not unit or not across:
        return None, None, ""
    spacing, note = plausible(unit / across)
    return spacing, None, note


def _resolution(page: Any) -> float | None:
    """Pixels per unit across."""
    tag = page.tags.get("XResolution")
    if tag is None:
        return None
    above, below = tag.value
    return above / below if above and below else None


def _ome(text: str) -> tuple[float | None, float | None]:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None, None
    pixels = next((item for item in root.iter() if re.sub(r"\{.*\}", "", item.tag) == "Pixels"), None)
    if pixels is None:
        return None, None
    sizes = []
    for axis in "XZ":
        unit = _MICROMETRES.get(pixels.get(f"PhysicalSize{axis}Unit", "µm").replace("\u03bc", "µ"))
        value = pixels.get(f"PhysicalSize{axis}")
        sizes.append(float(value) * unit if value and unit else None)
    return sizes[0], sizes[1]
