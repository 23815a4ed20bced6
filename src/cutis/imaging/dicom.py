"""The pixels of a DICOM file, whatever its transfer syntax, as upright sRGB."""

from __future__ import annotations

import io
import logging
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import CutisError, ImageError, MissingExtraError
from cutis.imaging.dicom_frame import frame_content, stored_pixels
from cutis.imaging.dicom_groups import has_own_window, of_frame
from cutis.imaging.dicom_tables import tables_of
from cutis.imaging.mosaic_dicom import levels_of

T = TypeVar("T")
PIXEL_LIMIT = 200_000_000  # of one frame; the same as for photos
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_INFLATED_LIMIT = 1_000_000_000  # bytes of a deflated data set
_VIDEO = "1.2.840.10008.1.2.4.10"  # MPEG and HEVC: .100 to .108


@dataclass(frozen=True, eq=False)
class DicomImage:
    """An opened DICOM image; pixels are decoded when they are asked for.

    Attributes:
        name: the file, for messages.
        data: the pydicom data set, with its pixels as they are stored.
        frames: images of this size in it, 1 or more.
        notes: what a user may want to know; grows as pixels are decoded.
    """

    name: Path
    data: Any
    frames: int
    notes: list[str] = field(default_factory=list)

    @property
    def syntax(self) -> str:
        """UID of the transfer syntax."""
        return str(self.data.file_meta.TransferSyntaxUID)

    def content(self, frame: int = 0) -> bytes:
        """The compressed frame as it is stored.

        Raises:
            ImageError: it is not there, or the file is not compressed.
        """
        return self._mended(lambda: frame_content(self.data, frame, self.frames))

    def stored(self, frame: int = 0) -> NDArray[Any]:
        """Values as they are stored, of colours red, green and blue: (height, width) or (height, width, 3).

        Raises:
            ImageError: damaged, truncated, or compressed in a way that cannot be read here.
        """
        return self._mended(lambda: stored_pixels(self.data, self.syntax, frame, self.frames, self.notes))

    def rgb(self, frame: int = 0) -> NDArray[np.uint8]:
        """(height, width, 3) uint8, sRGB.

        Raises:
            ImageError: see `stored`.
        """
        return self._mended(lambda: _srgb(self, frame))

    def each(self) -> Iterator[NDArray[np.uint8]]:
        """All frames as `rgb` gives them, one at a time."""
        return (self.rgb(number) for number in range(self.frames))

    def _mended(self, work: Callable[[], T]) -> T:
        """What it returns, with any exception that a decoder may raise told as one of ours."""
        try:
            with told_as_ours(self.name):
                return work()
        except ImageError as error:
            raise ImageError(self.name, error.reason) from error


def open_dicom_image(source: Path | str | bytes) -> DicomImage:
    """Open a DICOM file that holds an image.

    Args:
        source: the file, or its contents.

    Raises:
        ImageError: not DICOM, truncated, without pixels, of an absurd size, a video.
        MissingExtraError: pydicom is not installed.
    """
    name = Path("the image") if isinstance(source, bytes) else Path(source)
    data = read_dataset(source)
    if "PixelData" not in data or "Rows" not in data or "Columns" not in data:
        kind = getattr(data.get("SOPClassUID"), "name", "") or "unknown kind"
        raise ImageError(
            name, f"is a DICOM file without an image ({kind}), or truncated. Give an image, or copy it again."
        )
    image = DicomImage(name, data, frames=_frames(name, data))
    if image.syntax.startswith(_VIDEO):
        raise ImageError(name, "is a DICOM video. Save a frame of it as PNG or JPEG.")
    return image


