"""The deep-zoom page of a map: opens from disk, without a server and without a network.

A page that is opened from disk may show image files but not read them. So the photo lies in image tiles, and
the map in small scripts that hand their numbers over when they are loaded.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.pyramid import Pyramid
from cutis.pages.environment import environment
from cutis.runtime.cells import NOT_GRADED, CellFiles
from cutis.runtime.map_facts import MapFacts
from cutis.runtime.map_picture import scale_colours

PHOTO_TILE = 512  # pixels
_CELL_TILE = 256  # cells
_QUALITY = 82  # of JPEG
_STEPS = 250  # of a byte from the lowest grade to the highest
_CHANNELS = 3  # expected grade, confidence in percent, median grade
FOLDER = "viewer"


def photo_writer(out: Path) -> Callable[[int, int, NDArray[np.uint8]], None]:
    """What writes a row of tiles of the photo's pyramid as JPEG files."""
    from PIL import Image

    def write(level: int, top: int, rows: NDArray[np.uint8]) -> None:
        folder = out / FOLDER / "photo" / str(level)
        folder.mkdir(parents=True, exist_ok=True)
        for left in range(0, rows.shape[1], PHOTO_TILE):
            tile = Image.fromarray(np.ascontiguousarray(rows[:, left : left + PHOTO_TILE]))
            tile.save(folder / f"{top // PHOTO_TILE}_{left // PHOTO_TILE}.jpg", quality=_QUALITY)

    return write


def write_page(facts: MapFacts, photo_sizes: list[tuple[int, int]], cells: CellFiles, out: Path) -> None:
    """Write ``map.html`` and the map's tiles; the photo's are there already.

    Args:
        facts: of the map.
        photo_sizes: (height, width) of the photo's levels.
        cells: of the map.
        out: folder to write to.
    """
    cell_sizes = _write_cells(facts, cells, out / FOLDER / "cells")
    data = {
        "photo": {"tile": PHOTO_TILE, "sizes": photo_sizes},
        "cells": {"tile": _CELL_TILE, "sizes": cell_sizes, "steps": _STEPS},
        "stride": facts.stride / facts.scale,
        "offset": facts.offset / facts.scale,
        "patch": facts.patch / facts.scale,
        "spacing": facts.spacing * facts.scale if facts.spacing else None,
        "grades": facts.grades,
        "colours": base64.b64encode(scale_colours().tobytes()).decode(),
    }
    # In a script element, "</" would end it.
    packed = json.dumps(data).replace("</", "<\\/")
    template = environment("cutis.runtime").get_template("map.html")
    text = template.render(facts=facts, data=packed, colours=_legend(facts), summary=summary(facts))
    (out / "map.html").write_text(text, encoding="utf-8")


def summary(facts: MapFacts) -> tuple[str, str]:
    """The answer in a sentence, and how sure it is."""
    if facts.mean is None:
        return "No tissue was found in this image.", "See below how tissue is told from what is around it."
    low, middle, high = facts.middle
    answer = f"Mean grade {facts.mean:.1f} on the scale from {facts.grades[0]} to {facts.top}"
    spread = f"Half of the graded tissue lies between {low:.1f} and {high:.1f}; the median is {middle:.1f}."
    least = f"{facts.confidence[1]:.0%}"
    sure = f"In half of the tissue the model gives its grade a probability of at least {least}."
    return f"{answer}.", f"{spread} {sure}"


def _legend(facts: MapFacts) -> list[str]:
    """A colour per grade, as in the median grade's layer."""
    last = max(1, len(facts.grades) - 1)
    table = scale_colours()
    return ["#{:02x}{:02x}{:02x}".format(*table[round(255 * n / last)]) for n in range(len(facts.grades))]


def _write_cells(facts: MapFacts, cells: CellFiles, folder: Path) -> list[tuple[int, int]]:
    """Write the map's pyramid; the sizes of its levels."""

    def write(level: int, top: int, rows: NDArray[Any]) -> None:
        place = folder / str(level)
        place.mkdir(parents=True, exist_ok=True)
        for left in range(0, rows.shape[1], _CELL_TILE):
            name = f"{top // _CELL_TILE}_{left // _CELL_TILE}"
            packed = base64.b64encode(np.ascontiguousarray(rows[:, left : left + _CELL_TILE]).tobytes())
            text = f'cutisCells("{level}/{name}","{packed.decode()}");\n'
            (place / f"{name}.js").write_text(text, encoding="ascii")

    pyramid = Pyramid(facts.rows, facts.columns, _CELL_TILE, halve_cells, write)
    for top in range(0, facts.rows, _CELL_TILE):
        bottom = min(top + _CELL_TILE, facts.rows)
        parts = [cells.read(kind, top, bottom) for kind in CellFiles.KINDS]
        pyramid.add(as_bytes(*parts, top=len(facts.grades) - 1))
    return pyramid.sizes


def as_bytes(
    grade: NDArray[np.float32], confidence: NDArray[np.float32], named: NDArray[np.uint8], *, top: int
) -> NDArray[np.uint8]:
    """Cells as bytes: grade from 0 to `_STEPS`, confidence in percent, median grade.

    Args:
        grade: (rows, columns), NaN where not graded.
        confidence: (rows, columns) 0 to 1.
        named: (rows, columns).
        top: number of the highest grade.

    Returns:
        (rows, columns, 3); `NOT_GRADED` in all three where a cell is not graded.
    """
    out = np.full((*grade.shape, _CHANNELS), NOT_GRADED, np.uint8)
    graded = named != NOT_GRADED
    out[graded, 0] = np.rint(np.clip(grade[graded] / max(1, top), 0, 1) * _STEPS)
    out[graded, 1] = np.rint(confidence[graded] * 100)
    out[graded, 2] = named[graded]
    return out


def halve_cells(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half as many cells: means of grade and confidence over those that are graded, and one of the grades."""
    even = np.pad(rows, ((0, len(rows) % 2), (0, rows.shape[1] % 2), (0, 0)), constant_values=NOT_GRADED)
    four = np.stack([even[a::2, b::2] for a in (0, 1) for b in (0, 1)])
    graded = four[..., 2] != NOT_GRADED
    count = graded.sum(axis=0)
    out = np.full(four.shape[1:], NOT_GRADED, np.uint8)
    for channel in (0, 1):
        total = np.where(graded, four[..., channel], 0).sum(axis=0, dtype=np.uint16)
        out[..., channel] = np.where(count > 0, (total + count // 2) // np.maximum(count, 1), NOT_GRADED)
    out[..., 2] = np.take_along_axis(four[..., 2], graded.argmax(axis=0)[None], axis=0)[0]
    return out
