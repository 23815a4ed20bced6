"""How much a measure has to change before it is more than the measuring: from repeated measurements.

    standard error of measurement     what one measurement is off by: the spread within a subject
    smallest detectable change        1.96 * sqrt(2) of it: what two measurements of an unchanged subject
                                      differ by less than, 95 times in 100; the coefficient of repeatability

Both rest on the spread within subjects alone, so that subjects may differ from each other as they like.
Where the error grows with the measure, as that of lengths and areas often does, the same holds for ratios, on
logarithms.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.intervals import Estimate
from cutis.stats.resampling import number_groups

Scale = Literal["difference", "ratio"]
Verdict = Literal["higher", "lower", "within"]


@dataclass(frozen=True)
class Repeatability:
    """What repeated measurements of the same subjects say about the measuring.

    Attributes:
        subjects: that were measured at least twice.
        measurements: of these subjects, together.
        scale: of the errors: ``difference`` in the measure's own unit, ``ratio`` on natural logarithms.
        sem: standard error of measurement with its interval.
        smallest_change: smallest detectable change between two single measurements, with its interval.
        confidence: of the smallest detectable change and of the intervals.
        grows: rank correlation of the subjects' spread with their mean, -1..1: far above 0 asks for ratios;
            not a number with fewer than four subjects.
    """

    subjects: int
    measurements: int
    scale: Scale
    sem: Estimate
    smallest_change: Estimate
    confidence: float
    grows: float

    def between(self, before: int = 1, after: int = 1) -> Estimate:
        """Smallest detectable change between means of several measurements each.

        Args:
            before: measurements that the first mean is of.
            after: measurements that the second mean is of.

        Raises:
            ValueError: fewer than one.
        """
        if min(before, after) < 1:
            raise ValueError(f"{before} and {after} measurements: there is no mean of fewer than one.")
        share = float(np.sqrt((1 / before + 1 / after) / 2))
        each = self.smallest_change
        return Estimate(each.value * share, each.low * share, each.high * share)

    def to_dict(self) -> dict[str, Any]:
        """Plain data; the inverse is `from_dict`."""
        return asdict(self) | {"grows": None if np.isnan(self.grows) else self.grows}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Repeatability:
        """The inverse of `to_dict`.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        if data["scale"] not in get_args(Scale):
            raise ValueError(f"scale is '{data['scale']}', not one of {', '.join(get_args(Scale))}")
        return Repeatability(
            subjects=int(data["subjects"]),
            measurements=int(data["measurements"]),
            scale=data["scale"],
            sem=Estimate(**data["sem"]),
            smallest_change=Estimate(**data["smallest_change"]),
            confidence=float(data["confidence"]),
            grows=float("nan") if data["grows"] is None else float(data["grows"]),
        )


@dataclass(frozen=True)
class Change:
    """A difference between two measurements of one subject, judged by what the measuring can tell.

    Attributes:
        before, after: the measurements.
        difference: after less before.
        smallest_change: what the size of the difference has to pass, in the measure's unit; of ratios as
            seen from ``before``, which is further upwards than downwards.
        verdict: ``higher`` or ``lower`` past it, else ``within`` repeatability; ``within`` too where no
            repeats differed.
        sure: the verdict is the same at both ends of the interval of the smallest detectable change, and
            repeats differed at all.
    """

    before: float
    after: float
    difference: float
    smallest_change: float
    verdict: Verdict
    sure: bool


def repeatability(
    values: ArrayLike,
    subjects: ArrayLike | None = None,
    *,
    scale: Scale = "difference",
    confidence: float = 0.95,
) -> Repeatability:
    """Standard error of measurement and smallest detectable change from repeated measurements.

    Args:
        values: (subjects, repeats), or (measurements,) with ``subjects``; those not a number are left out,
            and subjects may have different numbers of repeats.
        subjects: (measurements,) whose each measurement is.
        scale: ``ratio`` takes logarithms first; values are then above 0.
        confidence: of the change and of the intervals.

    Raises:
        CutisError: no subject was measured twice, or values for ratios are not above 0.

    Source: Bland & Altman 1996, BMJ 313:744 (within-subject standard deviation); 1999, Stat Methods Med Res
    8:135; the interval is the exact one of a variance, for normal errors.
    """
    from scipy.special import ndtri
    from scipy.stats import chi2

    if scale not in get_args(Scale):
        raise ValueError(f"scale is '{scale}', not one of {', '.join(get_args(Scale))}.")
    numbers, index = _long(values, subjects)
    if scale == "ratio":
        if (numbers <= 0).any():
            raise CutisError(
                f"a measurement is {numbers.min():g}: ratios need values above 0. Use differences instead."
            )
        numbers = np.log(numbers)
    count, mean, squares = _within(numbers, index)
    free = int(np.sum(count - 1))
    if free == 0:
        raise CutisError("no subject was measured twice. Give at least two measurements of one subject.")
    sem = float(np.sqrt(squares.sum() / free))
    tails = chi2.ppf([(1 + confidence) / 2, (1 - confidence) / 2], free)
    low, high = (float(np.sqrt(squares.sum() / tail)) for tail in tails)
    factor = float(np.sqrt(2) * ndtri((1 + confidence) / 2))
    return Repeatability(
        subjects=len(count),
        measurements=int(count.sum()),
        scale=scale,
        sem=Estimate(sem, low, high),
        smallest_change=Estimate(factor * sem, factor * low, factor * high),
        confidence=confidence,
        grows=_grows(mean, np.sqrt(squares / (count - 1))),
    )


