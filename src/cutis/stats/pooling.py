"""From the probabilities of a patient's lesions to one for the patient.

A patient is the distribution of the lesions' probabilities, not their number: every pooling is a function
of the distinct probabilities and of the share of the patient's lesions that have each. Photographing every
lesion twice changes neither, and so not one bit of the answer. What was pooled stands in log odds, and two
more numbers (Platt's) make it the probability of a patient.

All poolings but ``attention`` rise, or stay, when a lesion's probability rises. ``attention`` may sink a
little: a lesion that is less innocent than before takes attention away from the worst one.

Source: Ilse et al. 2018, Attention-based deep multiple instance learning (attention); Pinheiro & Collobert
2015, From image-level to pixel-level labeling (log-mean-exp); Platt 1999 and Lin et al. 2007, Mach Learn
68:267 (calibration).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError, OneClassError
from cutis.core.operating_point import POOLINGS, Pooling
from cutis.stats.resampling import number_groups

SHARPNESSES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # tried on the tune split; 0 would be the mean of the log odds
_LEAST = 1e-6  # a lesion is never surer than this, so that one cannot outweigh all others without end
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lesions:
    """Lesions of several patients.

    Attributes:
        score: (lesions,) probability of what is looked for, 0..1.
        truth: (lesions,) 0 or 1; a patient with any positive lesion is positive.
        groups: (lesions,) patient of each.
    """

    score: NDArray[np.float64]
    truth: NDArray[np.bool_]
    groups: NDArray[np.generic]

    @property
    def patients(self) -> NDArray[np.bool_]:
        """(patients,) whether each is positive, in the order of their sorted names."""
        index, count = number_groups(self.groups)
        positive = np.zeros(count, dtype=np.bool_)
        positive[index[np.asarray(self.truth).astype(bool)]] = True
        return positive


@dataclass(frozen=True)
class _Distinct:
    """The distinct probabilities of each patient, rising, patient by patient."""

    value: Floats  # (values,)
    weight: Floats  # (values,) share of the patient's lesions that have it
    patient: NDArray[np.intp]  # (values,)
    start: NDArray[np.intp]  # (patients,) where each patient's begin

    @property
    def odds(self) -> Floats:
        """(values,) log odds."""
        return np.asarray(np.log(self.value) - np.log1p(-self.value))

    def total(self, values: Floats) -> Floats:
        """(patients,) sums."""
        return np.asarray(np.add.reduceat(values, self.start))


def pooled(scores: ArrayLike, groups: ArrayLike, pooling: Pooling) -> Floats:
    """Probability of each patient.

    Args:
        scores: (lesions,) probability of each lesion, 0..1.
        groups: (lesions,) patient of each.
        pooling: how.

    Returns:
        (patients,) 0..1, in the order of their sorted names.

    Raises:
        CutisError: no lesion, a score that is no probability, or a pooling that is not known.
    """
    index, _ = number_groups(groups)
    return _calibrated(_log_odds(_distinct(scores, index), pooling), pooling)


def attention(scores: ArrayLike, pooling: Pooling) -> Floats:
    """How much of one patient's answer comes from each lesion.

    Args:
        scores: (lesions,) of one patient, 0..1.
        pooling: how they are pooled.

    Returns:
        (lesions,) shares that add up to 1: of the probabilities pooled, or of the attention paid.

    Raises:
        CutisError: as `pooled`.
    """
    lesions = _distinct(scores, np.zeros(len(np.asarray(scores)), dtype=np.intp))
    parts = _METHODS[_known(pooling)].parts(lesions, pooling)
    values = _clipped(scores)
    place = np.searchsorted(lesions.value, values)
    each = (parts / lesions.weight)[place]  # lesions that are alike share alike
    return np.asarray(each / each.sum())


def fit_pooling(tune: Lesions, method: str, share: float = 0.25) -> Pooling:
    """The pooling under which the patients of a tune split are most likely.

    Two numbers of the calibration, and for ``attention`` and ``smooth_max`` the sharpness, out of
    `SHARPNESSES`. More could not be learnt from the few dozen patients that a tune split has.

    Args:
        tune: lesions that no network was trained on.
        method: one of `POOLINGS`.
        share: of the lesions, that ``top`` looks at.

    Raises:
        OneClassError: only positive patients or only negative ones.
        CutisError: as `pooled`.
    """
    truth = tune.patients
    if truth.all() or not truth.any():
        only = "positive" if truth.any() else "negative"
        raise OneClassError(f"all {len(truth)} patients are {only}: no pooling can be fitted. Add others.")
    index, _ = number_groups(tune.groups)
    lesions = _distinct(tune.score, index)
    start = Pooling(method, share)
    sharpnesses = SHARPNESSES if _METHODS[_known(start)].sharp else (start.sharpness,)
    fits = []
    for sharpness in sharpnesses:
        found = replace(start, sharpness=sharpness)
        loss, slope, offset = _platt(_log_odds(lesions, found), truth)
        fits.append((loss, replace(found, slope=slope, offset=offset)))
    return min(fits, key=lambda fit: fit[0])[1]


def _clipped(scores: ArrayLike) -> Floats:
    values = np.asarray(scores, dtype=np.float64)
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise CutisError(f"a lesion's score is {wrong.flat[0]:g}, not a probability from 0 to 1.")
    return np.clip(values, _LEAST, 1 - _LEAST)


def _distinct(scores: ArrayLike, index: NDArray[np.intp]) -> _Distinct:
    values = _clipped(scores)
    if values.ndim != 1 or values.shape != index.shape:
        raise ValueError(f"scores {values.shape} and groups {index.shape} are not one list of lesions.")
    if not len(values):
        raise CutisError(
            "there is no lesion to score. Without one a patient has no answer, not a harmless one."
        )
    order = np.lexsort((values, index))
    values, index = values[order], index[order]
    new = np.concatenate([[True], (values[1:] != values[:-1]) | (index[1:] != index[:-1])])
    first = np.flatnonzero(new)
    alike = np.diff(np.append(first, len(values)))
    patient = index[first]
    start = np.flatnonzero(np.concatenate([[True], patient[1:] != patient[:-1]]))
    lesions = np.add.reduceat(alike, start)
    return _Distinct(values[first], alike / lesions[patient], patient, start)


def _top_part(lesions: _Distinct, pooling: Pooling) -> Floats:
    """(values,) share of the patient's lesions that is of this value and in the top share."""
    if not 0 < pooling.share <= 1:
        raise CutisError(
            f"the share of lesions to look at is {pooling.share:g}; name one above 0, at most 1."
        )
    upto = np.cumsum(lesions.weight)  # over all patients, each adding one
    above = (lesions.patient + 1.0) - upto
    return np.clip(pooling.share - above.round(9), 0, lesions.weight)


