"""A photo as DICOM will store it: a JPEG bit by bit where that is allowed, otherwise its pixels, upright."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from cutis.core.errors import ImageError
from cutis.imaging.dicom import read_dataset
from cutis.imaging.formats import SNIFFED, image_format
from cutis.imaging.jpeg_header import JpegError, JpegHeader, jpeg_header, picture_only
from cutis.imaging.read import decode
from cutis.interop.dicom.camera import Camera, camera_of

SIDE_LIMIT = 65535  # rows and columns are 16-bit numbers

# Terms of Lossy Image Compression Method (PS3.3 C.7.6.1.1.5) by format.
_METHODS = {"JPEG": "ISO_10918_1", "HEIF": "ISO_23008_2", "JPEG2000": "ISO_15444_1"}
_LOSSY = ("JPEG", "HEIF", "AVIF", "WEBP")


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo that was decoded in full once, so that a damaged one is never stored.

    Attributes:
        path: the file.
        pixels: (height, width, 3) or, of a grey JPEG, (height, width), uint8, upright; in the colours of
            ``profile``.
        jpeg: the file bit by bit, where it can be stored so; else None.
        header: of ``jpeg``.
        profile: ICC profile; None of grey.
        lossy: how it was compressed with loss, a term of the standard, and how much smaller that made it;
            None where it was not.
        camera: what EXIF says.
        sha256: of the file.
        size: of the file in bytes.
        notes: what the user should know of how it is stored.
    """

    path: Path
    pixels: NDArray[np.uint8]
    jpeg: bytes | None
    header: JpegHeader | None
    profile: bytes | None
    lossy: tuple[str, float] | None
    camera: Camera
    sha256: str
    size: int
    notes: tuple[str, ...]


def open_photo(path: Path | str, *, strip: bool = False, grey: bool = False) -> Photo:
    """Read a photo.

    Args:
        path: any format that `cutis.imaging.read` knows, but DICOM.
        strip: leave EXIF, comments and thumbnails out of a JPEG that is kept; its pixels stay bit by bit.
        grey: store what has no colour as grey.

    Raises:
        ImageError: it cannot be read, is DICOM already, or has more than 65,535 rows or columns.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise ImageError(path, f"cannot be opened ({error.strerror}). Check the path.") from error
    kind = image_format(content[:512])
    if kind == "DICOM":
        raise ImageError(path, "is a DICOM file already. Give the photo itself.")
    camera = _camera(content) if kind else Camera()
    try:
        read = decode(content, own_colours=True)
    except ImageError as error:
        raise ImageError(path, error.reason) from error
    pixels, profile = read.pixels, read.profile
    if max(pixels.shape[:2]) > SIDE_LIMIT:
        what = f"is {pixels.shape[1]} x {pixels.shape[0]} pixels, and DICOM holds {SIDE_LIMIT} a side"
        raise ImageError(path, f"{what}. Crop it or scale it down.")
    notes = [f"{note}: the upper 8 bits are stored" if note.endswith("-bit") else note for note in read.notes]
    header, why = _kept(content, kind, camera)
    if header is None and kind == "JPEG":
        notes.append(f"{why}: its decoded pixels are stored, without any further loss")
    kept = content if header else None
    if kept and strip:
        kept = picture_only(kept)
    if (header and header.colour == "L") or (grey and _is_grey(pixels)):
        pixels, profile = pixels[..., 0], None
    elif profile is None:
        profile = srgb_profile()
    return Photo(
        path,
        pixels,
        kept,
        header,
        profile,
        (_METHODS.get(kind, kind), _ratio(pixels, content)) if kind in _LOSSY else None,
        camera,
        hashlib.sha256(content).hexdigest(),
        len(content),
        tuple(notes),
    )


def loss_of(path: Path) -> str | None:
    """How a file's pixels were compressed with loss, a term of the standard; None where they were not."""
    with path.open("rb") as handle:
        kind = image_format(handle.read(SNIFFED))
    if kind == "DICOM":
        data = read_dataset(path)
        if data.get("LossyImageCompression") != "01":
            return None
        said = data.get("LossyImageCompressionMethod") or _METHODS["JPEG"]
        return str(said if isinstance(said, str) else said[0])
    return _METHODS.get(kind, kind) if kind in _LOSSY else None


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """An ICC profile of sRGB, the same on every day."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = bytes((7, 0xEA, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))  # ICC.1, header: date and time of creation
    return bytes(made)


def _kept(content: bytes, kind: str | None, camera: Camera) -> tuple[JpegHeader | None, str]:
    """The header of a JPEG that DICOM can hold as it is, or None and why not."""
    if kind != "JPEG":
        return None, ""
    try:
        header = jpeg_header(content)
    except JpegError as error:  # it was decoded all the same
        return None, f"the JPEG {error}"
    if not header.baseline:
        return (
            None,
            "a progressive JPEG has no place in DICOM" if header.frame == 0xC2 else "no baseline JPEG",
        )
    if header.colour in ("CMYK", "YCCK"):
        return None, "a JPEG in CMYK has no place in DICOM"
    if camera.orientation != 1:
        return None, "the photo was turned upright, as EXIF says"
    return header, ""


def _is_grey(pixels: NDArray[np.uint8]) -> bool:
    return bool((pixels[..., :1] == pixels[..., 1:]).all())


def _ratio(pixels: NDArray[np.uint8], content: bytes) -> float:
    return round(pixels.size / max(1, len(content)), 2)


def _camera(content: bytes) -> Camera:
    try:
        if content[4:8] == b"ftyp":
            import pillow_heif

            pillow_heif.register_heif_opener()
        with Image.open(io.BytesIO(content)) as image:
            return camera_of(image)
    except Exception:  # what is wrong is told when the pixels are decoded
        return Camera()
