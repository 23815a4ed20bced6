"""A rendered mosaic and its truth as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError, OutputError
from cutis.core.files import replacing
from cutis.phantoms.confocal.conditions import USUAL, Conditions
from cutis.phantoms.confocal.mosaic import Mosaic, render_mosaic

EVERY = 8  # pixels of the mosaic for one of the field of grades
_TILE = 256
_COMMENT = "Rendered by cutis. Not an image of a person."
_CLASSIC_LIMIT = 3_500_000_000  # bytes; past it offsets no longer fit a classic TIFF


def write_mosaic(
    out: Path | str,
    side: int,
    seed: int = 0,
    *,
    conditions: Conditions = USUAL,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Write a square mosaic and the grades that are true of it.

    Args:
        out: folder; made where it is missing.
        side: pixels of one micrometre, at least 256.
        seed: 0 or more; the same seed gives the same mosaic.
        conditions: ranges from which the subject and the microscope are drawn.
        progress: called with the number of rows just written.

    Returns:
        Path of ``mosaic.tif``, tiled and compressed (BigTIFF where it has to be). Beside it stands
        ``grade.tif``: float32, one pixel for each 8 by 8 of the mosaic, NaN outside tissue.

    Raises:
        CutisError: side or seed are too small.
        OutputError: the mosaic is there already, or cannot be written.
    """
    path = Path(out) / "mosaic.tif"
    if seed < 0:
        raise CutisError(f"seed is {seed}, not a number from 0 upwards.")
    mosaic = render_mosaic(side, side, np.random.default_rng(seed), conditions)
    for name in (path, path.with_name("grade.tif")):
        if name.exists():
            raise OutputError(f"{name}: is there already. Choose another folder, or delete it first.")
    with replacing(path) as scratch:
        _write(scratch, _tiles(mosaic, progress), (side, side), np.uint8, 1.0)
        field = mosaic.field(EVERY)
        with replacing(path.with_name("grade.tif")) as beside:
            _write(beside, _cut(field), field.shape, np.float32, float(EVERY))
    return path


def _tiles(mosaic: Mosaic, progress: Callable[[int], None] | None) -> Iterator[NDArray[np.uint8]]:
    for image, _ in mosaic.stripes(_TILE):
        if progress is not None:  # before the tiles: nobody asks for more after the last one
            progress(len(image))
        yield from _cut(image)


def _cut(image: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Tiles in reading order; those at the edges are smaller, as tifffile expects them."""
    for top in range(0, image.shape[0], _TILE):
        for left in range(0, image.shape[1], _TILE):
            yield np.ascontiguousarray(image[top : top + _TILE, left : left + _TILE])


def _write(
    path: Path,
    tiles: Iterator[NDArray[Any]],
    shape: tuple[int, ...],
    dtype: type[np.generic],
    micrometres: float,
) -> None:
    import tifffile

    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    per_centimetre = 10_000 / micrometres
    with tifffile.TiffWriter(path, bigtiff=size > _CLASSIC_LIMIT) as writer:
        writer.write(
            tiles,
            shape=shape,
            dtype=dtype,
            tile=(_TILE, _TILE),
            photometric="minisblack",
            compression="zlib",
            compressionargs={"level": 5},
            resolution=(per_centimetre, per_centimetre),
            resolutionunit="CENTIMETER",
            description=_COMMENT,
            metadata=None,
        )
