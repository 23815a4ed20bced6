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

    def places_of(row: int) -> tuple[Places, list[str]]:
        photo = store.shape(row)
        shape = max(1, round(photo[0] / CELL)), max(1, round(photo[1] / CELL))
        maps = [np.zeros(shape, np.uint8) if grade == 0 else None for grade in grades[row]]
        faults: list[str] = []
        for place, masks in columns.items():
            mask = masks[row]
            if mask is None:
                continue
            try:
                maps[place] = _cover(mask, photo, shape, whole=store.whole)
            except ImageError as error:
                faults.append(f"{part.path}:{part.table['row'][row]}: {named[place]}: {error}")
        return tuple(maps), faults

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(places_of, range(len(part))))
    faults = [fault for _, of_row in found for fault in of_row]
    if faults:
        raise ManifestError(faults)
    return [places for places, _ in found]


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
