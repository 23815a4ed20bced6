"""An open Pillow image as upright sRGB of 8 bits, whatever mode, profile and orientation it has."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import ImageError

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
EXIF_ORIENTATION = 0x0112
_PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))  # XYZ, under D50
UNKNOWN_RANGE = "has 32-bit pixels of unknown range. Save it with 8 or 16 bits a channel."


def upright_rgb(image: Image.Image, notes: list[str] | None = None) -> NDArray[np.uint8]:
    """The pixels of an open Pillow image as `cutis.imaging.read.read_rgb` gives them.

    Args:
        image: any mode; it is loaded.
        notes: what was done is added here.

    Returns:
        (height, width, 3) uint8.

    Raises:
        ImageError: 32-bit pixels of unknown range.
    """
    notes = [] if notes is None else notes
    image.load()
    turn = turn_of(image)
    profile = image.info.get("icc_profile")
    rgb = _srgb(_eight_bit(image, notes), profile, notes)
    if turn is not None:
        notes.append("turned by its EXIF orientation")
        rgb = rgb.transpose(turn)
    return np.array(rgb)  # a copy, because Pillow's own array is read-only


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What sets a photo upright, by its EXIF orientation; None where it is, or says nothing known."""
    try:
        return TURNS.get(int(image.getexif().get(EXIF_ORIENTATION, 1)))
    except Exception:  # damaged EXIF: the pixels are still good
        return None


def _eight_bit(image: Image.Image, notes: list[str]) -> Image.Image:
    """Pixels in a mode that has 8 bits a channel and no transparency: L, RGB, CMYK, ..."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        if image.mode == "F" or values.min() < 0 or values.max() > 65535:
            raise ImageError("the photo", UNKNOWN_RANGE)
        notes.append("16-bit")
        return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return _over_white(image.convert("RGBA"), notes)
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _over_white(image: Image.Image, notes: list[str]) -> Image.Image:
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return image.convert("RGB")
    notes.append("transparent: laid over white")
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(image.convert("RGB"), mask=alpha)
    return white


def _srgb(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    if image.mode == "CMYK":
        notes.append("CMYK")
    if profile and not is_srgb(profile):
        try:
            converted = Image.new("RGB", image.size)
            _to_srgb(profile, image.mode).apply(image, converted)
            return converted
        except Exception:  # a damaged profile, or one of another colour space: the pixels are still good
            notes.append("its colour profile cannot be used")
    return image.convert("RGB")


@lru_cache(maxsize=32)
def is_srgb(profile: bytes) -> bool:
    """Whether an ICC profile is that of sRGB: it names itself so, and has no other primaries.

    Nearly every profile does, in ASCII or in UTF-16. Android calls a wide one 'Display P3 Gamut with sRGB
    Transfer'.
    """
    from PIL import ImageCms

    if b"sRGB" not in profile and "sRGB".encode("utf-16-be") not in profile:
        return False
    try:
        own: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
        primaries = (own.red_colorant, own.green_colorant, own.blue_colorant)
    except Exception:  # damaged: the name is all that is known
        return True
    known = all(one is not None for one in primaries)  # a profile may also be a table
    return not known or bool(np.allclose([one[0] for one in primaries], _PRIMARIES, atol=0.01))


@lru_cache(maxsize=32)
def _to_srgb(profile: bytes, mode: str) -> Any:
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.PERCEPTUAL)
