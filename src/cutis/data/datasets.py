"""Photos of a manifest, decoded once and kept small, so that an epoch costs no decoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import Fit
from cutis.core.errors import ImageError, ManifestError
from cutis.data.augment import Augmentation, augment, cut
from cutis.data.effects import Image
from cutis.imaging.preprocess import bring, centre_crop, resize_shorter
from cutis.imaging.read import read_rgb

_PORTION = 256  # photos that are decoded side by side
CELL = 8  # pixels of a photo, along each side, to one of the maps of where its conditions are
Places = tuple[NDArray[np.uint8] | None, ...]  # by condition: (rows, columns) share covered x 255, if known
MEMORY_LIMIT = 6 * 2**30  # bytes of decoded photos that are kept; past it they are decoded again each time


class PhotoStore:
    """Decoded photos, never larger than training needs.

    Args:
        paths: the images.
        side: shorter side to keep, in pixels; smaller photos are kept as they are. None: pixel by pixel,
            where scale is part of what is seen.
        whole: nothing is cut off; otherwise photos are cropped to at most 4:3.
        progress: called with 1 after each photo of the first pass.

    Raises:
        ManifestError: photos cannot be read; all of them are named.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        side: int | None,
        progress: Callable[[int], None] | None = None,
        *,
        whole: bool = False,
    ) -> None:
        self.paths = list(paths)
        self.side, self.whole = side, whole
        self._photos: list[Image | None] = [None] * len(self.paths)
        faults: list[str] = []
        room = MEMORY_LIMIT
        with ThreadPoolExecutor() as pool:
            for start in range(0, len(self.paths), _PORTION):
                portion = range(start, min(start + _PORTION, len(self.paths)))
                for index, photo in zip(portion, pool.map(self._tried, portion), strict=True):
                    if isinstance(photo, ImageError):
                        faults.append(str(photo))
                    elif room >= 0:
                        self._photos[index] = photo
                        room -= photo.nbytes
                    if progress:
                        progress(1)
        if faults:
            raise ManifestError(faults)

    def _tried(self, index: int) -> Image | ImageError:
        try:
            return self._decode(index)
        except ImageError as error:
            return error

    def _decode(self, index: int) -> Image:
        if self.side is None:
            return read_rgb(self.paths[index])
        photo = read_rgb(self.paths[index], least_side=self.side)
        if not self.whole:
            photo = centre_crop(photo, ratio=4 / 3)
        if min(photo.shape[:2]) > self.side:
            photo = resize_shorter(photo, self.side)
        return photo

    def __len__(self) -> int:
        return len(self.paths)

    def shape(self, index: int) -> tuple[int, int]:
        """Height and width of a stored photo."""
        height, width = self[index].shape[:2]
        return height, width

    def __getitem__(self, index: int) -> Image:
        photo = self._photos[index]
        return self._decode(index) if photo is None else photo


@dataclass(frozen=True)
class Draw:
    """One sample of an epoch: which photo, at what height and width, and the seed of its variation."""

    index: int
    shape: tuple[int, int]
    seed: tuple[int, ...]


@dataclass(frozen=True)
class VariedPhotos:
    """Training samples: a varied photo, normalised, what is known of it and where. Indexed by a `Draw`."""

    store: PhotoStore
    targets: NDArray[np.int64] | NDArray[np.float32]
    settings: Augmentation
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    fit: Fit = "shorter"
    places: Sequence[Places] | None = None

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, draw: Draw) -> tuple[Any, ...]:
        rng = np.random.default_rng(draw.seed)
        image = augment(self.store[draw.index], draw.shape, self.settings, rng, self.fit)
        sample = normalise(image, self.mean, self.std), self.targets[draw.index]
        return sample if self.places is None else (*sample, self._places(draw, self.places[draw.index]))

    def _places(self, draw: Draw, places: Places) -> NDArray[np.float32]:
        """(conditions, rows, columns) share that is covered in the varied photo; NaN where not known."""
        rows, columns = (max(1, round(side / CELL)) for side in draw.shape)
        out = np.full((len(places), rows, columns), np.nan, dtype=np.float32)
        for own, cover in zip(out, places, strict=True):
            if cover is not None:
                rng = np.random.default_rng(draw.seed)  # the same part of it as of the photo
                own[:] = cut(cover, (rows, columns), self.settings, rng, self.fit) / np.float32(255)
        return out


@dataclass(frozen=True)
class PlainPhotos:
    """Photos as the exported graph sees them: whole, shorter side ``size``, normalised."""

    store: PhotoStore
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    fit: Fit = "shorter"

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        return normalise(bring(self.store[index], self.size, self.fit), self.mean, self.std)


def normalise(image: Image, mean: Sequence[float], std: Sequence[float]) -> NDArray[np.float32]:
    """(height, width, 3) of 0..255 -> (3, height, width), standardised per channel."""
    import cv2

    gain = 1 / (255 * np.asarray(std))
    shift = -np.asarray(mean) / np.asarray(std)
    wide = cv2.transform(image.astype(np.float32), np.column_stack([np.diag(gain), shift]))
    return np.ascontiguousarray(wide.transpose(2, 0, 1), dtype=np.float32)
