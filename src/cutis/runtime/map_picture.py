"""A map in colour over its image, small enough to be sent: with its scale, and a bar of known length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.runtime.cells import CellFiles
from cutis.runtime.map_facts import MapFacts

SCALE = "viridis"  # perceptually uniform, readable in grey and by colour-blind eyes
OPACITY = 0.5
_WIDEST_BAR = 0.25  # of the picture
_TEXT, _QUIET = (20, 25, 26), (90, 103, 105)


def scale_colours() -> NDArray[np.uint8]:
    """(256, 3) colours from the lowest to the highest value."""
    from matplotlib import colormaps

    colours: NDArray[np.uint8] = colormaps[SCALE](np.arange(256), bytes=True)[:, :3]
    return colours


def overlay(photo: NDArray[np.uint8], shrunk: int, cells: CellFiles, facts: MapFacts) -> NDArray[np.uint8]:
    """Lay the expected grade over the image; places that are not graded show the image only.

    Args:
        photo: (height, width) the image, shrunk.
        shrunk: graded pixels per pixel of ``photo``.
        cells: of the map.
        facts: of the map.

    Returns:
        (height, width, 3) uint8.
    """
    stride, offset = facts.stride / facts.scale, facts.offset / facts.scale
    rows, columns = (
        _owners(side, shrunk, stride, offset, count)
        for side, count in zip(photo.shape, (facts.rows, facts.columns), strict=True)
    )
    out = np.repeat(photo[:, :, None], 3, axis=2)
    table = scale_colours()
    top = max(1, len(facts.grades) - 1)
    graded_columns = np.flatnonzero(columns >= 0)
    for y in np.flatnonzero(rows >= 0):
        row = cells.read("grade", rows[y], rows[y] + 1)[0][columns[graded_columns]]
        seen = np.isfinite(row)
        colours = table[np.clip(np.rint(row[seen] / top * 255), 0, 255).astype(np.intp)]
        places = graded_columns[seen]
        mixed = out[y, places] * (1 - OPACITY) + colours * OPACITY
        out[y, places] = np.rint(mixed).astype(np.uint8)
    return out


def _owners(side: int, shrunk: int, stride: float, offset: float, count: int) -> NDArray[np.intp]:
    """The cell that each pixel lies in, -1 where none does."""
    centres = (np.arange(side) + 0.5) * shrunk
    owners: NDArray[np.intp] = np.floor((centres - offset) / stride + 0.5).astype(np.intp)
    owners[(owners < 0) | (owners >= count)] = -1
    return owners


def write_overlay(
    path: Path, photo: NDArray[np.uint8], shrunk: int, cells: CellFiles, facts: MapFacts
) -> None:
    """Write the overlay with its legend as PNG."""
    from PIL import Image, ImageDraw

    picture = overlay(photo, shrunk, cells, facts)
    height, width = picture.shape[:2]
    page_width = max(width, 480)
    page = Image.new("RGB", (page_width, height + 104), (255, 255, 255))
    left = (page_width - width) // 2
    page.paste(Image.fromarray(picture), (left, 0))
    draw = ImageDraw.Draw(page)
    if facts.spacing:
        _draw_bar(draw, left, width, height, facts.spacing * facts.scale * shrunk)
    _draw_legend(page, draw, facts, height + 12)
    page.save(path, "PNG", compress_level=4)


def bar_length(longest: float) -> float:
    """The largest of 1, 2, 5, 10, ... micrometres that is not longer."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(max(step * power for step in (1, 2, 5) if step * power <= longest))


def length_text(micrometres: float) -> str:
    """``200 µm`` or ``2 mm``."""
    return f"{micrometres:g} µm" if micrometres < 1000 else f"{micrometres / 1000:g} mm"


def _draw_bar(draw: Any, left: int, width: int, height: int, spacing: float) -> None:
    length = bar_length(width * _WIDEST_BAR * spacing)
    pixels = round(length / spacing)
    x, y = left + 12, height - 20
    text = length_text(length)
    # White on black edges: it is read on any tissue.
    draw.rectangle((x - 1, y - 1, x + pixels + 1, y + 5), fill=(0, 0, 0))
    draw.rectangle((x, y, x + pixels, y + 4), fill=(255, 255, 255))
    draw.text((x, y - 22), text, fill=(255, 255, 255), font=_font(14), stroke_width=2, stroke_fill=(0, 0, 0))


def _draw_legend(page: Any, draw: Any, facts: MapFacts, top: int) -> None:
    from PIL import Image

    wide = min(page.width - 48, 432)
    bar = np.broadcast_to(scale_colours()[np.linspace(0, 255, wide).astype(np.intp)], (12, wide, 3))
    draw.text((24, top), "Grade (expected value)", fill=_TEXT, font=_font(14))
    page.paste(Image.fromarray(np.ascontiguousarray(bar)), (24, top + 24))
    last = max(1, len(facts.grades) - 1)
    for number, name in enumerate(facts.grades):
        anchor = "la" if number == 0 else "ra" if number == last else "ma"
        draw.text((24 + wide * number / last, top + 40), name, fill=_QUIET, font=_font(13), anchor=anchor)
    where = "trained on rendered images, not for care" if facts.rendered else "preliminary, for research use"
    draw.text((24, top + 64), f"{facts.model} {facts.version}: {where}", fill=_QUIET, font=_font(13))


def _font(size: int) -> Any:
    import matplotlib
    from PIL import ImageFont

    place = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(place), size)
