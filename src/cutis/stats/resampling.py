"""Group bootstrap, written as weights so that no case is ever copied.

Photos of one patient or lesion resemble each other, so a replicate draws whole groups with
replacement. How often each group was drawn is its weight, and every figure of cutis is a small
function of sums over weighted groups: a replicate is then one column of a matrix product.

    statistic: (groups, replicates) weights  ->  (figures, replicates) values

The same statistic called with a column of ones gives the figures of the data itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Weights = NDArray[np.float32]  # (groups, replicates), how often each group was drawn
Statistic = Callable[[Weights], NDArray[np.float64]]  # -> (figures, replicates)

_BLOCK = 128  # replicates held at once: 10,000 groups then fit a processor's cache (5 MB)


def number_groups(groups: ArrayLike) -> tuple[NDArray[np.intp], int]:
    """Number the groups 0 .. count-1.

    Args:
        groups: (cases,) names or numbers, one group per case.

    Returns:
        (cases,) number of each case's group, and how many groups there are.
    """
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    return index.astype(np.intp), len(names)


def resampled_weights(count: int, replicates: int, rng: np.random.Generator) -> Iterator[Weights]:
    """Draw ``count`` groups with replacement, once per replicate.

    Yields:
        (count, block) weights; the blocks together hold ``replicates`` columns, and each column
        sums to ``count``.
    """
    for start in range(0, replicates, _BLOCK):
        size = min(_BLOCK, replicates - start)
        drawn = rng.integers(0, count, size=(size, count))  # (replicates, draws)
        drawn += count * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        yield np.ascontiguousarray(weights.T, dtype=np.float32)


def sums_by_group(rows: ArrayLike, index: ArrayLike, count: int, kinds: int, values: ArrayLike = 1.0) -> Any:
    """Add up the cases of each kind in each group.

    Args:
        rows: (cases,) the kind of each case, 0 .. kinds-1.
        index: (cases,) the group of each case, see `number_groups`.
        count: number of groups.
        kinds: number of kinds.
        values: (cases,) what each case adds; 1 counts cases.

    Returns:
        Sparse (kinds, count) matrix; its product with weights is the sums of every replicate.
        Whole numbers stay exact in 32-bit floats up to 16 million cases; other values are kept in 64.
    """
    from scipy.sparse import csr_matrix

    rows = np.asarray(rows)
    values = np.asarray(values, dtype=np.float64)
    whole = bool(np.all(values == np.round(values)))
    data = np.broadcast_to(values, rows.shape).astype(np.float32 if whole else np.float64)
    return csr_matrix((data, (rows, np.asarray(index))), shape=(kinds, count))


def observed(statistic: Statistic, count: int) -> NDArray[np.float64]:
    """The (figures,) of the data itself: every group once."""
    return statistic(np.ones((count, 1), dtype=np.float32))[:, 0]


def bootstrap(
    statistic: Statistic, count: int, replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Replicates of several figures at once, all from the same draws.

    Args:
        statistic: see the top of this module.
        count: number of groups.
        replicates: how many draws; 2,000 settle the second digit of a 95% interval.
        rng: source of the draws.

    Returns:
        (figures, replicates); not a number where a draw leaves a figure without meaning, such as
        the sensitivity for a class that was not drawn.
    """
    return np.concatenate(
        [statistic(weights) for weights in resampled_weights(count, replicates, rng)], axis=1
    )


def jackknife(statistic: Statistic, count: int) -> NDArray[np.float64]:
    """Figures with each group left out in turn, for the acceleration of BCa intervals.

    Args:
        statistic: see the top of this module.
        count: number of groups; as much work as that many replicates.

    Returns:
        (figures, count); not a number where a figure has no meaning without the group.
    """
    blocks = []
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        weights = np.ones((count, size), dtype=np.float32)
        weights[start + np.arange(size), np.arange(size)] = 0.0
        blocks.append(statistic(weights))
    return np.concatenate(blocks, axis=1)


def stacked(statistics: Sequence[Statistic]) -> Statistic:
    """One statistic that gives the figures of all, one below the other."""

    def every(weights: Weights) -> NDArray[np.float64]:
        return np.concatenate([statistic(weights) for statistic in statistics], axis=0)

    return every
