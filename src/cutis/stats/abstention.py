"""What is gained by handing the least sure cases to a person: risk against the share that is answered.

Cases are answered from the surest down. Where several are equally sure they are answered together, so that
nothing hangs on the order of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.classification import Figures
from cutis.stats.resampling import Weights, sums_by_group

Array = NDArray[np.float64]
AREAS = ("risk", "risk_coverage_area", "risk_coverage_area_excess")


@dataclass(frozen=True)
class RiskCoverage:
    """A risk-coverage curve.

    Attributes:
        threshold: (points,) cases at least so sure are answered, falling.
        coverage: (points,) share of cases that is answered, rising to 1.
        risk: (points,) mean loss of the answered.
    """

    threshold: Array
    coverage: Array
    risk: Array


def risk_coverage(sureness: ArrayLike, loss: ArrayLike) -> RiskCoverage:
    """The curve of the cases at hand.

    Args:
        sureness: (cases,) any finite scale, such as the probability of the named class; higher is surer.
        loss: (cases,) 1 for a wrong answer and 0 for a right one, or any other loss.

    Raises:
        CutisError: no cases, or values that are not finite.
    """
    sure, losses = _checked(sureness, loss)
    levels, level = np.unique(-sure, return_inverse=True)
    answered, lost = np.cumsum(np.bincount(level)), np.cumsum(np.bincount(level, losses))
    return RiskCoverage(-levels, answered / len(sure), lost / answered)


def abstention_figures(
    sureness: ArrayLike,
    loss: ArrayLike,
    index: ArrayLike,
    count: int,
    coverages: Sequence[float] = (0.5, 0.7, 0.8, 0.9, 0.95),
) -> Figures:
    """Risks when part of the cases is answered, as a statistic for `classification.estimates`.

    Args:
        sureness: (cases,) as for `risk_coverage`.
        loss: (cases,) 1 for a wrong answer and 0 for a right one; with other losses the excess means nothing.
        index: (cases,) group of each case, see `resampling.number_groups`.
        count: number of groups.
        coverages: shares of cases answered, above 0 and up to 1. Of equally sure cases such a part is
            answered as fits.

    Returns:
        ``risk`` of answering all; ``risk_coverage_area``, the mean risk over all shares answered (AURC); its
        excess over that of a source that is least sure exactly where it is wrong; and ``risk_at_<percent>``.

    Raises:
        CutisError: no cases, values that are not finite, or a coverage that is none.

    Source: Geifman & El-Yaniv 2017, NeurIPS 30; Geifman, Uziel & El-Yaniv 2019, ICLR, for the excess.
    """
    sure, losses = _checked(sureness, loss)
    if not all(0 < share <= 1 for share in coverages):
        raise CutisError("coverages are shares of cases, above 0 and up to 1.")
    levels, level = np.unique(-sure, return_inverse=True)
    cases = sums_by_group(level, index, count, len(levels))
    lost = sums_by_group(level, index, count, len(levels), losses)

    def statistic(weights: Weights) -> Array:
        on, off = (np.asarray(table @ weights, dtype=np.float64) for table in (cases, lost))
        answered, wrong = np.cumsum(on, axis=0), np.cumsum(off, axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            risks = np.where(answered > 0, wrong / answered, 0.0)
        total, risk = answered[-1], wrong[-1] / answered[-1]
        area = np.sum(on * risks, axis=0) / total
        at = [_at(answered, wrong, share) for share in coverages]
        return np.stack([risk, area, area - _best_area(risk, total), *at])

    names = (*AREAS, *(f"risk_at_{100 * share:g}" for share in coverages))
    return Figures(names, (count, 0, 0, *(0 for _ in coverages)), statistic)


def _at(answered: Array, wrong: Array, share: float) -> Array:
    """Mean loss of the surest share; the cases of the last level count in part. (replicates,)."""
    wanted, found = share * answered[-1], np.empty(answered.shape[1])
    for replicate, most in enumerate(wanted):
        upto = np.concatenate([[0.0], answered[:, replicate]])
        found[replicate] = np.interp(most, upto, np.concatenate([[0.0], wrong[:, replicate]])) / most
    return found


def _best_area(risk: Array, total: Array) -> Array:
    """Area of a source whose wrong answers all come last, counted case by case."""
    wrong = np.rint(risk * total).astype(int)
    found = np.zeros(len(wrong))
    for replicate, (misses, cases) in enumerate(zip(wrong, np.rint(total).astype(int), strict=True)):
        rank = np.arange(1, misses + 1)
        found[replicate] = np.sum(rank / (cases - misses + rank)) / cases
    return found


def _checked(sureness: ArrayLike, loss: ArrayLike) -> tuple[Array, Array]:
    sure, losses = np.asarray(sureness, dtype=np.float64), np.asarray(loss, dtype=np.float64)
    if sure.shape != losses.shape or sure.ndim != 1 or not len(sure):
        raise CutisError(f"sureness {sure.shape} and loss {losses.shape} are not one list of cases.")
    if not (np.all(np.isfinite(sure)) and np.all(np.isfinite(losses))):
        raise CutisError("a sureness or a loss is missing or infinite.")
    return sure, losses
