"""Photos with their lesions boxed, numbered and coloured by score; crops with their saliency."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.lesions import Lesions
from cutis.runtime.map_picture import scale_colours
from cutis.runtime.screening import ScoredLesion, ScreenedPhoto, Screening

_LEAST_WIDTH = 480  # pixels of an overlay: its legend needs them
_LEGEND = 76  # pixels below the photo
_TEXT, _QUIET, _GROUND = (20, 25, 26), (90, 103, 105), (255, 255, 255)
_VEIL = 0.55  # opacity of the saliency where it is greatest


def overlay(photo: ScreenedPhoto, lesions: Sequence[ScoredLesion], done: Screening) -> Any:
    """A photo with the boxes of its lesions.

    Args:
        photo: that could be read.
        lesions: of the photo, scored.
        done: of which both are.

    Returns:
        A Pillow image.
    """
    from PIL import Image, ImageDraw

    assert photo.shown is not None and photo.lesions is not None
    height, width = photo.shown.shape[:2]
    page = Image.new("RGB", (max(width, _LEAST_WIDTH), height + _LEGEND), _GROUND)
    left = (page.width - width) // 2
    page.paste(Image.fromarray(photo.shown), (left, 0))
    draw = ImageDraw.Draw(page)
    for one in sorted(lesions, key=lambda one: one.probability):
        _box(draw, one, photo.lesions, left, (height, width))
    _legend(page, draw, height + 10, done)
    return page


def _box(draw: Any, one: ScoredLesion, lesions: Lesions, left: int, size: tuple[int, int]) -> None:
    """One box with its number: coloured by score, edged in black so that it is seen on any skin."""
    down, across = size[0] / lesions.height, size[1] / lesions.width
    box = one.lesion.box
    corners = [left + box.left * across, box.top * down, left + box.right * across, box.bottom * down]
    colour = colour_of(one.probability)
    line = max(2, round(size[1] / 400))
    draw.rectangle(
        [corners[0] - 1, corners[1] - 1, corners[2] + 1, corners[3] + 1], outline=(0, 0, 0), width=line + 2
    )
    draw.rectangle(corners, outline=colour, width=line)
    font = _font(max(13, round(size[1] / 60)))
    text = str(one.lesion.number)
    x0, y0, x1, y1 = draw.textbbox((0, 0), text, font=font)
    x = min(corners[0], left + size[1] - (x1 - x0) - 8)
    y = corners[1] - (y1 - y0) - 8 if corners[1] > y1 - y0 + 8 else corners[3] + 2
    draw.rectangle((x - 1, y, x + x1 - x0 + 7, y + y1 - y0 + 7), fill=colour, outline=(0, 0, 0))
    ink = (0, 0, 0) if 0.3 * colour[0] + 0.6 * colour[1] + 0.1 * colour[2] > 110 else (255, 255, 255)
    draw.text((x + 3 - x0, y + 3 - y0), text, fill=ink, font=font)


def _legend(page: Any, draw: Any, top: int, done: Screening) -> None:
    from PIL import Image

    wide = min(page.width - 48, 320)
    bar = np.broadcast_to(scale_colours()[np.linspace(0, 255, wide).astype(np.intp)], (10, wide, 3))
    page.paste(Image.fromarray(np.ascontiguousarray(bar)), (24, top + 4))
    draw.text((24, top + 18), "0", fill=_QUIET, font=_font(13))
    draw.text((24 + wide, top + 18), "1", fill=_QUIET, font=_font(13), anchor="ra")
    draw.text((24 + wide / 2, top + 18), f"score: {done.positive}", fill=_TEXT, font=_font(13), anchor="ma")
    where = "trained on rendered images, not for care" if done.info.training.rendered else "for research use"
    text = f"{done.info.name} {done.info.version}: {where}; no diagnosis"
    draw.text((24, top + 42), text, fill=_QUIET, font=_font(13))


def colour_of(probability: float) -> tuple[int, int, int]:
    """By the scale that all maps share, from 0 to 1."""
    red, green, blue = scale_colours()[round(255 * min(1.0, max(0.0, probability)))]
    return int(red), int(green), int(blue)


def css_colour(probability: float) -> str:
    """The same as a style sheet writes it."""
    return "rgb({} {} {})".format(*colour_of(probability))


def with_saliency(one: ScoredLesion) -> NDArray[np.uint8]:
    """A lesion's crop under what spoke for the label; (side, side, 3)."""
    import cv2

    side = one.crop.shape[0]
    speaks = np.maximum(one.saliency, 0)
    share = speaks / max(float(speaks.max()), 1e-9)
    grown = np.asarray(cv2.resize(share, (side, side), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    colour = scale_colours()[np.clip(np.rint(255 * grown), 0, 255).astype(np.intp)]
    cover = _VEIL * np.clip(grown / 0.3, 0, 1)[..., None]
    return np.asarray(np.rint(one.crop * (1 - cover) + colour * cover), dtype=np.uint8)


def encoded(picture: Any, kind: str = "WEBP") -> bytes:
    """An image file's bytes of an array or a Pillow image."""
    from PIL import Image

    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    with BytesIO() as file:
        image.save(file, kind, **({"quality": 82} if kind != "PNG" else {}))
        return file.getvalue()


def _font(size: int) -> Any:
    from pathlib import Path

    import matplotlib
    from PIL import ImageFont

    place = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(place), size)
