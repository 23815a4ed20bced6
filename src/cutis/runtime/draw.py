"""From an image to the files of its map, in memory that does not grow with the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle import Dense
from cutis.core.errors import BundleError
from cutis.imaging.mosaic import Mosaic
from cutis.imaging.pyramid import Pyramid, halve_grey
from cutis.imaging.rescale import rescaled
from cutis.runtime.cells import CellFiles, Tally
from cutis.runtime.dense import DenseSession
from cutis.runtime.map_facts import MapFacts, facts_of
from cutis.runtime.map_files import write_tables, write_tiffs
from cutis.runtime.map_page import PHOTO_TILE, photo_writer, write_page
from cutis.runtime.map_picture import write_overlay
from cutis.runtime.maps import TILE, grid_of, stream_map
from cutis.runtime.tissue import TissueRule

WIDEST = 2000  # pixels of the overlay's longer side
_CLOSE = 0.05  # spacings that differ by less count as equal


@dataclass
class _Overview:
    """The level of the pyramid that the overlay is drawn on, kept while it comes by."""

    level: int
    rows: list[NDArray[np.uint8]] = field(default_factory=list)

    def take(self, level: int, rows: NDArray[np.uint8]) -> None:
        if level == self.level:
            self.rows.append(rows.copy())


def draw_map(
    session: DenseSession,
    image: Mosaic,
    out: Path,
    *,
    resample: bool = False,
    tile: int = TILE,
    rule: TissueRule | None = TissueRule(),  # noqa: B008
    page: bool = True,
    frame: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> MapFacts:
    """Grade an image and write its map.

    Args:
        session: the bundle's dense graph.
        image: open, at its own scale.
        out: folder that exists and to which nothing else writes, see `cutis.core.folders.filling`.
        resample: grade at the scale that the model expects.
        tile: pixels that a tile advances by.
        rule: what is outside tissue; None grades every place.
        page: write ``map.html`` and its folder ``viewer`` too.
        frame: which image of its file, to be told.
        progress: called with the number of tiles just done.

    Raises:
        ImageError: smaller than a patch, damaged, or without the spacing that resampling needs.
        BundleError: resampling, and the model does not say which scale it expects.
    """
    graded, scale = at_scale(image, session.dense, resample)
    grid = grid_of(graded, session.dense)
    write_photo = photo_writer(out) if page else None

    def on_rows(level: int, top: int, rows: NDArray[Any]) -> None:
        overview.take(level, rows)
        if write_photo:
            write_photo(level, top, rows)

    pyramid = Pyramid(graded.height, graded.width, PHOTO_TILE, halve_grey, on_rows)
    overview = _Overview(next(n for n, size in enumerate(pyramid.sizes) if max(size) <= WIDEST))
    cells, tally = CellFiles(out, grid.columns), Tally(len(session.bundle.info.labels))
    for rows in stream_map(session, graded, tile=tile, rule=rule, on_rows=pyramid.add, progress=progress):
        cells.add(rows)
        tally.add(rows)
    notes = (*graded.notes, *_about_scale(image, session.dense, resample))
    facts = facts_of(session.bundle, image, grid, scale, tally, rule, notes=notes, frame=frame)
    write_tiffs(cells, facts, out)
    write_overlay(out / "overlay.png", np.concatenate(overview.rows), 2**overview.level, cells, facts)
    if page:
        write_page(facts, pyramid.sizes, cells, out)
    write_tables(facts, out)
    cells.delete()
    return facts


def at_scale(image: Mosaic, dense: Dense, resample: bool) -> tuple[Mosaic, float]:
    """The image as it is graded, and pixels of the image per graded pixel.

    Raises:
        ImageError: resampling needs the image's spacing, and it is not known.
        BundleError: resampling needs the model's spacing, and it does not say.
    """
    if not resample:
        return image, 1.0
    if dense.spacing is None:
        raise BundleError(
            "the model does not say how many micrometres per pixel it expects. Leave --resample out."
        )
    if image.spacing and abs(image.spacing / dense.spacing - 1) < 1e-6:
        return image, 1.0
    smaller = rescaled(image, dense.spacing)
    return smaller, dense.spacing / (image.spacing or dense.spacing)


def _about_scale(image: Mosaic, dense: Dense, resample: bool) -> list[str]:
    """What to tell the user about the scale."""
    if dense.spacing is None or resample:
        return []
    expects = f"the model expects {dense.spacing:g} µm per pixel"
    if image.spacing is None:
        return [f"{expects}, and the image does not say how many it has"]
    if abs(image.spacing / dense.spacing - 1) < _CLOSE:
        return []
    return [f"{expects} and the image has {image.spacing:g}: graded as it is; --resample brings it to scale"]
