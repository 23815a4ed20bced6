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

Table = NDArray[np.float32]

FOLDER = Path(__file__).parent / "references"
NEIGHBOUR = 10  # how far its tenth nearest known one is, tells how odd an embedding is
DIMENSIONS = 96
ODD, UNLIKE = 0.05, 0.01  # shares of a model's own kind of photos that are warned of, and that are set aside
_STEPS = 201


@dataclass(frozen=True, eq=False)
class Reference:
    """A model's own kind of photos.

    An embedding is odd by what of it lies outside the directions in which known ones vary, or by how far the
    known ones are within them, whichever is odder.

    Attributes:
        axes: (channels, dimensions) of most known embeddings.
        known: (photos, dimensions) of length 1.
        near: (steps,) quantiles of the distances of photos that belong.
        outside: (steps,) likewise of the share of their length that lies outside.
        both: (steps,) likewise of the odder one of both.
        photos: how many of these there were.
        least: probability from which on a label is kept, so that 9 of 10 truths are; None where not known.
    """

    axes: Table
    known: Table
    near: Table
    outside: Table
    both: Table
    photos: int
    least: float | None

    def share(self, embeddings: NDArray[np.float32]) -> Table:
        """(photos, channels) to (photos,) share of photos that belong and look at least as odd."""
        return np.asarray(1 - _rank(self.both, self._odder(embeddings)), np.float32)

    def _odder(self, embeddings: NDArray[np.float32]) -> Table:
        distance, outside = _measured(self.axes, self.known, embeddings)
        return np.maximum(_rank(self.near, distance), _rank(self.outside, outside))


def fit(known: NDArray[np.float32], belong: NDArray[np.float32], least: float | None) -> Reference:
    """A reference.

    Args:
        known: (photos, channels) embeddings of photos that others are compared with.
        belong: (photos, channels) of photos of the same kind.
        least: see `Reference`.
    """
    _, _, rows = np.linalg.svd(known, full_matrices=False)
    axes = np.asarray(rows[:DIMENSIONS].T.astype(np.float16), np.float32)
    table = np.asarray(_directions(known @ axes).astype(np.float16), np.float32)
    distance, outside = _measured(axes, table, belong)
    steps = np.linspace(0, 1, _STEPS)
    near, out = (np.quantile(each, steps).astype(np.float32) for each in (distance, outside))
    made = Reference(axes, table, near, out, np.linspace(0, 1, _STEPS, dtype=np.float32), len(belong), least)
    both = np.quantile(made._odder(belong), steps).astype(np.float32)
    return Reference(axes, table, near, out, both, len(belong), least)


def write(reference: Reference, digest: str) -> Path:
    """Write the reference of a bundle to where `reference_of` finds it."""
    FOLDER.mkdir(exist_ok=True)
    place = FOLDER / f"{digest[:16]}.npz"
    np.savez_compressed(
        place,
        digest=np.array(digest),
        axes=reference.axes.astype(np.float16),
        known=reference.known.astype(np.float16),
        near=reference.near,
        outside=reference.outside,
        both=reference.both,
        photos=np.array(reference.photos),
        least=np.array(np.nan if reference.least is None else reference.least),
    )
    return place


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
        axes, known = kept["axes"].astype(np.float32), kept["known"].astype(np.float32)
        return Reference(
            axes,
            known,
            kept["near"],
            kept["outside"],
            kept["both"],
            int(kept["photos"]),
            least if np.isfinite(least) else None,
        )


def _measured(axes: Table, known: Table, embeddings: NDArray[np.float32]) -> tuple[Table, Table]:
    whole = _directions(np.asarray(embeddings, np.float32))
    inside = whole @ axes
    outside = np.sqrt(np.maximum(1 - (inside**2).sum(axis=1), 0))
    squares = np.maximum(2 - 2 * _directions(inside) @ known.T, 0)
    place = min(NEIGHBOUR, len(known)) - 1
    return np.sqrt(np.partition(squares, place, axis=1)[:, place]), np.asarray(outside, np.float32)


def _directions(table: Table) -> Table:
    """Rows of length 1."""
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(table / np.maximum(lengths, 1e-9), np.float32)


def _rank(quantiles: Table, values: Table) -> Table:
    """Share of photos that belong which lies below each value."""
    return np.asarray(np.searchsorted(quantiles, values, side="left") / len(quantiles), np.float32)
