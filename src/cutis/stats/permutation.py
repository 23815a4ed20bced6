"""Paired permutation tests: if two sources were alike, their answers to a patient could be swapped.

Both sources' answers stand in one list, the second source's after the first's, over twice as many groups:
group g of the second source is number ``count + g``. A swap is then a choice of weights, 1 or 0, and any
statistic of `resampling` can be tested without being written again. Swapping takes whole groups, and takes
scores as they are: bring scores of different scales to ranks first (`as_ranks`), or scale alone is tested.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.stats.resampling import Statistic, Weights

_BLOCK = 128
_EXACT_GROUPS = 12  # 4,096 swaps are all there are


def paired_index(index: ArrayLike, count: int) -> NDArray[np.intp]:
    """Groups of the two sources' answers in one list.

    Args:
        index: (cases,) group of each case, see `resampling.number_groups`.
        count: number of groups.

    Returns:
        (2 * cases,) for arrays made by ``np.concatenate([first, second])``.
    """
    groups = np.asarray(index, dtype=np.intp)
    return np.concatenate([groups, groups + count])


def as_ranks(scores: ArrayLike) -> NDArray[np.float64]:
    """Scores as shares of the cases they lie above, ties in the middle; the AUC stays what it was.

    Args:
        scores: (cases,) any finite scale.

    Returns:
        (cases,) in 0 .. 1.
    """
    from scipy.stats import rankdata

    values = np.asarray(scores, dtype=np.float64)
    return np.asarray((rankdata(values) - 0.5) / len(values))


def permutation_test(
    both: Statistic, count: int, permutations: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Differences between two sources, and how often swapping gives one as large.

    Args:
        both: figures over ``2 * count`` groups, see `paired_index`.
        count: number of groups.
        permutations: how many swaps are drawn; up to 12 groups all swaps are made instead.
        rng: source of the swaps.

    Returns:
        (figures,) first minus second, and their two-sided p: the data count as one more swap, so that it is
        never below 1 / (permutations + 1). A p is not a number where the difference is not.

    Source: Fisher 1935, The Design of Experiments, section 21; Phipson & Smyth 2010, Stat Appl Genet Mol Biol
        9:39, for counting the data.
    """
    exact = count <= _EXACT_GROUPS
    keep = np.array(list(product((1, 0), repeat=count)), np.float32).T if exact else None
    total = keep.shape[1] if keep is not None else permutations
    value = _difference(both, np.ones((count, 1), np.float32))[:, 0]
    as_large = np.zeros(len(value))
    made = np.zeros(len(value))
    for start in range(0, total, _BLOCK):
        size = min(_BLOCK, total - start)
        drawn = keep[:, start : start + size] if keep is not None else _drawn(count, size, rng)
        swapped = _difference(both, drawn)
        as_large += np.sum(np.abs(swapped) >= np.abs(value)[:, None] - 1e-12, axis=1)
        made += np.sum(~np.isnan(swapped), axis=1)
    more = 0 if exact else 1  # all swaps hold the data already
    p = np.where(np.isnan(value), np.nan, (as_large + more) / np.maximum(made + more, 1))
    return value, p


def _drawn(count: int, size: int, rng: np.random.Generator) -> Weights:
    return rng.integers(0, 2, size=(count, size)).astype(np.float32)


def _difference(both: Statistic, keep: Weights) -> NDArray[np.float64]:
    swap = 1 - keep
    return both(np.concatenate([keep, swap])) - both(np.concatenate([swap, keep]))
