"""Look at a file that somebody sent, and write what is kept of it."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from cutis.core.errors import ImageError, MissingExtraError
from cutis.imaging.formats import SNIFFED, image_format
from cutis.imaging.read import decode
from cutis.web.apart import NotTaken
from cutis.web.photos.examined import Examined
from cutis.web.photos.jpeg import DamagedJpegError, stripped

TAKEN = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "DICOM")
PREVIEW_SIDE = 640  # pixels of the longer side
_EXIF_IFD, _ORIENTATION, _TAKEN_AT, _TAKEN_OFFSET = 0x8769, 0x0112, 0x9003, 0x9011
_MOMENT = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")


def examine_here(source: Path, photo: Path, preview: Path, megapixels: float) -> Examined | NotTaken:
    """Decode a file in full, and write what is kept of it.

    Args:
        source: as it was sent.
        photo: to write the photo to. A JPEG keeps its compressed pixels; all else becomes a PNG.
        preview: to write the small copy to.
        megapixels: the largest photo taken.
    """
    with source.open("rb") as file:
        kind = image_format(file.read(SNIFFED))
    if kind not in TAKEN:
        return NotTaken("This is not a photo: JPEG, PNG, WebP, HEIC, AVIF, TIFF and DICOM are taken.")
    try:
        return _examined(source, kind, photo, preview, megapixels)
    except (_TooManyPixelsError, MissingExtraError) as error:
        return NotTaken(str(error))
    except _WordsInPixelsError:
        return NotTaken(
            "The DICOM file says that words are burned into its picture, which may name the patient. Send it "
            "without them."
        )
    except _SeveralImagesError:
        return NotTaken("The DICOM file holds several images. Send one image at a time.")
    except ImageError as error:
        # Its path is ours, and what a decoder says is of no use to the sender.
        words = "is cut off" if "truncated" in error.reason else "is damaged"
        return NotTaken(f"The photo {words} and cannot be read in full. Take it or copy it again.")
    except (DamagedJpegError, MemoryError, Image.DecompressionBombError):
        return NotTaken("The photo is damaged and cannot be read in full. Take it or copy it again.")


class _TooManyPixelsError(Exception):
    """The photo has more pixels than are taken."""


class _WordsInPixelsError(Exception):
    """A DICOM file says that there are words in its picture."""


class _SeveralImagesError(Exception):
    """A DICOM file holds more than one image."""


def _examined(source: Path, kind: str, photo: Path, preview: Path, megapixels: float) -> Examined:
    orientation, taken = _facts(source, kind, megapixels)
    if kind == "JPEG":
        photo.write_bytes(stripped(source.read_bytes(), orientation))
        pixels = decode(photo).pixels  # of what is kept, not of what was sent
    else:
        pixels = decode(source).pixels
        Image.fromarray(pixels).save(photo, "PNG", compress_level=3)
    height, width = pixels.shape[:2]
    small = Image.fromarray(pixels)
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    small.save(preview, "JPEG", quality=85)
    return Examined("jpg" if kind == "JPEG" else "png", width, height, taken)


def _facts(source: Path, kind: str, megapixels: float) -> tuple[int, str | None]:
    """Orientation and moment, read before any pixel is.

    Raises:
        _TooManyPixelsError: more than are taken.
        ImageError: the file's beginning cannot be read.
    """
    if kind == "DICOM":
        return _dicom(source, megapixels)
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        with Image.open(source, formats=[kind]) as image:
            width, height = image.size
            if width * height > megapixels * 1e6:
                raise _too_many(width, height, megapixels)
            return _exif(image)
    except _TooManyPixelsError:
        raise
    except Exception as error:
        raise ImageError(source, "cannot be read") from error


def _dicom(source: Path, megapixels: float) -> tuple[int, str | None]:
    """Of a DICOM file nothing but its pixels is of interest; which side is up is said nowhere in it."""
    from cutis.imaging.dicom import open_dicom_image

    opened = open_dicom_image(source)
    width, height = int(opened.data.Columns), int(opened.data.Rows)
    if opened.frames > 1:
        raise _SeveralImagesError
    if width * height > megapixels * 1e6:
        raise _too_many(width, height, megapixels)
    if str(opened.data.get("BurnedInAnnotation", "")).upper() == "YES":
        raise _WordsInPixelsError
    return 1, None


def _too_many(width: int, height: int, megapixels: float) -> _TooManyPixelsError:
    return _TooManyPixelsError(
        f"The photo is {width} x {height} pixels, more than {megapixels:g} megapixels. Scale it down, or "
        "crop it."
    )


def _exif(image: Image.Image) -> tuple[int, str | None]:
    try:
        exif = image.getexif()
        inside = exif.get_ifd(_EXIF_IFD)
        orientation = int(exif.get(_ORIENTATION, 1))
        moment = _MOMENT.match(str(inside.get(_TAKEN_AT, "")))
        offset = _OFFSET.fullmatch(str(inside.get(_TAKEN_OFFSET, "")))
    except Exception:  # damaged EXIF: the pixels are still good
        return 1, None
    taken = (
        f"{moment[1]}-{moment[2]}-{moment[3]}T{moment[4]}{offset[0] if offset else ''}" if moment else None
    )
    return orientation if 1 <= orientation <= 8 else 1, taken
