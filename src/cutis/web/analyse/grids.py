"""Small maps over a photo: kept as bytes in a result, shown as a layer of colour above it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import Fit
from cutis.web.analyse.viridis import VIRIDIS

WIDEST = 640  # pixels of the longer side of a layer, as of a preview
_MOST = 64  # cells of a side that are kept
_FULL = 0.3  # share of the scale from which on the colour covers fully


def packed(values: NDArray[Any], window: tuple[float, float, float, float]) -> dict[str, Any]:
    """A map as plain data.

    Args:
        values: (h, w); what is at or below zero is not shown.
        window: top, left, bottom and right of the part of the photo that it covers, as shares of its sides.
    """
    small = np.asarray(values, np.float32)
    if max(small.shape) > _MOST:
        step = -(-max(small.shape) // _MOST)
        small = small[::step, ::step]
    most = float(small.max())
    scaled = np.zeros(small.shape, np.uint8)
    if most > 0:
        scaled = np.rint(np.clip(small / most, 0, 1) * 255).astype(np.uint8)
    return {
        "shape": list(scaled.shape),
        "most": most,
        "window": [round(side, 6) for side in window],
        "values": base64.b64encode(scaled.tobytes()).decode(),
    }


def unpacked(said: Mapping[str, Any]) -> NDArray[np.float32]:
    """(h, w) of 0 to 1, of a map that `packed` made."""
    rows, columns = said["shape"]
    flat = np.frombuffer(base64.b64decode(said["values"]), np.uint8)
    return np.asarray(flat.reshape(rows, columns) / np.float32(255), np.float32)


def seen(width: int, height: int, fits: set[Fit]) -> tuple[float, float, float, float]:
    """The part of a photo that a bundle's networks look at: all of it, or its middle up to 4:3.

    Args:
        width, height: of the photo.
        fits: how the photo is brought to each network.
    """
    if fits & {"whole", "native"}:
        return 0.0, 0.0, 1.0, 1.0
    longest = int(min(height, width) * 4 / 3 + 0.5)
    across, down = max(0, width - longest) / 2 / width, max(0, height - longest) / 2 / height
    return down, across, 1 - down, 1 - across


def layer(said: Mapping[str, Any], width: int, height: int) -> bytes:
    """A map as a PNG to lay over the whole photo; clear where there is nothing to show.

    Args:
        said: of `packed`.
        width, height: of the photo; the layer has its proportions.
    """
    from PIL import Image

    shrunk = min(1.0, WIDEST / max(width, height))
    size = max(1, round(width * shrunk)), max(1, round(height * shrunk))
    top, left, bottom, right = said["window"]
    box = round(left * size[0]), round(top * size[1]), round(right * size[0]), round(bottom * size[1])
    inside = max(1, box[2] - box[0]), max(1, box[3] - box[1])
    grown = Image.fromarray(unpacked(said)).resize(inside, Image.Resampling.BICUBIC)
    values = np.clip(np.asarray(grown), 0, 1)
    colour = VIRIDIS[np.rint(values * 255).astype(np.intp)]
    veil = np.rint(255 * np.clip(values / _FULL, 0, 1)).astype(np.uint8)
    page = Image.new("RGBA", size, (0, 0, 0, 0))
    page.paste(Image.fromarray(np.dstack([colour, veil])), box[:2])
    return png(page)


def png(picture: Any) -> bytes:
    """A Pillow image as PNG."""
    out = BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()