def judge(before: float, after: float, known: Repeatability, *, repeats: tuple[int, int] = (1, 1)) -> Change:
    """Whether a difference is more than the measuring.

    Repeats that never differed, such as a few equal counts, do not say how much a measure differs by itself:
    with a standard error of 0 no change is shown.

    Args:
        before: a measurement, or the mean of several.
        after: likewise, later.
        known: of the same measure, place and way of measuring.
        repeats: measurements that each is the mean of.

    Raises:
        CutisError: of ratios, a measurement is not above 0.
    """
    limit = known.between(*repeats)
    if known.scale == "ratio":
        if min(before, after) <= 0:
            raise CutisError(f"{before:g} and {after:g}: ratios need measurements above 0.")
        size = float(np.log(after / before))
        needed = before * abs(float(np.expm1(limit.value if size >= 0 else -limit.value)))
    else:
        size, needed = after - before, limit.value
    if known.sem.value == 0:
        return Change(before, after, after - before, needed, "within", sure=False)
    past = [abs(size) > end for end in (limit.value, limit.low, limit.high)]
    verdict: Verdict = "within" if not past[0] else "higher" if size > 0 else "lower"
    return Change(before, after, after - before, needed, verdict, sure=past[1] == past[2])


def band(before: float, known: Repeatability, *, repeats: tuple[int, int] = (1, 1)) -> tuple[float, float]:
    """What a later measurement lies in, 95 times in 100, while nothing has changed.

    Args:
        before: the measurement that later ones are compared with.
        known: see `judge`.
        repeats: see `judge`.
    """
    limit = known.between(*repeats).value
    if known.scale == "ratio":
        return before * float(np.exp(-limit)), before * float(np.exp(limit))
    return before - limit, before + limit


@dataclass(frozen=True)
class Agreement:
    """Differences between two ways, or two occasions, of measuring the same subjects.

    Attributes:
        subjects: measured both ways.
        bias: mean difference, second less first.
        spread: standard deviation of the differences.
        lower, upper: limits of agreement, which hold 95 of 100 differences.
    """

    subjects: int
    bias: Estimate
    spread: float
    lower: Estimate
    upper: Estimate


def limits_of_agreement(first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> Agreement:
    """Bland and Altman's limits with their intervals.

    Args:
        first: (subjects,) measured one way.
        second: (subjects,) measured the other; pairs of which one is not a number are left out.
        confidence: of limits and intervals.

    Raises:
        CutisError: fewer than three pairs.

    Source: Bland & Altman 1999, Stat Methods Med Res 8:135, section 3.
    """
    from scipy.special import ndtri
    from scipy.stats import t

    pairs = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    pairs = pairs[np.isfinite(pairs)]
    many = len(pairs)
    if many < 3:
        raise CutisError(f"{many} pairs of measurements: limits of agreement need at least three.")
    bias, spread = float(pairs.mean()), float(pairs.std(ddof=1))
    wide, reach = float(ndtri((1 + confidence) / 2)), float(t.ppf((1 + confidence) / 2, many - 1))
    of_bias = reach * spread / np.sqrt(many)
    of_limit = reach * spread * np.sqrt(1 / many + wide**2 / (2 * (many - 1)))

    def about(value: float, half: float) -> Estimate:
        return Estimate(value, value - half, value + half)

    return Agreement(
        many,
        about(bias, of_bias),
        spread,
        about(bias - wide * spread, of_limit),
        about(bias + wide * spread, of_limit),
    )


def _long(values: ArrayLike, subjects: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Measurements one below the other, with the number of each one's subject."""
    numbers = np.asarray(values, dtype=np.float64)
    if subjects is None:
        if numbers.ndim != 2:
            raise ValueError(f"values have the shape {numbers.shape}; expected (subjects, repeats).")
        index = np.repeat(np.arange(numbers.shape[0]), numbers.shape[1])
        numbers = numbers.ravel()
    else:
        index, _ = number_groups(subjects)
        if numbers.shape != index.shape:
            raise ValueError(f"{numbers.shape} measurements need as many subjects; got {index.shape}.")
    known = np.isfinite(numbers)
    return numbers[known], index[known]


def _within(
    numbers: NDArray[np.float64], index: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of each subject measured at least twice: how often, mean, squared distances from it."""
    size = int(index.max()) + 1 if len(index) else 0
    count: NDArray[np.float64] = np.asarray(np.bincount(index, minlength=size), dtype=np.float64)
    mean: NDArray[np.float64] = np.bincount(index, numbers, size) / np.maximum(count, 1)
    apart = numbers - mean[index]
    apart[np.abs(apart) <= 1e-12 * np.abs(mean[index])] = 0.0  # rounding of a mean of equal repeats
    squares = np.asarray(np.bincount(index, apart**2, size), dtype=np.float64)
    again = count > 1
    return count[again], mean[again], squares[again]


def _grows(mean: NDArray[np.float64], spread: NDArray[np.float64]) -> float:
    from scipy.stats import spearmanr

    if len(mean) < 4 or np.ptp(mean) == 0 or np.ptp(spread) == 0:
        return float("nan")
    return float(spearmanr(mean, spread).statistic)
