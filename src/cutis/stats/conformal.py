"""Sets of classes that hold the truth as often as promised, whatever the model is worth.

A calibration set says how strange the truth looks to the model; classes no stranger than most truths are
kept. The promise holds on average over patients like those of the calibration set, which must not have been
trained on, and not for each kind of patient: look at coverage by class and subgroup, or ask for it by class.

    >>> limits = calibrate(strangeness(tune), truth, miss=0.1, groups=patient)
    >>> sets = prediction_sets(strangeness(test), limits)      # (cases, classes) of True and False

Photos of one patient are not independent, so that n photos of few patients promise less than n patients.
Every patient therefore counts as one, a photo as its share (`groups`): the promise is then for a photo of a
new patient. Or keep one photo of each patient by lot (`one_per_group`), which throws photos away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.classification import Figures
from cutis.stats.resampling import Weights, number_groups, sums_by_group

Array = NDArray[np.float64]
Score = Literal["threshold", "cumulative"]


def strangeness(
    probabilities: ArrayLike, score: Score = "threshold", rng: np.random.Generator | None = None
) -> Array:
    """How strange each class would be as the truth of each case.

    Args:
        probabilities: (cases, classes), rows add up to 1.
        score: "threshold" is 1 - probability (LAC), which gives the smallest sets on average; "cumulative" is
            the probability of all likelier classes (APS), which gives larger sets to hard cases and evener
            coverage; the likeliest class is always kept.
        rng: for "cumulative", adds a random part of a class's own probability, the same part for all classes
            of a case. Coverage is then evener and sets can be empty; none keeps them reproducible.

    Returns:
        (cases, classes).

    Raises:
        CutisError: no such score, or rows that are not probabilities.

    Source: Sadinle, Lei & Wasserman 2019, J Am Stat Assoc 114:223; Romano, Sesia & Candes 2020, NeurIPS
        33:3581.
    """
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2 or not np.all(table >= 0) or not np.allclose(table.sum(axis=1), 1, atol=1e-3):
        raise CutisError("probabilities are to be (cases, classes), not below 0, and rows to add up to 1.")
    if score not in get_args(Score):
        raise CutisError(f"the score is '{score}', not one of {', '.join(get_args(Score))}.")
    if score == "threshold":
        return 1 - table
    order = np.argsort(-table, axis=1, kind="stable")
    falling = np.take_along_axis(table, order, axis=1)
    likelier = np.empty_like(table)
    np.put_along_axis(likelier, order, np.cumsum(falling, axis=1) - falling, axis=1)
    likelier = np.maximum(likelier, 0.0)
    return likelier if rng is None else likelier + rng.random((len(table), 1)) * table


def calibrate(
    scores: ArrayLike,
    truth: ArrayLike,
    miss: float = 0.1,
    *,
    groups: ArrayLike | None = None,
    by_class: bool = False,
) -> Array:
    """The strangest score that is kept, for each class.

    Args:
        scores: (cases, classes) of the calibration set, from `strangeness`.
        truth: (cases,) 0 .. classes-1.
        miss: share of truths that may be missed, above 0 and below 1.
        groups: (cases,) group of each case; each group counts as one case. None: cases are independent.
        by_class: keep the promise within each class, which costs larger sets and 1 / miss groups of each.

    Returns:
        (classes,) limits; infinite where there are too few groups for the promise, so that the class is
        always kept.

    Source: Vovk, Gammerman & Shafer 2005, Algorithmic Learning in a Random World, section 4.5, for classes;
        Dunn, Wasserman & Ramdas 2023, J Am Stat Assoc 118:2491, and Lee, Barber & Willett 2023,
        Distribution-free inference with hierarchical data, for groups.
    """
    table, labels = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.intp)
    if labels.shape != table.shape[:1]:
        raise CutisError(f"scores {table.shape} and truth {labels.shape} are not of the same cases.")
    mass = np.zeros_like(table)
    mass[np.arange(len(labels)), labels] = 1.0
    return calibrate_ambiguous(table, mass, miss, groups=groups, by_class=by_class)


def calibrate_ambiguous(
    scores: ArrayLike,
    plausibilities: ArrayLike,
    miss: float = 0.1,
    *,
    groups: ArrayLike | None = None,
    by_class: bool = False,
) -> Array:
    """As `calibrate`, where raters disagree and each case has plausibilities instead of a truth.

    Calibrating on the raters' vote promises to cover votes; this is for what raters think. Each class of a
    case counts by its plausibility, which is Monte Carlo conformal prediction with no end of draws. It
    covers 1 - miss in practice, and 1 - 2 miss is proven; `draw_truth` with `calibrate` is proven for
    1 - miss, but depends on one draw per case.

    Args:
        scores: (cases, classes) of the calibration set, from `strangeness`.
        plausibilities: (cases, classes), rows add up to 1.
        miss: share of truths that may be missed, above 0 and below 1.
        groups: (cases,) group of each case; each group counts as one case.
        by_class: keep the promise within each class.

    Source: Stutz et al. 2023, Conformal prediction under ambiguous ground truth, TMLR.
    """
    table, mass = np.asarray(scores, dtype=np.float64), _plausible(plausibilities)
    if mass.shape != table.shape or not len(table):
        raise CutisError(
            f"scores {table.shape} and plausibilities {mass.shape} do not fit, or hold no cases."
        )
    if not 0 < miss < 1:
        raise CutisError(f"the share that may be missed is {miss:g}, not above 0 and below 1.")
    index, count = number_groups(np.arange(len(table)) if groups is None else groups)
    if not by_class:
        shared = mass / np.bincount(index, minlength=count)[index][:, None]
        return np.full(table.shape[1], _limit(table.ravel(), shared.ravel(), float(count), miss))
    found = np.empty(table.shape[1])
    for number, (column, weight) in enumerate(zip(table.T, mass.T, strict=True)):
        of_group = np.bincount(index, weight, minlength=count)  # plausible photos of the class
        most = np.zeros(count)
        np.maximum.at(most, index, weight)  # how far the group is one of the class
        share = np.divide(most, of_group, out=np.zeros(count), where=of_group > 0)[index] * weight
        found[number] = _limit(column, share, float(most.sum()), miss)
    return found


def prediction_sets(scores: ArrayLike, limits: ArrayLike) -> NDArray[np.bool_]:
    """Whether each class is kept. (cases, classes) scores and (classes,) limits to (cases, classes)."""
    return np.asarray(np.asarray(scores) <= np.asarray(limits) + 1e-12)


def one_per_group(groups: ArrayLike, rng: np.random.Generator) -> NDArray[np.intp]:
    """Places of one case of each group, by lot. (cases,) groups to (groups,) places, rising."""
    index, _ = number_groups(groups)
    order = rng.permutation(len(index))
    _, first = np.unique(index[order], return_index=True)
    return np.asarray(np.sort(order[first]))


def draw_truth(plausibilities: ArrayLike, rng: np.random.Generator) -> NDArray[np.intp]:
    """One class for each case, as often as it is plausible. (cases, classes) to (cases,)."""
    upto = np.cumsum(_plausible(plausibilities), axis=1)
    return np.asarray((rng.random((len(upto), 1)) * upto[:, -1:] >= upto).sum(axis=1).astype(np.intp))


def set_figures(
    sets: ArrayLike,
    plausibilities: ArrayLike,
    labels: Sequence[str],
    index: ArrayLike,
    count: int,
    *,
    per_group: bool = False,
) -> Figures:
    """What sets are worth, as a statistic for `classification.estimates`.

    Args:
        sets: (cases, classes) from `prediction_sets`.
        plausibilities: (cases, classes); of a certain truth ``np.eye(classes)[truth]``.
        labels: names of the classes.
        index: (cases,) group of each case, see `resampling.number_groups`.
        count: number of groups.
        per_group: every group counts as one and its cases as shares of it, which is what limits that were
            calibrated with ``groups`` promise; else all cases count alike.

    Returns:
        Figures ``coverage`` (plausibility that is in the set), ``set_size`` (mean number of classes),
        ``single`` and ``empty`` (shares of cases), and ``coverage_<label>`` of the cases of each class.
    """
    kept, mass = np.asarray(sets, dtype=np.float64), _plausible(plausibilities)
    sizes, groups = kept.sum(axis=1), np.asarray(index)
    share = 1.0 / np.bincount(groups)[groups] if per_group else np.ones(len(kept))
    columns = [np.ones(len(kept)), (kept * mass).sum(axis=1), sizes, sizes == 1, sizes == 0]
    columns = [share * column for column in (*columns, *mass.T, *(kept * mass).T)]
    zero = np.zeros(len(kept), dtype=np.intp)
    sums = [sums_by_group(zero, groups, count, 1, column) for column in columns]
    classes = len(labels)

    def statistic(weights: Weights) -> Array:
        table = np.concatenate([np.asarray(one @ weights, dtype=np.float64) for one in sums])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.concatenate([table[1:5] / table[0], table[5 + classes :] / table[5 : 5 + classes]])

    support = [count, 0, count, count]
    support += [len(np.unique(groups[column > 0])) for column in mass.T]
    names = ("coverage", "set_size", "single", "empty", *(f"coverage_{label}" for label in labels))
    return Figures(names, tuple(support), statistic)


def _limit(scores: Array, mass: Array, groups: float, miss: float) -> float:
    """Smallest score up to which lies a mass of (1 - miss) (groups + 1): one more for the new patient."""
    order = np.argsort(scores, kind="stable")
    upto = np.cumsum(mass[order])
    enough = np.flatnonzero(upto >= (1 - miss) * (groups + 1) - 1e-9)
    return float(scores[order][enough[0]]) if len(enough) else float("inf")


def _plausible(plausibilities: ArrayLike) -> Array:
    mass = np.asarray(plausibilities, dtype=np.float64)
    if mass.ndim != 2 or not np.all(mass >= 0) or not np.allclose(mass.sum(axis=1), 1, atol=1e-6):
        raise CutisError("plausibilities are to be (cases, classes), not below 0, and rows to add up to 1.")
    return mass
