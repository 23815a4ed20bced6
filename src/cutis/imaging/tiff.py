"""TIFFs that Pillow reads wrongly or not at all: pixels of 9 to 15 bits, and of 16 in some layouts."""

from __future__ import annotations

import logging
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.imaging.upright import EXIF_ORIENTATION

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2  # of the tag PhotometricInterpretation
_ICC = 34675


def deep_tiff(handle: IO[bytes], most: int) -> tuple[Image.Image, int] | None:
    """A photo of 8 bits, with the profile and orientation of the file, and how many bits the file has.

    Args:
        handle: a TIFF.
        most: pixels of a photo that is looked at.

    Returns:
        None where Pillow reads the file well, or where this does not.
    """
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is wrong is told when Pillow reads it
    try:
        handle.seek(0)
        page: Any = tifffile.TiffFile(handle).pages[0]
        if not _misread(page) or page.imagelength * page.imagewidth > most:
            return None
        image = Image.fromarray(_eight_bits(page))
        profile, orientation = page.tags.valueof(_ICC), page.tags.valueof(EXIF_ORIENTATION)
    except Exception:  # decoders meet damaged bytes with any exception that there is
        return None
    if profile:
        image.info["icc_profile"] = bytes(profile)
    if orientation:
        image.getexif()[EXIF_ORIENTATION] = int(orientation)
    return image, int(page.bitspersample)


def _misread(page: Any) -> bool:
    """Pillow takes fewer bits for 16, 16-bit black for white, and planes of 16 bits for planes of 8."""
    kinds = {_WHITE_IS_ZERO: (1,), _BLACK_IS_ZERO: (1,), _RGB: (3, 4)}
    if page.dtype != np.uint16 or page.samplesperpixel not in kinds.get(page.photometric, ()):
        return False
    reads = page.photometric == _BLACK_IS_ZERO or (page.photometric == _RGB and page.planarconfig == 1)
    return page.bitspersample < 16 or not reads


def _eight_bits(page: Any) -> NDArray[np.uint8]:
    """(height, width), or (height, width, 3 or 4): grey rounded, of colours the upper 8 bits."""
    values = page.asarray()
    bits = page.bitspersample
    if page.photometric == _RGB:
        pixels = np.moveaxis(values, 0, -1) if page.planarconfig == 2 else values
        kept = 4 if tuple(page.extrasamples) == (2,) else 3  # an alpha channel, or something else
        return np.ascontiguousarray((pixels[..., :kept] >> (bits - 8)).astype(np.uint8))
    white = 2**bits - 1
    grey = ((values.astype(np.uint32) * 255 + white // 2) // white).astype(np.uint8)
    return np.asarray(255 - grey if page.photometric == _WHITE_IS_ZERO else grey, np.uint8)
