"""DICOM images, frame by frame, or by rows where the pixels are not compressed."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError, MissingExtraError
from cutis.imaging.dicom_groups import of_frame
from cutis.imaging.dicom_tables import PALETTE, Tables, number_of, rescaling, tables_of
from cutis.imaging.grey import COLOUR_NOTE, Chunks, Levels, luma
from cutis.imaging.mosaic import Mosaic

_UNKNOWN_LENGTH = 0xFFFFFFFF
_IMPLICIT = "1.2.840.10008.1.2"
_PLAIN = (_IMPLICIT, "1.2.840.10008.1.2.1")  # uncompressed, least byte first
_DEFLATED = "1.2.840.10008.1.2.1.99"
_STRIP = 256  # rows


def open_dicom(path: Path, frame: int, window: tuple[float, float] | None) -> Mosaic:
    """Open a DICOM image.

    Raises:
        MissingExtraError: pydicom is not installed.
        ImageError: truncated, or without pixels.
    """
    try:
        import pydicom
    except ImportError as error:
        raise MissingExtraError("dicom", f"Reading {path.name}") from error
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # what is wrong becomes an error of ours
    handle = path.open("rb")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = pydicom.dcmread(handle, stop_before_pixels=True)
        if "Rows" not in data or "Columns" not in data:
            raise ImageError(path, "is a DICOM file without an image, or truncated. Copy it again.")
        data = of_frame(data, frame)
        colour = int(data.get("SamplesPerPixel", 1)) > 1 or _is_palette(data)
        tables = tables_of(path, data, voi=window is None)
        levels, note = levels_of(data, window, tables)
        spacing, spacing_note = _spacing(data)
        stored = _rows(path, handle, data, frame)
        return Mosaic(
            path,
            int(data.Rows),
            int(data.Columns),
            stored=(lambda start, stop: tables(stored(start, stop))) if tables else stored,
            levels=levels,
            spacing=spacing,
            notes=tuple(text for text in (COLOUR_NOTE if colour else "", note, spacing_note) if text),
            frames=int(data.get("NumberOfFrames", 1) or 1),
            step=_step(data),
            depth=_depth(data),
            close=handle.close,
        )
    except BaseException:
        handle.close()
        raise


def _rows(path: Path, handle: IO[bytes], data: Any, frame: int) -> Chunks:
    """Rows of one frame."""
    height, width = int(data.Rows), int(data.Columns)
    samples, bits = int(data.get("SamplesPerPixel", 1)), int(data.get("BitsAllocated", 8))
    syntax = str(data.file_meta.get("TransferSyntaxUID", _IMPLICIT))
    if syntax == _DEFLATED or _is_palette(data):
        return Chunks(height, height, lambda _: _whole_frame(path, data, frame))
    there = path.stat().st_size
    start = handle.tell()
    header = handle.read(8 if syntax == _IMPLICIT else 12)
    if len(header) < 8 or header[:4] != b"\xe0\x7f\x10\x00":
        raise ImageError(path, f"is truncated (its pixels are missing; {there} bytes). Copy it again.")
    length = int.from_bytes(header[-4:], "little")
    if length != _UNKNOWN_LENGTH and start + len(header) + length > there:
        needed = start + len(header) + length
        raise ImageError(path, f"is truncated ({there} of {needed} bytes). Copy or download it again.")
    if syntax in _PLAIN and samples == 1 and bits in (8, 16) and length != _UNKNOWN_LENGTH:
        signed = int(data.get("PixelRepresentation", 0))
        kind = np.dtype(f"<{'i' if signed else 'u'}{bits // 8}")
        first = start + len(header) + frame * height * width * kind.itemsize

        def strip(number: int) -> NDArray[Any]:
            top = number * _STRIP
            rows = min(_STRIP, height - top)
            handle.seek(first + top * width * kind.itemsize)
            content = handle.read(rows * width * kind.itemsize)
            return np.frombuffer(content, kind).reshape(rows, width)

        return Chunks(height, _STRIP, strip)
    return Chunks(height, height, lambda _: _frame(path, frame))


def _frame(path: Path, frame: int) -> NDArray[Any]:
    """A frame that is compressed, or in colour."""
    from pydicom.pixels.utils import iter_pixels

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pixels = next(iter(iter_pixels(path, indices=[frame])))
        except Exception as error:
            text = " ".join(str(error).split())
            if "missing dependencies" in text or isinstance(error, NotImplementedError):
                reason = f"is compressed in a way that cannot be read here ({text}). Save it uncompressed."
            else:
                reason = f"is truncated or damaged ({text}). Copy or download it again."
            raise ImageError(path, reason) from error
    return luma(pixels) if pixels.ndim == 3 else pixels


def _whole_frame(path: Path, data: Any, frame: int) -> NDArray[Any]:
    """A frame of a file that is read whole: deflated, or with a palette of colours."""
    from cutis.imaging.dicom import open_dicom_image

    image = open_dicom_image(path)
    if _is_palette(data):
        return luma(image.rgb(frame))
    pixels = image.stored(frame)
    return luma(pixels) if pixels.ndim == 3 else pixels


def _is_palette(data: Any) -> bool:
    return str(data.get("PhotometricInterpretation", "")) == PALETTE


def levels_of(
    data: Any, window: tuple[float, float] | None, tables: Tables | None = None
) -> tuple[Levels, str]:
    """Levels by the window of the file, else by the bits that are stored; what is empty says nothing.

    Args:
        data: the pydicom data set.
        window: values of black and white, in the device's own values, that a user gives.
        tables: of the file, where it has some: the levels are of what comes out of them.

    Returns:
        The levels, and what to tell the user; empty for 8 bits.
    """
    slope, intercept = (1.0, 0.0) if tables else rescaling(data)
    white_is_zero = data.get("PhotometricInterpretation") == "MONOCHROME1"
    missing = None if tables else number_of(data, "PixelPaddingValue")  # tables leave NaN in its place
    centre, width = number_of(data, "WindowCenter"), number_of(data, "WindowWidth")
    coloured = int(data.get("SamplesPerPixel", 1)) > 1 or _is_palette(data)
    note = ""
    if window:
        low, high = ((edge - intercept) / slope for edge in window)
    elif _is_palette(data):
        low, high = 0.0, 255.0
    elif tables and tables.voi:  # before a window, as pydicom has it
        low, high, note = 0.0, tables.top, "looked up in the file's own table (VOI LUT)"
    elif centre is not None and width is not None and not coloured:  # of grey only (PS3.3 C.11.2.1.2)
        # PS3.3 C.11.2.1.2: black at c - 0.5 - (w-1)/2, white at c - 0.5 + (w-1)/2
        edges = (centre - 0.5 - (width - 1) / 2, centre - 0.5 + max(width - 1, 1e-6) / 2)
        low, high = ((edge - intercept) / slope for edge in edges)
        if (round(low, 3), round(high, 3)) != (0, 255):
            note = f"window of the file: {edges[0]:g} to {edges[1]:g} became 0 to 255"
    elif tables:
        low, high, note = 0.0, tables.top, "looked up in the file's own table (Modality LUT)"
    else:
        low, high, note = _stored_range(data)
    return (Levels(high, low, missing) if white_is_zero else Levels(low, high, missing)), note


def _stored_range(data: Any) -> tuple[float, float, str]:
    bits = int(data.get("BitsStored", data.get("BitsAllocated", 8)))
    if int(data.get("PixelRepresentation", 0)):
        low, high = -float(2 ** (bits - 1)), float(2 ** (bits - 1) - 1)
        return low, high, f"has {bits}-bit pixels: {low:.0f} to {high:.0f}, the full range, became 0 to 255"
    high = float(2**bits - 1)
    note = "" if bits == 8 else f"has {bits}-bit pixels and no window: 0 to {high:.0f} became 0 to 255"
    return 0.0, high, note


def _spacing(data: Any) -> tuple[float | None, str]:
    """Micrometres per pixel."""
    value = data.get("PixelSpacing") or data.get("ImagerPixelSpacing")
    if not value:
        return None, ""
    down, across = (1000 * float(side) for side in value)
    if not (down > 0 and across > 0):
        return None, ""
    uneven = abs(down - across) > 0.01 * across
    note = f"has pixels of {down:g} x {across:g} micrometres: areas count both sides"
    return float(np.sqrt(down * across)), note if uneven else ""


def _step(data: Any) -> float | None:
    places = np.asarray(data.get("SliceLocationVector") or [], float)  # of a secondary capture, PS3.3 C.8.6.4
    if len(places) > 1 and np.allclose(np.diff(places), places[1] - places[0]) and places[1] != places[0]:
        return 1000 * abs(float(places[1] - places[0]))
    value = data.get("SpacingBetweenSlices") or data.get("SliceThickness")
    return 1000 * abs(float(value)) if value else None


def _depth(data: Any) -> float | None:
    position = data.get("ImagePositionPatient")
    if position is not None and len(position) == 3:
        return 1000 * float(position[2])
    value = data.get("SliceLocation")
    return None if value is None else 1000 * float(value)
