"""A map in colour, beside its photo and over it, never instead of it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.explain.saliency import Map, Window, enlarge

SCALE = "viridis"  # perceptually uniform, readable in grey and by colour-blind eyes
FULL = 0.3  # share of the scale from which on the colour covers fully
_LEGEND = 72  # pixels below the picture


def colours(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Colour values of 0..1 by the scale.

    Args:
        values: any shape.

    Returns:
        The shape and a last axis of 3, uint8 RGB.
    """
    from matplotlib import colormaps

    rgb: NDArray[np.uint8] = colormaps[SCALE](np.clip(values, 0, 1), bytes=True)[..., :3]
    return rgb


def layer(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Colours with a veil that lifts where there is no support, so that the photo stays clear there.

    Args:
        values: (h, w) of 0..1.

    Returns:
        (h, w, 4), uint8 RGBA.
    """
    veil = np.clip(values / FULL, 0, 1)
    return np.dstack([colours(values), np.rint(255 * veil).astype(np.uint8)])


def stretched(saliency: Map) -> tuple[Map, float]:
    """A map on a scale from 0 (no support) to 1 (most support in this photo).

    Args:
        saliency: (h, w), positive where a place speaks for the class.

    Returns:
        The map and the value that became 1; places that speak against the class become 0.
    """
    most = float(saliency.max())
    if most <= 0:
        return np.zeros_like(saliency), 0.0
    return np.clip(saliency / most, 0, 1).astype(np.float32), most


def blend(photo: NDArray[np.uint8], saliency: Map, window: Window, opacity: float = 0.6) -> NDArray[np.uint8]:
    """Lay a map over its photo.

    Args:
        photo: (height, width, 3), whole.
        saliency: (h, w) of 0..1.
        window: the part of the photo that the map covers; the rest stays as it is.
        opacity: 0 shows the photo only, 1 the map only.
    """
    out = photo.copy()
    rows = slice(window.top, window.top + window.height)
    columns = slice(window.left, window.left + window.width)
    above = layer(enlarge(saliency, window.height, window.width)).astype(np.float32)
    below = photo[rows, columns].astype(np.float32)
    cover = opacity * above[..., 3:] / 255
    out[rows, columns] = np.rint(below * (1 - cover) + above[..., :3] * cover).astype(np.uint8)
    return out


def with_legend(picture: NDArray[np.uint8], title: str, low: str, high: str) -> Any:
    """Put the scale and its words below a picture.

    Args:
        picture: (height, width, 3).
        title: what the colour means.
        low: what the dark end means.
        high: what the bright end means.

    Returns:
        A Pillow image at least 280 pixels wide.
    """
    from PIL import Image, ImageDraw

    height, width = picture.shape[:2]
    wide = max(width, 280)
    page = Image.new("RGB", (wide, height + _LEGEND), (255, 255, 255))
    page.paste(Image.fromarray(picture), ((wide - width) // 2, 0))
    draw = ImageDraw.Draw(page)
    font = _font(13)
    text, quiet = (20, 25, 26), (90, 103, 105)
    bar = np.broadcast_to(np.linspace(0, 1, wide - 24, dtype=np.float32), (10, wide - 24))
    draw.text((12, height + 10), title, fill=text, font=font)
    scale = Image.fromarray(layer(bar))
    page.paste(scale, (12, height + 32), scale)
    draw.text((12, height + 48), low, fill=quiet, font=font)
    draw.text((wide - 12, height + 48), high, fill=quiet, font=font, anchor="ra")
    return page


def _font(size: int) -> Any:
    from pathlib import Path

    import matplotlib
    from PIL import ImageFont

    # matplotlib ships DejaVu Sans, which has the letters of every language of Europe.
    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(file), size)


def encoded(picture: Any, kind: str = "WEBP", quality: int = 80) -> bytes:
    """An image file's bytes, of an array or a Pillow image.

    Args:
        picture: (height, width, 3 or 4) uint8, or a Pillow image.
        kind: a format that Pillow writes.
        quality: of WebP and JPEG.
    """
    from PIL import Image

    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    buffer = io.BytesIO()
    options: dict[str, Any] = {} if kind == "PNG" else {"quality": quality, "method": 4}
    image.save(buffer, kind, **options)
    return buffer.getvalue()