@contextmanager
def told_as_ours(name: Path | str) -> Iterator[None]:
    """Any exception that damaged attributes give when they are looked at, told as one of ours.

    Raises:
        ImageError: damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except CutisError:
        raise
    except Exception as error:
        raise ImageError(name, _told(error)) from error


def read_dataset(source: Path | str | bytes) -> Any:
    """The data set of a DICOM file, with whatever is wrong with the file told in one line.

    Raises:
        ImageError: not DICOM, or truncated.
        MissingExtraError: pydicom is not installed.
    """
    name = Path("the image") if isinstance(source, bytes) else Path(source)
    try:
        import pydicom
    except ImportError as error:
        raise MissingExtraError("dicom", f"Reading {name.name}") from error
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # what is wrong becomes an error of ours
    try:
        content = source if isinstance(source, bytes) else name.read_bytes()
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise ImageError(name, f"cannot be opened ({error.strerror}). Check the path.") from error
    if content[128:132] != b"DICM":
        raise ImageError(name, "is not a DICOM file (its first bytes are not those of one). Check the file.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _need_bounded(name, content)
            data = pydicom.dcmread(io.BytesIO(content))
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(name, _told(error)) from error
    if not getattr(data, "file_meta", None) or "TransferSyntaxUID" not in data.file_meta:
        raise ImageError(name, "does not say how it is coded (no transfer syntax). Export it again.")
    return data


def _need_bounded(name: Path, content: bytes) -> None:
    """A deflated data set is inflated whole when it is read: refuse what would not fit."""
    if content[132:138] != b"\2\0\0\0UL":
        return  # without the length of the file's head nothing is inflated either
    end = 144 + int.from_bytes(content[140:144], "little")
    if _DEFLATED not in content[144:end].rstrip(b"\0"):
        return
    rest = content[end:]
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    size = len(inflater.decompress(rest, _INFLATED_LIMIT))
    if size >= _INFLATED_LIMIT:
        raise ImageError(name, f"inflates to more than {_INFLATED_LIMIT:,} bytes. Export it uncompressed.")


def _frames(name: Path, data: Any) -> int:
    try:
        rows, columns = int(data.Rows), int(data.Columns)
        samples, frames = int(data.get("SamplesPerPixel", 1)), int(data.get("NumberOfFrames", 1) or 1)
    except (TypeError, ValueError) as error:
        raise ImageError(name, f"has a size that is no number ({error}). Export it again.") from error
    if rows < 1 or columns < 1 or frames < 1 or samples not in (1, 3):
        what = f"{columns} x {rows} pixels, {frames} frames, {samples} samples per pixel"
        raise ImageError(name, f"says that it has {what}, which no image has. Export it again.")
    if rows * columns > PIXEL_LIMIT:
        limit = f"more than {PIXEL_LIMIT // 1_000_000} megapixels"
        raise ImageError(name, f"is {columns} x {rows} pixels, {limit}. Crop it or scale it down.")
    return frames


def _srgb(image: DicomImage, frame: int) -> NDArray[np.uint8]:
    from cutis.imaging.upright import upright_rgb

    stored, notes = image.stored(frame), image.notes
    data = of_frame(image.data, frame)
    kind = str(data.get("PhotometricInterpretation", "MONOCHROME2"))
    if kind == "PALETTE COLOR":
        from pydicom.pixels.processing import apply_color_lut

        stored = apply_color_lut(stored, image.data)[..., :3]
    if stored.ndim == 2:
        tables = tables_of(image.name, data)
        levels, note = levels_of(data, None, tables)
        if note and has_own_window(image.data, frame):
            note = "each frame's own window or table made its values 0 to 255"
        if note and note not in notes:
            notes.append(note)
        grey = np.rint(np.nan_to_num(levels(tables(stored) if tables else stored), nan=0.0)).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    bits = 16 if kind == "PALETTE COLOR" else int(data.get("BitsStored", 8))
    if stored.dtype != np.uint8:
        stored = (stored >> max(0, bits - 8)).astype(np.uint8)
        if "16-bit" not in notes:
            notes.append("16-bit")
    picture = Image.fromarray(np.ascontiguousarray(stored))
    profile = data.get("ICCProfile")
    if profile:
        picture.info["icc_profile"] = bytes(profile)
    return upright_rgb(picture, notes)


def _told(error: Exception) -> str:
    text = " ".join(str(error).split()).partition(" Traceback ")[0] or type(error).__name__
    low = text.lower()
    coded = isinstance(error, NotImplementedError) and "value representation" not in low
    if coded or "missing dependencies" in low or "no decoder" in low:
        return f"is compressed in a way that cannot be read here ({text}). Save it uncompressed."
    cut = ("truncated", "end of file", "less than expected", "unexpected end", "bytes remaining", "cut off")
    if any(word in low for word in cut) or isinstance(error, EOFError):
        return f"is truncated ({text}). Copy or download it again."
    return f"is damaged and cannot be decoded ({text}). Copy or download it again."
