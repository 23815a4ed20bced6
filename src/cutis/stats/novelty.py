"""How unlike the training photos is a photo: distance of its embedding from theirs.

Higher is stranger. Fit on embeddings of the training or tuning split; take a limit from a quantile of the
tuning split's own scores, and find what it is worth with `comparison.delong_interval` on photos that belong
and photos that do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError

Array = NDArray[np.float64]
_BLOCK = 1024  # embeddings compared with all known ones at once


@dataclass(frozen=True)
class Mahalanobis:
    """Distance from the nearest class in units of the spread within classes.

    Attributes:
        means: (classes, channels).
        whitening: (channels, channels); an embedding times this has unit spread within classes.
        shrinkage: 0 .. 1, how far the covariance was drawn towards a sphere.
    """

    means: Array
    whitening: Array
    shrinkage: float

    def __call__(self, embeddings: ArrayLike) -> Array:
        """Scores. (cases, channels) to (cases,), not below 0."""
        given, known = _table(embeddings) @ self.whitening, self.means @ self.whitening
        squares = _square_distances(given, known)
        return np.asarray(np.sqrt(squares.min(axis=1)))


@dataclass(frozen=True)
class Neighbours:
    """Distance to the nearest known embeddings.

    Attributes:
        known: (known, channels), scaled to length 1 where ``cosine``.
        k: the distance is that to the k-th nearest.
        cosine: only directions count.
    """

    known: Array
    k: int
    cosine: bool

    def __call__(self, embeddings: ArrayLike, *, own: bool = False) -> Array:
        """Scores. (cases, channels) to (cases,), not below 0.

        Args:
            embeddings: to be scored.
            own: they are the known ones, and none is to count as its own neighbour.
        """
        given = _unit(_table(embeddings)) if self.cosine else _table(embeddings)
        place = self.k - 1 + own
        if place >= len(self.known):
            raise CutisError(f"{len(self.known)} known photos have no neighbour number {place + 1}.")
        blocks = [
            np.partition(_square_distances(given[start : start + _BLOCK], self.known), place, axis=1)[
                :, place
            ]
            for start in range(0, len(given), _BLOCK)
        ]
        return np.asarray(np.sqrt(np.concatenate(blocks))) if blocks else np.empty(0)


def fit_mahalanobis(embeddings: ArrayLike, classes: ArrayLike | None = None) -> Mahalanobis:
    """Means of the classes and their common spread.

    Args:
        embeddings: (cases, channels).
        classes: (cases,) class of each case; None takes all as one.

    Returns:
        The fit. The covariance is shrunk as Ledoit and Wolf do, so that fewer cases than channels will do.

    Raises:
        CutisError: fewer than two cases, or embeddings that do not vary.

    Source: Lee et al. 2018, NeurIPS 31; Ledoit & Wolf 2004, J Multivar Anal 88:365.
    """
    from sklearn.covariance import ledoit_wolf

    table = _table(embeddings)
    if len(table) < 2:
        raise CutisError("two photos are needed to say how photos vary.")
    names, number = np.unique(
        np.zeros(len(table)) if classes is None else np.asarray(classes), return_inverse=True
    )
    means = np.stack([table[number == k].mean(axis=0) for k in range(len(names))])
    covariance, shrinkage = ledoit_wolf(table - means[number], assume_centered=True)
    values, vectors = np.linalg.eigh(covariance)
    if values[-1] <= 0:
        raise CutisError("the embeddings of a class are all the same: nothing says how photos vary.")
    floor = values[-1] * 1e-12
    return Mahalanobis(means, vectors / np.sqrt(np.maximum(values, floor)), float(shrinkage))


def fit_neighbours(embeddings: ArrayLike, k: int = 10, *, cosine: bool = True) -> Neighbours:
    """Keep embeddings to compare with.

    Args:
        embeddings: (cases, channels).
        k: 1 or more; see `Neighbours`.
        cosine: compare directions only, as the lengths of embeddings tell of contrast more than of kind.

    Raises:
        CutisError: fewer than k cases.

    Source: Sun et al. 2022, ICML, Out-of-distribution detection with deep nearest neighbors.
    """
    table = _table(embeddings)
    if not 1 <= k <= len(table):
        raise CutisError(f"{len(table)} known photos have no neighbour number {k}.")
    return Neighbours(_unit(table) if cosine else table, k, cosine)


def _square_distances(given: Array, known: Array) -> Array:
    """(cases, known), not below 0."""
    squares = (given**2).sum(axis=1)[:, None] + (known**2).sum(axis=1)[None, :] - 2 * given @ known.T
    return np.asarray(np.maximum(squares, 0.0))


def _unit(table: Array) -> Array:
    return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-300))


def _table(embeddings: ArrayLike) -> Array:
    table = np.asarray(embeddings, dtype=np.float64)
    if table.ndim != 2 or not np.all(np.isfinite(table)):
        raise CutisError(f"embeddings {table.shape} are to be (cases, channels) of finite numbers.")
    return table
