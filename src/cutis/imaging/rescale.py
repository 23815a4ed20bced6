"""A big image at another scale, on the fly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import ImageError
from cutis.imaging.grey import Chunks, Levels
from cutis.imaging.mosaic import Mosaic

_STRIP = 256  # rows
_SUPPORT = 2  # pixels on each side that a cubic filter looks at, where it does not shrink


def rescaled(mosaic: Mosaic, spacing: float) -> Mosaic:
    """The same image with pixels of another size (antialiased cubic filter).

    A pixel that is missing leaves those around it missing too, as far as the filter reaches.

    Args:
        mosaic: whose spacing is known.
        spacing: micrometres per pixel of the result.

    Raises:
        ImageError: its spacing is not known, or less than a pixel would be left.
    """
    if mosaic.spacing is None:
        raise ImageError(mosaic.path, "says no micrometres per pixel. Give them with --spacing.")
    factor = mosaic.spacing / spacing  # pixels of the result per pixel
    # A hair more, so that 0.3 / 0.1 times a whole number does not lose its last row.
    height, width = (int(side * factor + 1e-6) for side in (mosaic.height, mosaic.width))
    if min(height, width) < 1:
        raise ImageError(mosaic.path, f"is smaller than a pixel at {spacing:g} micrometres per pixel.")
    margin = int(np.ceil(_SUPPORT * max(1.0, 1 / factor))) + 1

    def strip(number: int) -> NDArray[Any]:
        top, bottom = number * _STRIP, min((number + 1) * _STRIP, height)
        first = max(0, int(top / factor) - margin)
        last = min(mosaic.height, int(np.ceil(bottom / factor)) + margin)
        grey = Image.fromarray(mosaic.read(slice(first, last), slice(None)))
        begin, end = top / factor - first, min(bottom / factor - first, float(last - first))
        box = (0, begin, min(width / factor, mosaic.width), end)
        resized = grey.resize((width, bottom - top), Image.Resampling.BICUBIC, box=box)
        clipped: NDArray[Any] = np.clip(np.asarray(resized), 0, 255)
        return clipped

    note = f"resampled from {mosaic.spacing:g} to {spacing:g} µm per pixel"
    return replace(
        mosaic,
        height=height,
        width=width,
        stored=Chunks(height, _STRIP, strip),
        levels=Levels(),
        spacing=spacing,
        notes=(*mosaic.notes, note),
    )
