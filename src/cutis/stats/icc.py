"""Intraclass correlation: what share of the spread of ratings lies in the cases, not in the raters.

    icc_1_1  another set of raters for every case           icc_1_k  mean of k such raters
    icc_2_1  raters drawn from many; absolute agreement     icc_2_k  mean of k such raters
    icc_3_1  these raters only; constant offsets forgiven   icc_3_k  mean of these raters

Ratings are numbers on any scale; cases that a rater left out are left out for all. Not a number where
there are fewer than two cases or raters, where the ratings do not differ at all, and where so few cases
contradict each other so much that a variance is estimated below 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.classification import Figures
from cutis.stats.intervals import Estimate
from cutis.stats.ratings import rating_numbers
from cutis.stats.resampling import Weights, number_groups

KINDS = ("icc_1_1", "icc_2_1", "icc_3_1", "icc_1_k", "icc_2_k", "icc_3_k")
Array = NDArray[np.float64]
_ROUNDING = 1e-13  # of the sum of squares: what is below is zero


@dataclass(frozen=True)
class MeanSquares:
    """Two-way analysis of variance of complete ratings, for one table or for every replicate.

    Attributes:
        cases: how many.
        raters: how many.
        between: cases, with cases - 1 degrees of freedom.
        within: cases, with cases * (raters - 1).
        columns: between raters, with raters - 1.
        error: what is left, with (cases - 1) * (raters - 1).
    """

    cases: Array
    raters: int
    between: Array
    within: Array
    columns: Array
    error: Array


def intraclass_correlations(ratings: ArrayLike, *, confidence: float = 0.95) -> dict[str, Estimate]:
    """All six, with intervals from the F distribution: for independent cases and normal spread.

    Args:
        ratings: (cases, raters) numbers, nan where there is no rating.
        confidence: of the two-sided intervals.

    Returns:
        Estimates by the names in `KINDS`.

    Source: Shrout & Fleiss 1979, Psychol Bull 86:420; McGraw & Wong 1996, Psychol Methods 1:30.
    """
    values = _complete(rating_numbers(ratings))[0]
    squares = mean_squares(_sums(values), values.shape[1])
    found = correlations(squares)[:, 0]
    ends = [(np.nan, np.nan)] * len(KINDS)
    if not np.isnan(found).all():
        with np.errstate(all="ignore"):
            ends = _ends(squares, float(found[1]), (1.0 - confidence) / 2)
    return {
        name: Estimate(float(value), *((np.nan, np.nan) if np.isnan(value) else end))
        for name, value, end in zip(KINDS, found, ends, strict=True)
    }


def figures(ratings: ArrayLike, *, groups: ArrayLike | None = None) -> tuple[Figures, int]:
    """All six as a statistic of the weights of groups, for intervals where cases are not independent.

    Args:
        ratings: (cases, raters) numbers, nan where there is no rating.
        groups: (cases,) patient or lesion of each case; none means that cases are independent.

    Returns:
        The figures and the number of groups, as `classification.estimates` wants them.
    """
    values = rating_numbers(ratings)
    grouped = np.arange(len(values)) if groups is None else np.asarray(groups)
    if grouped.shape != (len(values),):
        raise CutisError(f"{len(values)} cases need as many groups; got the shape {grouped.shape}.")
    values, kept = _complete(values)
    index, count = number_groups(grouped[kept])
    sums = np.zeros((count, values.shape[1] + 3))
    np.add.at(sums, index, _rows(values))
    columns = np.ascontiguousarray(sums.T)

    def statistic(weights: Weights) -> Array:
        return correlations(mean_squares(columns @ weights, values.shape[1]))

    return Figures(KINDS, (0,) * len(KINDS), statistic), count


def mean_squares(sums: Array, raters: int) -> MeanSquares:
    """Mean squares from sums over cases.

    Args:
        sums: (3 + raters, replicates) of: 1, squared sum of the case, sum of its squares, each rating.
        raters: how many.
    """
    cases, rows, squares, columns = sums[0], sums[1] / raters, sums[2], sums[3:]
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = columns.sum(axis=0) ** 2 / (cases * raters)
        total = squares - middle
        floor = _ROUNDING * squares
        between = _above(rows - middle, floor)
        of_raters = _above(np.sum(columns**2, axis=0) / cases - middle, floor)
        within = _above(total - between, floor)
        error = _above(within - of_raters, floor)
        return MeanSquares(
            cases,
            raters,
            between / (cases - 1),
            within / (cases * (raters - 1)),
            of_raters / (raters - 1),
            error / ((cases - 1) * (raters - 1)),
        )


def correlations(squares: MeanSquares) -> Array:
    """The six correlations in the order of `KINDS`: (6, replicates)."""
    n, k, between = squares.cases, squares.raters, squares.between
    within, columns, error = squares.within, squares.columns, squares.error
    defined = (n > 1) & (k > 1)
    rows = [
        (between - within, between + (k - 1) * within),
        (between - error, between + (k - 1) * error + k * (columns - error) / np.maximum(n, 1)),
        (between - error, between + (k - 1) * error),
        (between - within, between),
        (between - error, between + (columns - error) / np.maximum(n, 1)),
        (between - error, between),
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([np.where(defined & (whole > 0), part / whole, np.nan) for part, whole in rows])


def _ends(squares: MeanSquares, icc_2_1: float, tail: float) -> list[tuple[float, float]]:
    from scipy.special import fdtri  # scipy.stats takes seconds to import

    n, k = float(squares.cases[0]), squares.raters
    between, within = squares.between[0], squares.within[0]
    columns, error = squares.columns[0], squares.error[0]

    def ratio(noise: float, freedom: float) -> tuple[float, float]:
        found = np.float64(between) / noise
        low, high = fdtri(n - 1, freedom, 1 - tail), fdtri(freedom, n - 1, 1 - tail)
        return float(found / low), float(found * high)

    one, three = ratio(within, n * (k - 1)), ratio(error, (n - 1) * (k - 1))
    # Satterthwaite's degrees of freedom of the spread that raters and error make together.
    a, b = k * icc_2_1 / n * columns, ((1 - icc_2_1) + k * icc_2_1 * (n - 1) / n) * error
    freedom = (a + b) ** 2 / (a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1)))
    freedom = max(float(freedom), 1.0) if freedom > 0 else 1.0
    rest = k * columns + (k * n - k - n) * error
    below, above = fdtri(n - 1, freedom, 1 - tail), fdtri(freedom, n - 1, 1 - tail)
    low = float(n * (between - below * error) / (below * rest + n * between))
    high = float(n * (above * between - error) / (rest + n * above * between))
    single = [tuple(1 - k / (f + k - 1) for f in pair) for pair in (one, three)]
    mean = [tuple(1 - 1 / np.float64(f) for f in pair) for pair in (one, three)]
    stepped = tuple(k * end / (1 + (k - 1) * end) for end in (low, high))
    two = (single[0], (low, high), single[1], mean[0], stepped, mean[1])
    return [(float(lower), float(upper)) for lower, upper in two]


def _complete(values: Array) -> tuple[Array, NDArray[np.bool_]]:
    if np.any(np.isinf(values)):
        case, rater = np.argwhere(np.isinf(values))[0]
        raise CutisError(f"ratings[{case}, {rater}] is infinite. Write nan where there is no rating.")
    kept = np.asarray(~np.isnan(values).any(axis=1))
    values = values[kept]
    # Sums of squares lose no digits around the middle; all equal becomes all zero exactly.
    centre = values[0, 0] if len(values) and np.ptp(values) == 0 else (values.mean() if len(values) else 0.0)
    return values - centre, kept


def _rows(values: Array) -> Array:
    return np.column_stack([np.ones(len(values)), values.sum(axis=1) ** 2, (values**2).sum(axis=1), values])


def _sums(values: Array) -> Array:
    return np.asarray(_rows(values).sum(axis=0)[:, None])


def _above(values: Array, floor: Array) -> Array:
    return np.asarray(np.where(values > floor, values, 0.0))