def _attended(lesions: _Distinct, pooling: Pooling) -> Floats:
    """(values,) attention, which adds up to one in each patient."""
    if pooling.sharpness < 0:
        raise CutisError(f"the sharpness of a pooling is {pooling.sharpness:g}; name one of 0 or above.")
    powers = lesions.weight * np.exp(pooling.sharpness * (lesions.odds - _highest(lesions)))
    return np.asarray(powers / lesions.total(powers)[lesions.patient])


def _highest(lesions: _Distinct) -> Floats:
    """(values,) the patient's highest log odds."""
    return np.asarray(np.maximum.reduceat(lesions.odds, lesions.start)[lesions.patient])


def _mean(lesions: _Distinct, pooling: Pooling) -> Floats:
    return _odds(lesions.total(lesions.weight * lesions.value))


def _top(lesions: _Distinct, pooling: Pooling) -> Floats:
    part = _top_part(lesions, pooling)
    return _odds(lesions.total(part * lesions.value) / lesions.total(part))


def _noisy_or(lesions: _Distinct, pooling: Pooling) -> Floats:
    return np.asarray(np.log(np.expm1(-lesions.total(lesions.weight * np.log1p(-lesions.value)))))


def _attention(lesions: _Distinct, pooling: Pooling) -> Floats:
    return lesions.total(_attended(lesions, pooling) * lesions.odds)


def _smooth_max(lesions: _Distinct, pooling: Pooling) -> Floats:
    sharp, highest = pooling.sharpness, _highest(lesions)
    if sharp < 1e-6:
        return lesions.total(lesions.weight * lesions.odds)
    mean = lesions.total(lesions.weight * np.exp(sharp * (lesions.odds - highest)))
    return np.asarray(np.log(mean) / sharp + highest[lesions.start])


@dataclass(frozen=True)
class _Method:
    score: Callable[[_Distinct, Pooling], Floats]  # (patients,) log odds
    parts: Callable[[_Distinct, Pooling], Floats]  # (values,) what each adds, on any scale
    sharp: bool = False


_METHODS = {
    "mean": _Method(_mean, lambda lesions, pooling: lesions.weight * lesions.value),
    "top": _Method(_top, lambda lesions, pooling: _top_part(lesions, pooling) * lesions.value),
    "noisy_or": _Method(_noisy_or, lambda lesions, pooling: -lesions.weight * np.log1p(-lesions.value)),
    "attention": _Method(_attention, _attended, sharp=True),
    "smooth_max": _Method(_smooth_max, _attended, sharp=True),
}


def _known(pooling: Pooling) -> str:
    if pooling.method not in _METHODS:
        raise CutisError(f"there is no pooling '{pooling.method}'. Expected one of {', '.join(POOLINGS)}.")
    return pooling.method


def _log_odds(lesions: _Distinct, pooling: Pooling) -> Floats:
    return _METHODS[_known(pooling)].score(lesions, pooling)


def _odds(probability: Floats) -> Floats:
    inside = np.clip(probability, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _calibrated(odds: Floats, pooling: Pooling) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(pooling.slope * odds + pooling.offset))


def _platt(odds: Floats, truth: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Loss, slope and offset of the likeliest calibration; never one that turns the order round.

    Platt's targets, a little inside 0 and 1, keep it finite where the classes are apart.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    positives, negatives = int(truth.sum()), int((~truth).sum())
    wanted = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    centre, spread = float(odds.mean()), float(odds.std()) or 1.0
    scaled = (odds - centre) / spread

    def loss(numbers: Floats) -> tuple[float, Floats]:
        said = numbers[0] * scaled + numbers[1]
        gap = expit(said) - wanted
        value = float(np.mean(np.logaddexp(0, said) - wanted * said))
        return value, np.array([np.mean(gap * scaled), np.mean(gap)])

    prior = float(np.log(positives / negatives))
    bounds = [(1e-3, None), (None, None)]
    found = minimize(loss, np.array([1.0, prior]), jac=True, method="L-BFGS-B", bounds=bounds)
    slope = float(found.x[0]) / spread
    return float(found.fun), slope, float(found.x[1]) - slope * centre
