"""Where on each photo its conditions are, from pictures that a manifest names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError, ManifestError
from cutis.core.labels import Labels
from cutis.core.manifest import MASK, Manifest
from cutis.data.datasets import CELL, PhotoStore, Places
from cutis.imaging.preprocess import centre_crop
from cutis.imaging.read import read_rgb

_UNLIKE = 0.03  # by how much the proportions of a mask and its photo may differ


def read_places(
    part: Manifest, labels: Labels, grades: NDArray[np.int64], store: PhotoStore
) -> list[Places] | None:
    """Maps of where each condition is.

    A condition that a photo has not (grade 0) is nowhere; one that has a mask is where the mask is white; of
    any other it is not known where it is.

    Args:
        part: rows, with columns ``mask_<condition>``.
        labels: conditions.
        grades: (rows, conditions) indices; negative where not known.
        store: the rows' photos.

    Returns:
        For each row and condition (rows / `CELL`, columns / `CELL`) the share covered, times 255; None where
        it is not known. None instead of all where the manifest has no masks.

    Raises:
        ManifestError: masks that cannot be read, or have another shape than their photo; all are named.
    """
    named = {place: f"{MASK}{name}" for place, name in enumerate(labels.names)}
    columns = {place: part.masks(name) for place, name in named.items() if name in part.table.columns}
    if not columns:
        return None

    def places_of(row: int) -> Places | str:
        height, width = store.shape(row)
        shape = max(1, round(height / CELL)), max(1, round(width / CELL))
        maps: list[NDArray[np.uint8] | None] = []
        for place in range(len(labels)):
            mask = columns[place][row] if place in columns else None
            if mask is not None:
                try:
                    maps.append(_cover(mask, (height, width), shape, whole=store.whole))
                except ImageError as error:
                    return f"{part.path}:{part.table['row'][row]}: {named[place]}: {error}"
            else:
                maps.append(np.zeros(shape, np.uint8) if grades[row, place] == 0 else None)
        return tuple(maps)

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(places_of, range(len(part))))
    faults = [one for one in found if isinstance(one, str)]
    if faults:
        raise ManifestError(faults)
    return [one for one in found if not isinstance(one, str)]


def _cover(path: Path, photo: tuple[int, int], shape: tuple[int, int], *, whole: bool) -> NDArray[np.uint8]:
    """(rows, columns) share of each cell that the mask covers, times 255."""
    import cv2

    drawn = read_rgb(path)
    mask = drawn if whole else centre_crop(drawn, ratio=4 / 3)  # as the store cuts photos
    unlike = mask.shape[1] / mask.shape[0] / (photo[1] / photo[0])
    if abs(np.log(unlike)) > _UNLIKE:
        side = f"{drawn.shape[1]} x {drawn.shape[0]} pixels"
        raise ImageError(path, f"is {side}, in other proportions than its photo. Give a mask of all of it.")
    cover = cv2.resize(mask[..., 0], shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cover, dtype=np.uint8)
