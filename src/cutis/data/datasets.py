"""Photos of a manifest, decoded once and kept small, so that an epoch costs no decoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.data.augment import Augmentation, Image, augment
from cutis.imaging.preprocess import centre_crop, resize_shorter
from cutis.imaging.read import read_rgb

MEMORY_LIMIT = 6 * 2**30  # bytes of decoded photos that are kept; past it they are decoded again each time


class PhotoStore:
    """Decoded photos, cropped to at most 4:3 and never larger than training needs.

    Args:
        paths: the images.
        side: shorter side to keep, in pixels; smaller photos are kept as they are.
        progress: called with 1 after each photo of the first pass.

    Raises:
        ImageError: a photo cannot be read.
    """

    def __init__(
        self, paths: Sequence[Path], side: int, progress: Callable[[int], None] | None = None
    ) -> None:
        self.paths = list(paths)
        self.side = side
        self._photos: list[Image | None] = [None] * len(self.paths)
        room = MEMORY_LIMIT // (side * side * 4)  # a 4:3 photo has 4 * side * side bytes
        kept = min(room, len(self.paths))
        with ThreadPoolExecutor() as pool:
            for index, photo in enumerate(pool.map(self._decode, range(kept))):
                self._photos[index] = photo
                if progress:
                    progress(1)

    def _decode(self, index: int) -> Image:
        photo = centre_crop(read_rgb(self.paths[index], least_side=self.side), ratio=4 / 3)
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
    """One sample of an epoch: which photo, at what size, and the seed of its variation."""

    index: int
    size: int
    seed: tuple[int, ...]


@dataclass(frozen=True)
class VariedPhotos:
    """Training samples: a varied photo, normalised, and its class. Indexed by a `Draw`."""

    store: PhotoStore
    targets: NDArray[np.int64]
    settings: Augmentation
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, draw: Draw) -> tuple[NDArray[np.float32], np.int64]:
        rng = np.random.default_rng(draw.seed)
        image = augment(self.store[draw.index], draw.size, self.settings, rng)
        return normalise(image, self.mean, self.std), self.targets[draw.index]


@dataclass(frozen=True)
class PlainPhotos:
    """Photos as the exported graph sees them: whole, shorter side ``size``, normalised."""

    store: PhotoStore
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    square: bool = False

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        photo = self.store[index]
        if self.square:
            import cv2

            photo = cv2.resize(photo, (self.size, self.size), interpolation=cv2.INTER_AREA).astype(np.uint8)
        else:
            photo = resize_shorter(photo, self.size)
        return normalise(photo, self.mean, self.std)


def normalise(image: Image, mean: Sequence[float], std: Sequence[float]) -> NDArray[np.float32]:
    """(height, width, 3) of 0..255 -> (3, height, width), standardised per channel."""
    import cv2

    gain = 1 / (255 * np.asarray(std))
    shift = -np.asarray(mean) / np.asarray(std)
    wide = cv2.transform(image.astype(np.float32), np.column_stack([np.diag(gain), shift]))
    return np.ascontiguousarray(wide.transpose(2, 0, 1), dtype=np.float32)
