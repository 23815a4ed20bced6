"""Have the photos, or a model's answers, changed between two periods?

Whole patients are shuffled between the periods: photos of one patient resemble each other, and a test that
shuffles photos finds drift in every new patient. A patient with photos in both periods counts as two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.resampling import number_groups

Array = NDArray[np.float64]
Distances = Callable[[Array], Array]  # (groups, shuffles) of 0 and 1 -> (shuffles,)
_MOST = 2000  # rows of which distances are kept: 32 MB
_BLOCK = 256


@dataclass(frozen=True)
class Drift:
    """A distance between two periods.

    Attributes:
        distance: 0 or about it where nothing changed; see the test for its scale.
        p: chance of one as large if patients came to the periods by lot.
        groups: patients of the first and of the second period.
    """

    distance: float
    p: float
    groups: tuple[int, int]


def embedding_drift(
    first: ArrayLike,
    second: ArrayLike,
    permutations: int,
    rng: np.random.Generator,
    *,
    first_groups: ArrayLike | None = None,
    second_groups: ArrayLike | None = None,
) -> Drift:
    """Maximum mean discrepancy of embeddings: any change of their distribution, not of their mean only.

    Args:
        first: (cases, channels) of one period.
        second: (cases, channels) of the other.
        permutations: how often patients are shuffled.
        rng: source of the shuffles, and of the cases that are taken where there are more than 2,000.
        first_groups: (cases,) group of each case; each group counts as one. None: cases are independent.
        second_groups: the same of the other period.

    Returns:
        The squared discrepancy (between patients of two periods less within each, at most 2), by a Gaussian
        kernel as wide as the median distance.

    Raises:
        CutisError: fewer than two patients in a period, or tables that do not fit.

    Source: Gretton et al. 2012, J Mach Learn Res 13:723.
    """
    table, group, period = _joined(first, second, first_groups, second_groups, rng)
    squares = (table**2).sum(axis=1)[:, None] + (table**2).sum(axis=1)[None, :] - 2 * table @ table.T
    apart = squares[np.triu_indices(len(table), 1)]
    width = float(np.median(apart)) or float(apart.mean()) or 1.0
    kernel = np.exp(-np.maximum(squares, 0.0) / width)
    count = len(period)
    share = np.zeros((count, len(table)))
    share[group, np.arange(len(table))] = 1.0 / np.bincount(group, minlength=count)[group]
    between = share @ kernel @ share.T  # (groups, groups) mean similarity of two patients' photos
    np.fill_diagonal(between, 0.0)

    def distances(periods: Array) -> Array:  # (groups, shuffles) of 0 and 1
        a, b = 1 - periods, periods
        n, m = a.sum(axis=0), b.sum(axis=0)
        from_a, from_b = between @ a, between @ b
        within = (a * from_a).sum(axis=0) / (n * (n - 1)) + (b * from_b).sum(axis=0) / (m * (m - 1))
        return np.asarray(within - 2 * (a * from_b).sum(axis=0) / (n * m))

    return _tested(distances, period, permutations, rng)


def score_drift(
    first: ArrayLike,
    second: ArrayLike,
    permutations: int,
    rng: np.random.Generator,
    *,
    first_groups: ArrayLike | None = None,
    second_groups: ArrayLike | None = None,
) -> Drift:
    """Kolmogorov and Smirnov's distance of scores: the largest gap between the shares up to a score.

    Args:
        first: (cases,) scores of one period.
        second: (cases,) of the other.
        permutations: how often patients are shuffled.
        rng: source of the shuffles.
        first_groups: (cases,) group of each case; each group counts as one. None: cases are independent.
        second_groups: the same of the other period.

    Returns:
        The distance, 0 .. 1.

    Raises:
        CutisError: fewer than two patients in a period, or scores that are not finite.
    """
    one, other = (np.asarray(scores, dtype=np.float64).reshape(-1, 1) for scores in (first, second))
    table, group, period = _joined(one, other, first_groups, second_groups, None)
    levels, level = np.unique(table[:, 0], return_inverse=True)
    count = len(period)
    weight = 1.0 / np.bincount(group, minlength=count)[group]
    from scipy.sparse import csr_matrix

    steps = csr_matrix((weight, (level, group)), shape=(len(levels), count))

    def distances(periods: Array) -> Array:
        sizes = periods.sum(axis=0)
        signed = periods / sizes - (1 - periods) / (count - sizes)
        return np.asarray(np.abs(np.cumsum(steps @ signed, axis=0)).max(axis=0))

    return _tested(distances, period, permutations, rng)


def _joined(
    first: ArrayLike,
    second: ArrayLike,
    first_groups: ArrayLike | None,
    second_groups: ArrayLike | None,
    rng: np.random.Generator | None,
) -> tuple[Array, NDArray[np.intp], Array]:
    """All rows, the group of each, and the period (0 or 1) of each group."""
    tables: list[Array] = []
    numbers: list[NDArray[np.intp]] = []
    counts: list[int] = []
    for rows, groups in ((first, first_groups), (second, second_groups)):
        table = np.asarray(rows, dtype=np.float64)
        if table.ndim != 2 or not np.all(np.isfinite(table)):
            raise CutisError(f"{table.shape} is not a table of finite numbers, one row per case.")
        names = np.arange(len(table)) if groups is None else np.asarray(groups)
        if names.shape != table.shape[:1]:
            raise CutisError(f"{len(names)} groups are given for {len(table)} cases.")
        if rng is not None and len(table) > _MOST // 2:
            kept = np.sort(rng.choice(len(table), _MOST // 2, replace=False))
            table, names = table[kept], names[kept]
        index, count = number_groups(names)
        if count < 2:
            raise CutisError(
                f"a period has {count} patients; to tell drift from chance it takes two, and more."
            )
        tables.append(table)
        numbers.append(index + sum(counts))
        counts.append(count)
    if tables[0].shape[1] != tables[1].shape[1]:
        raise CutisError(f"rows of {tables[0].shape[1]} and of {tables[1].shape[1]} numbers do not compare.")
    return np.concatenate(tables), np.concatenate(numbers), np.repeat([0.0, 1.0], counts)


def _tested(distances: Distances, period: Array, permutations: int, rng: np.random.Generator) -> Drift:
    value = float(distances(period[:, None])[0])
    as_large = 0
    for start in range(0, permutations, _BLOCK):
        size = min(_BLOCK, permutations - start)
        shuffled = rng.permuted(np.repeat(period[:, None], size, axis=1), axis=0)
        as_large += int(np.sum(distances(shuffled) >= value - 1e-12))
    second = int(period.sum())
    return Drift(value, (as_large + 1) / (permutations + 1), (len(period) - second, second))
