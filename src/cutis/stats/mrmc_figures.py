"""Figures of merit of one reader under one treatment: AUC, sensitivity and specificity.

Each is a mean over positive cases, over negative cases, or over pairs of both. What every patient adds to it
is all that DeLong's covariance needs, and how it changes when patients count more or less is all that the
jackknife and the bootstrap need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.stats.discrimination import ladder, weighted_auc
from cutis.stats.mrmc_design import Study
from cutis.stats.resampling import Statistic, Weights, sums_by_group

Array = NDArray[np.float64]
Figure = Literal["auc", "sensitivity", "specificity"]


@dataclass(frozen=True, eq=False)
class Shares:
    """A figure and what each patient adds to it beyond a fair share.

    Attributes:
        value: the figure.
        positives: (patients,) what a patient's positive cases add; adds up to 0.
        negatives: (patients,) what a patient's negative cases add; adds up to 0.
        with_positives: (patients,) whether the reader read a positive case of the patient.
        with_negatives: (patients,) whether the reader read a negative case of the patient.
    """

    value: float
    positives: Array
    negatives: Array
    with_positives: NDArray[np.bool_]
    with_negatives: NDArray[np.bool_]


def check_figure(figure: Figure, threshold: float | None) -> None:
    """Refuse a figure that is not known, or that lacks the rating from which a case counts as called.

    Raises:
        CutisError: says which.
    """
    if figure not in get_args(Figure):
        raise CutisError(f"figure is '{figure}', not one of {', '.join(get_args(Figure))}.")
    if figure != "auc" and (threshold is None or not np.isfinite(threshold)):
        raise CutisError(
            f"{figure} needs a threshold: the rating from which a case counts as called positive."
        )


def shares(
    asked: Study, reader: int, treatment: int, figure: Figure = "auc", threshold: float | None = None
) -> Shares:
    """A figure of one reader under one treatment, and what it is made of.

    Args:
        asked: from `mrmc_design.study`.
        reader: number of one who took part in the treatment.
        treatment: number.
        figure: AUC of the ratings, or sensitivity or specificity of the calls.
        threshold: a case is called positive at this rating or above; not for the AUC.
    """
    truth, ratings, index = _read(asked, reader, treatment)
    above, below = _placements(truth, ratings, figure, _limit(threshold))
    value = float(above.mean() if figure != "specificity" else below.mean())
    count = asked.count
    parts: list[Array] = []
    present: list[NDArray[np.bool_]] = []
    for placed, members in ((above, truth), (below, ~truth)):
        apart = (placed - placed.mean()) / len(placed)
        parts.append(np.bincount(index[members], apart, minlength=count).astype(np.float64))
        present.append(np.bincount(index[members], minlength=count) > 0)
    return Shares(value, parts[0], parts[1], present[0], present[1])


def statistic(
    asked: Study, reader: int, treatment: int, figure: Figure = "auc", threshold: float | None = None
) -> Statistic:
    """The same figure as a function of how often each patient counts: (1, replicates)."""
    truth, ratings, index = _read(asked, reader, treatment)
    if figure == "auc":
        sorted_ratings = ladder(truth, ratings, index, asked.count)
        return lambda weights: weighted_auc(sorted_ratings, weights)[None]
    members = truth if figure == "sensitivity" else ~truth
    right = (ratings >= _limit(threshold)) == truth
    rows = right[members].astype(np.intp)
    sums = sums_by_group(rows, index[members], asked.count, 2)

    def share(weights: Weights) -> Array:
        wrong, good = np.asarray(sums @ weights, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            return np.asarray(good / (wrong + good))[None]

    return share


def _read(asked: Study, reader: int, treatment: int) -> tuple[NDArray[np.bool_], Array, NDArray[np.intp]]:
    """Truth, ratings and patients of the cases that were read."""
    ratings = asked.ratings[reader, treatment]
    read = ~np.isnan(ratings)
    return asked.truth[read], ratings[read], asked.index[read]


def _placements(
    truth: NDArray[np.bool_], ratings: Array, figure: Figure, limit: float
) -> tuple[Array, Array]:
    """(positives,) and (negatives,) what each case adds, before it is divided by their number."""
    ups, downs = ratings[truth], ratings[~truth]
    if figure == "auc":
        return _share_below(np.sort(downs), ups), 1.0 - _share_below(np.sort(ups), downs)
    if figure == "sensitivity":
        return (ups >= limit).astype(np.float64), np.zeros(len(downs))
    return np.zeros(len(ups)), (downs < limit).astype(np.float64)


def _limit(threshold: float | None) -> float:
    return float("nan") if threshold is None else threshold


def _share_below(others: Array, values: Array) -> Array:
    lower = np.searchsorted(others, values, side="left") + np.searchsorted(others, values, side="right")
    return np.asarray(lower / (2.0 * len(others)))
