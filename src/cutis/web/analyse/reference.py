"""What is known of a model's own kind of photos: how odd they look to it, and how far off it can be.

A reference is made from photos with a known truth that the model was not trained on
(`experiments/analyse_reference.py`), and belongs to one bundle, by its digest. Of a model without one it is
not known which photos are unlike those it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "references"
NEIGHBOUR = 10  # an embedding is as odd as its tenth nearest known one is far
_ODD = 0.01  # share of the model's own kind of photos that are called unlike it


@dataclass(frozen=True, eq=False)
class Reference:
    """A model's own kind of photos.

    Attributes:
        centre: (channels,).
        axes: (channels, dimensions) that embeddings are brought to.
        known: (photos, dimensions) of length 1.
        distances: (101,) percentiles of the oddness of photos that belong.
        photos: how many of these there were.
        least: probability from which on a label is kept, so that 9 of 10 truths are; None where not known.
    """

    centre: NDArray[np.float32]
    axes: NDArray[np.float32]
    known: NDArray[np.float32]
    distances: NDArray[np.float32]
    photos: int
    least: float | None

    def oddness(self, embedding: NDArray[np.float32]) -> tuple[float, bool]:
        """Share of photos that belong and look at least as odd, and whether this one looks unlike them."""
        distance = float(neighbour(self.known, self.brought(embedding[None]))[0])
        share = 1 - float(np.searchsorted(self.distances, distance)) / len(self.distances)
        return share, distance > float(np.quantile(self.distances, 1 - _ODD))

    def brought(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """(photos, channels) to (photos, dimensions) of length 1."""
        return directions(np.asarray((embeddings - self.centre) @ self.axes, np.float32))


def directions(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1."""
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(table / np.maximum(lengths, 1e-9), np.float32)


def neighbour(known: NDArray[np.float32], asked: NDArray[np.float32], own: int = 0) -> NDArray[np.float32]:
    """(asked,) distance of each from its tenth nearest known one.

    Args:
        known: (photos, dimensions) of length 1.
        asked: likewise.
        own: 1 where those that are asked about are the known ones.
    """
    squares = np.maximum(2 - 2 * asked @ known.T, 0)
    place = min(NEIGHBOUR - 1 + own, len(known) - 1)
    return np.sqrt(np.partition(squares, place, axis=1)[:, place])


@lru_cache(maxsize=32)
def reference_of(digest: str) -> Reference | None:
    """The reference of a bundle; None where there is none."""
    place = FOLDER / f"{digest[:16]}.npz"
    if not place.is_file():
        return None
    with np.load(place, allow_pickle=False) as kept:
        if str(kept["digest"]) != digest:
            return None
        least = float(kept["least"])
        return Reference(
            centre=kept["centre"].astype(np.float32),
            axes=kept["axes"].astype(np.float32),
            known=directions(kept["known"].astype(np.float32)),
            distances=kept["distances"].astype(np.float32),
            photos=int(kept["photos"]),
            least=least if np.isfinite(least) else None,
        )
