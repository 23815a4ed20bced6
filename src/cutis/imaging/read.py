"""Any photo as upright sRGB pixels, or an error that says what is wrong with the file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import ImageError, MissingExtraError
from cutis.imaging.formats import SNIFFED, image_format, image_suffixes, not_an_image, suffix_fits
from cutis.imaging.upright import EXIF_ORIENTATION, TURNS, UNKNOWN_RANGE, upright_rgb

__all__ = ["Decoded", "decode", "find_images", "image_suffixes", "read_rgb"]

PIXEL_LIMIT = 200_000_000  # a whole-slide file or a bomb, not a photo

_READERS = {
    "JPEG": ("PIL.JpegImagePlugin", "jpeg_factory"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "JPEG2000": ("PIL.Jpeg2KImagePlugin", "Jpeg2KImageFile"),
    "HEIF": ("pillow_heif", "HeifImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
}


@dataclass(frozen=True, eq=False)
class Decoded:
    """A photo and what was done to it.

    Attributes:
        pixels: (height, width, 3) uint8, sRGB, upright.
        format: ``JPEG``, ``PNG``, ``WEBP``, ``GIF``, ``BMP``, ``TIFF``, ``JPEG2000``, ``HEIF``, ``AVIF`` or
            ``DICOM``.
        notes: what a user may want to know, such as ``16-bit`` or ``CMYK``.
        profile: the ICC profile that the pixels are in; None for sRGB.
    """

    pixels: NDArray[np.uint8]
    format: str
    notes: tuple[str, ...]
    profile: bytes | None = None


def read_rgb(source: Path | str | bytes, *, least_side: int | None = None) -> NDArray[np.uint8]:
    """Read a photo as upright sRGB.

    Turned by its EXIF orientation, transparency over white, colour profile applied, CMYK, palette and 16-bit
    converted, the first frame of an animation or of a DICOM file.

    Args:
        source: the file, or its contents.
        least_side: a JPEG may be decoded at a half, a quarter or an eighth of its size, which is several
            times faster, as long as its shorter side stays at least this many pixels.

    Returns:
        (height, width, 3) uint8.

    Raises:
        ImageError: not an image, damaged, truncated, or larger than 200 megapixels.
        MissingExtraError: a DICOM file, and pydicom is not installed.
    """
    return decode(source, least_side=least_side).pixels


def decode(
    source: Path | str | bytes, *, least_side: int | None = None, own_colours: bool = False
) -> Decoded:
    """Read a photo as `read_rgb` does, and note what is special about the file.

    Args:
        source: the file, or its contents.
        least_side: see `read_rgb`.
        own_colours: leave RGB pixels in the photo's own colour profile, which is given beside them. Pixels of
            DICOM files and of other than RGB are sRGB all the same.

    Raises:
        ImageError: see `read_rgb`.
        MissingExtraError: see `read_rgb`.
    """
    name = Path("the photo") if isinstance(source, bytes) else Path(source)
    kind = None
    try:
        with _opened(source) as handle:
            head = handle.read(SNIFFED)
            kind = image_format(head)
            if kind is None:
                raise ImageError(name, not_an_image(head))
            if kind == "DICOM":
                return _dicom(source, name)
            _need_whole_webp(handle, head, name)
            handle.seek(0)
            pixels, notes, profile = _decoded(handle, kind, name, least_side, own_colours)
    except (ImageError, MissingExtraError):
        raise
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise ImageError(name, f"cannot be opened ({error.strerror}). Check the path.") from error
    except Exception as error:  # decoders meet damaged bytes with any exception that there is
        if kind == "JPEG" and (deep := _twelve_bits(source)) is not None:
            return Decoded(deep, kind, ("12-bit: the upper 8 bits are used",))
        raise ImageError(name, _damaged(error)) from error
    if not isinstance(source, bytes) and not suffix_fits(name, kind):
        notes.append(f"is {kind}, though its name ends in '{name.suffix}'")
    return Decoded(pixels, kind, tuple(notes), profile)


def _dicom(source: Path | str | bytes, name: Path) -> Decoded:
    from cutis.imaging.dicom import open_dicom_image

    image = open_dicom_image(source)
    pixels = image.rgb()
    if image.frames > 1:
        image.notes.append(f"holds {image.frames} frames: the first is used")
    return Decoded(pixels, "DICOM", tuple(image.notes))


def _twelve_bits(source: Path | str | bytes) -> NDArray[np.uint8] | None:
    """A JPEG of 12 bits a sample, which Pillow does not decode; None where it is none, or damaged."""
    from cutis.imaging.jpeg_header import JpegError, jpeg_header

    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    try:
        header = jpeg_header(content)
        if header.bits != 12 or not 0 < header.height * header.width <= PIXEL_LIMIT:
            return None
        import imagecodecs

        values = np.asarray(imagecodecs.jpeg_decode(content))
    except (JpegError, RuntimeError, ValueError):
        return None
    eight = (values >> 4).astype(np.uint8)
    return eight if eight.ndim == 3 else np.repeat(eight[..., None], 3, axis=2)


def find_images(folder: Path | str) -> Iterator[Path]:
    """Every file below a folder whose ending is that of an image, in sorted order; hidden ones are left out.

    Raises:
        ImageError: there is no such folder.
    """
    if not Path(folder).is_dir():
        raise ImageError(folder, "is not a folder. Check the path.")
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(files):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in image_suffixes:  # noqa: PTH122
                yield Path(place, name)


def _opened(source: Path | str | bytes) -> AbstractContextManager[IO[bytes]]:
    return io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")


def _decoded(
    handle: IO[bytes], kind: str, name: Path, least_side: int | None, own_colours: bool
) -> tuple[NDArray[np.uint8], list[str], bytes | None]:
    # The format's own reader, not Image.open: the bytes choose one decoder, whatever is registered elsewhere
    # in the process, and the limit below needs no change to Pillow's global one.
    module, reader = _READERS[kind]
    open_image: Callable[..., Image.Image] = getattr(import_module(module), reader)
    notes = ["HEIC"] if kind == "HEIF" else []
    deep = _deep_tiff(handle) if kind == "TIFF" else None
    if deep is not None:
        notes.append(f"{deep[1]}-bit")
        return _upright(deep[0], name, notes, own_colours)
    with open_image(handle, name.name) as image:
        width, height = image.size
        if width * height > PIXEL_LIMIT:
            limit = f"more than {PIXEL_LIMIT // 1_000_000} megapixels"
            raise ImageError(name, f"is {width} x {height} pixels, {limit}. Crop it or scale it down.")
        notes += _notes_before_loading(image, kind, handle)
        if kind == "TIFF" and 32 in _bits(image, kind, handle):
            raise ImageError(name, UNKNOWN_RANGE)
        if kind == "JPEG" and least_side is not None:
            image.draft(None, (least_side, least_side))
        return _upright(image, name, notes, own_colours)


def _deep_tiff(handle: IO[bytes]) -> tuple[Image.Image, int] | None:
    from cutis.imaging.tiff import deep_tiff

    found = deep_tiff(handle, PIXEL_LIMIT)
    handle.seek(0)
    return found


def _upright(
    image: Image.Image, name: Path, notes: list[str], own_colours: bool
) -> tuple[NDArray[np.uint8], list[str], bytes | None]:
    profile = _own_profile(image) if own_colours else None
    if profile:
        del image.info["icc_profile"]
    try:
        return upright_rgb(image, notes), notes, profile
    except ImageError as error:
        raise ImageError(name, error.reason) from error


def _own_profile(image: Image.Image) -> bytes | None:
    """The profile of a photo whose pixels are red, green and blue, if there is one for such pixels."""
    profile = image.info.get("icc_profile")
    fits = image.mode in ("RGB", "RGBA", "P") and profile is not None and profile[16:20] == b"RGB "
    return profile if fits else None


def _notes_before_loading(image: Any, kind: str, handle: IO[bytes]) -> list[str]:
    """What Pillow itself mends while it loads, and then no longer tells."""
    notes = []
    if kind in ("GIF", "WEBP", "PNG") and getattr(image, "is_animated", False):
        notes.append("animated: the first frame is used")
    if kind == "TIFF" and image.tag_v2.get(EXIF_ORIENTATION, 1) in TURNS:
        notes.append("turned by its EXIF orientation")
    if image.mode in ("RGB", "RGBA") and 16 in _bits(image, kind, handle):
        notes.append("16-bit")  # the upper 8 bits are kept
    return notes


def _bits(image: Any, kind: str, handle: IO[bytes]) -> tuple[int, ...]:
    if kind == "TIFF":
        return tuple(image.tag_v2.get(258, ()))
    if kind != "PNG":
        return ()
    place = handle.tell()
    handle.seek(24)
    bits = handle.read(1)
    handle.seek(place)
    return tuple(bits)


def _need_whole_webp(handle: IO[bytes], head: bytes, name: Path) -> None:
    """A WebP tells its length; its decoder does not tell what is wrong when there is less."""
    declared = int.from_bytes(head[4:8], "little") + 8
    if head[:4] == b"RIFF" and (there := handle.seek(0, os.SEEK_END)) < declared:
        reason = f"is truncated ({there} of {declared} bytes). Copy or download it again."
        raise ImageError(name, reason)


def _damaged(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if "truncated" in text.lower() or "unexpected end" in text.lower() or "end of file" in text.lower():
        return f"is truncated ({text}). Copy or download it again."
    if "unknown pixel mode" in text:
        return "has pixels of a kind that cannot be read here. Save it with 8 bits a channel."
    return f"is damaged and cannot be decoded ({text}). Copy or download it again."
