"""ROC curves of several readers, and one curve for all of them.

The mean of the readers' sensitivities at a fixed specificity, and the mean along the lines on which
sensitivity and specificity differ by the same amount, are both without any model, and the area under either
is the mean of the readers' areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.stats.discrimination import Roc, ladder, roc_curve, roc_replicates
from cutis.stats.mrmc import Random, analyse
from cutis.stats.mrmc_covariance import ReaderAreas
from cutis.stats.mrmc_design import Study
from cutis.stats.resampling import Weights, bootstrap

Array = NDArray[np.float64]
Along = Literal["specificity", "diagonal"]


@dataclass(frozen=True, eq=False)
class AverageCurve:
    """The readers' average ROC curve under one treatment.

    Attributes:
        false_positive_rate: (points,) rising.
        sensitivity: (points,) the average.
        low: (points,) lower end of its interval, point by point.
        high: (points,) upper end.
    """

    false_positive_rate: Array
    sensitivity: Array
    low: Array
    high: Array


def reader_curves(asked: Study, treatment: int) -> dict[str, Roc]:
    """The ROC curve of every reader who took part in a treatment.

    Args:
        asked: from `mrmc_design.study`.
        treatment: its number.
    """
    found = {}
    for number in np.flatnonzero(asked.took_part[:, treatment]):
        ratings = asked.ratings[number, treatment]
        read = ~np.isnan(ratings)
        found[asked.readers[number]] = roc_curve(asked.truth[read], ratings[read])
    return found


def average_points(
    asked: Study, treatment: int, *, along: Along = "specificity", points: int = 101
) -> tuple[Array, Array]:
    """The readers' average ROC curve, nothing assumed of its form.

    Args:
        asked: from `mrmc_design.study`.
        treatment: its number.
        along: "specificity" takes the mean of sensitivities at each specificity, "diagonal" the mean along
            lines at right angles to the diagonal of chance.
        points: how many.

    Returns:
        (points,) false positive rates and (points,) sensitivities, both from 0 to 1. Where curves rise
        straight up, the mean at a specificity is that from the right: at 0 false alarms the curve may
        begin above 0.

    Raises:
        CutisError: there is no such way.

    Source: Chen & Samuelson 2014, Br J Radiol 87:20140016.
    """
    curves = reader_curves(asked, treatment).values()
    if along == "specificity":
        rates = np.linspace(0, 1, points)
        return rates, np.mean([_sensitivity_at(curve, rates) for curve in curves], axis=0)
    if along != "diagonal":
        raise CutisError(f"along is '{along}', not one of {', '.join(get_args(Along))}.")
    sums = np.linspace(0, 2, points)  # false positive rate plus sensitivity, the same on each line
    rates = np.mean(
        [np.interp(sums, c.false_positive_rate + c.sensitivity, c.false_positive_rate) for c in curves],
        axis=0,
    )
    return rates, sums - rates


def average_curve(
    asked: Study,
    treatment: int,
    *,
    random: Random = "both",
    replicates: int = 500,
    rng: np.random.Generator,
    points: int = 61,
    confidence: float = 0.95,
) -> AverageCurve:
    """The mean of the readers' sensitivities at each specificity, with a band.

    The band is made point by point: patients are drawn anew for how the readers' sensitivities vary together
    over cases, and then the interval of their mean is that of any other figure (see `mrmc.analyse`), so that
    it is meant for other readers and other cases as the areas are. It is cut at 0 and 1.

    Args:
        asked: from `mrmc_design.study`.
        treatment: its number.
        random: what the band is meant for; one reader can only be as he or she is ("cases").
        replicates: draws of patients.
        rng: source of the draws.
        points: how many specificities.
        confidence: of each point's interval.
    """
    there = np.flatnonzero(asked.took_part[:, treatment])
    rates = np.linspace(0, 1, points)
    sorted_ratings = []
    for number in there:
        ratings = asked.ratings[number, treatment]
        read = ~np.isnan(ratings)
        sorted_ratings.append(ladder(asked.truth[read], ratings[read], asked.index[read], asked.count))

    def statistic(weights: Weights) -> Array:
        return np.concatenate([roc_replicates(one, weights, rates) for one in sorted_ratings])

    curves = reader_curves(asked, treatment).values()
    values = np.stack([_sensitivity_at(curve, rates) for curve in curves])  # (readers, points)
    draws = bootstrap(statistic, asked.count, replicates, rng).reshape(len(there), points, replicates)
    draws = draws[:, :, ~np.isnan(draws).any(axis=(0, 1))]
    names = tuple(asked.readers[number] for number in there)
    ends = np.empty((2, points))
    for point in range(points):
        covariance = np.atleast_2d(np.cov(draws[:, point]))
        figures = ReaderAreas(
            values[:, point, None],
            covariance[:, None, :, None],
            names,
            (asked.treatments[treatment],),
            "bootstrap",
        )
        found = analyse(figures, random if len(there) > 1 else "cases", confidence=confidence).areas[0]
        ends[:, point] = found.low, found.high
    return AverageCurve(rates, values.mean(axis=0), *np.clip(ends, 0, 1))


def _sensitivity_at(curve: Roc, rates: Array) -> Array:
    """Sensitivity at false positive rates, the upper end where the curve rises straight up."""
    # Of points at the same rate, numpy's interpolation takes the last.
    return np.asarray(np.interp(rates, curve.false_positive_rate, curve.sensitivity))
