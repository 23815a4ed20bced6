"""Where a person stands among peers: quantiles of a measure by age, and the percentile of a value.

At each age of a grid the quantiles are those of the people near it, who count the less the further off their
age is; the trends of mean and spread with age are taken out before and put back after, so that the young and
the old of a window do not widen it. The window is as wide as it takes to hold enough people, and where even
the widest does not, there are no quantiles. Each curve is a weighted quantile of the same people, so that
curves cannot cross.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.resampling import number_groups, resampled_weights

Array = NDArray[np.float64]

LEVELS = (0.02, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.98)
LEAST = 40  # people near an age, below which nothing is said
WIDEST = 10.0  # years to either side
STEP = 2.0  # years between the ages of the grid
_NARROWEST = 3.0  # years to either side; fewer follow chance
_IN_TAIL = 5.0  # people expected beyond a quantile, below which it is not given


@dataclass(frozen=True, eq=False)
class Curves:
    """Quantiles of a measure by age.

    Attributes:
        ages: (ages,) years, rising; not every step needs to be there.
        levels: (levels,) 0..1, rising.
        values: (ages, levels) quantiles; not a number where too few people are near to tell so rare a one.
        low, high: (ages, levels) ends of their intervals, one quantile at a time.
        near: (ages,) people in the window.
        reach: (ages,) years that the window reaches to either side.
        people: that the curves stand on.
        step: years between the ages of the grid.
        confidence: of the intervals.
    """

    ages: Array
    levels: Array
    values: Array
    low: Array
    high: Array
    near: NDArray[np.intp]
    reach: Array
    people: int
    step: float
    confidence: float


@dataclass(frozen=True)
class Standing:
    """The percentile of a value.

    Attributes:
        percentile: 0..1, share of peers below; the outermost level that is known where the value lies beyond.
        low, high: ends of its interval, which is that of the curves; 0 and 1 where a curve ends before.
        beyond: -1 below all known levels, 1 above, else 0.
        near: people near this age.
        reach: years that they are off at most.
    """

    percentile: float
    low: float
    high: float
    beyond: int
    near: int
    reach: float


def quantile_curves(
    values: ArrayLike,
    ages: ArrayLike,
    people: ArrayLike,
    rng: np.random.Generator,
    *,
    levels: Sequence[float] = LEVELS,
    replicates: int = 500,
    confidence: float = 0.95,
    least: int = LEAST,
    widest: float = WIDEST,
    step: float = STEP,
) -> Curves:
    """Quantiles by age, with intervals from drawing people.

    Args:
        values: (measurements,) of the measure; those not a number are left out.
        ages: (measurements,) years, at the measurement.
        people: (measurements,) who was measured; everybody counts once, however often they were measured.
        rng: source of the draws.
        levels: of the quantiles, between 0 and 1, rising.
        replicates: how many draws.
        confidence: of the intervals.
        least: people near an age without whom nothing is said of it.
        widest: years to either side within which they are to be found.
        step: years between the ages.

    Raises:
        CutisError: fewer than ``least`` people, or nowhere so many of about one age.

    Source: local quantile regression, Yu & Jones 1998, J Am Stat Assoc 93:228, with trends removed first;
    bootstrap by participant, Efron & Tibshirani 1993.
    """
    asked = np.asarray(levels, dtype=np.float64)
    if asked.ndim != 1 or not len(asked) or asked[0] <= 0 or asked[-1] >= 1 or (np.diff(asked) <= 0).any():
        raise ValueError(f"levels are {list(levels)}; expected rising numbers between 0 and 1.")
    number, age, index, count = _known(values, ages, people)
    if count < least:
        raise CutisError(f"{_people(count)}; at least {least} are needed.")
    share = 1.0 / np.bincount(index)[index]  # everybody counts once
    places = _places(age, index, count, least, widest, step)
    if not places:
        where = f"nowhere {least} of them within {widest:g} years of one age"
        raise CutisError(f"{_people(count)}, but {where}.")
    found = _every(number, age, share[:, None], places, asked)[0]  # (ages, levels)
    drawn = resampled_weights(count, replicates, rng)
    draws = [_every(number, age, share[:, None] * block[index], places, asked) for block in drawn]
    tail = (1 - confidence) / 2
    ends = np.quantile(np.concatenate(draws), [tail, 1 - tail], axis=0)
    known = np.array([_told(asked, _effective(age, share, index, *place)) for place in places])
    return Curves(
        ages=np.array([centre for centre, _ in places]),
        levels=asked,
        values=np.where(known, found, np.nan),
        low=np.where(known, ends[0], np.nan),
        high=np.where(known, ends[1], np.nan),
        near=np.array([len(np.unique(index[np.abs(age - at) < reach])) for at, reach in places]),
        reach=np.array([reach for _, reach in places]),
        people=count,
        step=step,
        confidence=confidence,
    )


def standing(curves: Curves, age: float, value: float) -> Standing | None:
    """The percentile of a value among peers of an age.

    Args:
        curves: of the measure.
        age: years.
        value: of the measure.

    Returns:
        None where the curves say nothing of this age.
    """
    row = _row(curves, age)
    if row is None or not np.isfinite(value):
        return None
    quantiles, low, high, near, reach = row
    given = np.isfinite(quantiles)
    levels, quantiles, low, high = (part[given] for part in (curves.levels, quantiles, low, high))
    at = _inverse(quantiles, levels, value)
    least = 0.0 if value <= high[0] else float(_inverse(high, levels, value))
    most = 1.0 if value >= low[-1] else float(_inverse(low, levels, value))
    beyond = -1 if value < quantiles[0] else 1 if value > quantiles[-1] else 0
    return Standing(float(at), min(least, float(at)), max(most, float(at)), beyond, near, reach)


def _known(
    values: ArrayLike, ages: ArrayLike, people: ArrayLike
) -> tuple[Array, Array, NDArray[np.intp], int]:
    number, age = (np.asarray(part, dtype=np.float64) for part in (values, ages))
    who = np.asarray(people)
    if not number.shape == age.shape == who.shape or number.ndim != 1:
        shapes = f"{number.shape}, {age.shape} and {who.shape}"
        raise ValueError(f"values, ages and people have the shapes {shapes}; expected three times the same.")
    given = np.isfinite(number) & np.isfinite(age)
    index, count = number_groups(who[given])
    return number[given], age[given], index, count


def _places(
    age: Array, index: NDArray[np.intp], count: int, least: int, widest: float, step: float
) -> list[tuple[float, float]]:
    """Ages of the grid with the reach of their windows, where enough people are near."""
    wanted = max(least, round(count**0.8))
    whole = np.arange(np.ceil(age.min() / step) * step, age.max() + 1e-9, step)
    grid = whole if len(whole) else np.array([round(float(age.mean()))], dtype=np.float64)
    places = []
    for centre in grid:
        off = np.full(count, np.inf)
        np.minimum.at(off, index, np.abs(age - centre))
        nearest = np.sort(off)
        # The kernel is 0 at its reach, so that the last person wanted has to lie inside it.
        reach = min(widest, max(_NARROWEST, float(nearest[min(wanted, count) - 1]) * 1.05))
        if np.count_nonzero(nearest < reach) >= least:
            places.append((float(centre), reach))
    return places


def _effective(age: Array, share: Array, index: NDArray[np.intp], centre: float, reach: float) -> float:
    """How many equally near people those of a window are worth (Kish)."""
    of_person = np.bincount(index, _kernel(age, centre, reach) * share)
    return float(of_person.sum() ** 2 / np.sum(of_person**2))


def _told(levels: Array, effective: float) -> NDArray[np.bool_]:
    """Which quantiles have enough people beyond them."""
    return np.asarray(np.minimum(levels, 1 - levels) * effective >= _IN_TAIL)


def _kernel(age: Array, centre: float, reach: float) -> Array:
    return np.maximum(0.0, 1 - ((age - centre) / reach) ** 2)


def _every(
    number: Array, age: Array, weights: Array, places: Sequence[tuple[float, float]], levels: Array
) -> Array:
    """Quantiles at every age for each column of weights; (columns, ages, levels)."""
    middle, wide = float(age.mean()), float(max(age.std(), 1.0))
    scaled = (age - middle) / wide
    degree = min(2, len(np.unique(np.round(age))) - 1)
    trend = _trend(number[:, None], scaled, weights, degree)
    off = np.abs(number[:, None] - trend(scaled))
    around = _trend(off, scaled, weights, min(1, degree))
    floor = 0.25 * np.maximum(np.average(np.broadcast_to(off, weights.shape), axis=0, weights=weights), 1e-12)
    rest = (number[:, None] - trend(scaled)) / np.maximum(around(scaled), floor)
    found = []
    for centre, reach in places:
        inside = np.flatnonzero(np.abs(age - centre) < reach)
        near = _kernel(age[inside], centre, reach)[:, None] * weights[inside]
        here = np.array([(centre - middle) / wide])
        spread = np.maximum(around(here), floor)[0]
        found.append(trend(here)[0][:, None] + spread[:, None] * _quantiles(rest[inside], near, levels))
    return np.stack(found, axis=1)


def _trend(number: Array, age: Array, weights: Array, degree: int) -> Callable[[Array], Array]:
    """How the weighted mean goes with age, for each column; gives (ages, columns) for (ages,)."""
    columns = np.vander(age, degree + 1, increasing=True)
    left = np.einsum("ri,rj,rc->cij", columns, columns, weights, optimize=True)
    right = np.einsum("ri,rc->ci", columns, number * weights, optimize=True)
    # A draw of people who are nearly all of one age has no slope: a little ridge keeps it near the mean.
    ridge = 1e-9 * np.trace(left, axis1=1, axis2=2)[:, None, None] * np.eye(degree + 1)
    solved = np.linalg.solve(left + ridge, right[..., None])[..., 0]  # (columns of weights, degree + 1)
    return lambda years: np.vander(years, degree + 1, increasing=True) @ solved.T


def _quantiles(values: Array, weights: Array, levels: Array) -> Array:
    """Weighted quantiles, between measurements by a straight line; (columns, levels)."""
    order = np.argsort(values, axis=0)
    rising, sorted_weights = (np.take_along_axis(part, order, axis=0) for part in (values, weights))
    upto = np.cumsum(sorted_weights, axis=0)
    middle = (upto - sorted_weights / 2) / upto[-1]  # the share at which each measurement lies
    return np.stack([np.interp(levels, *pair) for pair in zip(middle.T, rising.T, strict=True)])


def _row(curves: Curves, age: float) -> tuple[Array, Array, Array, int, float] | None:
    """Quantiles and their ends at an age between two of the grid, and on whom they stand."""
    ages = curves.ages
    after = int(np.searchsorted(ages, age))
    if after < len(ages) and ages[after] == age:
        before = after
    elif 0 < after < len(ages) and ages[after] - ages[after - 1] <= curves.step * 1.001:
        before = after - 1
    else:
        # People within half a step of an outermost age still belong to it.
        close = int(np.argmin(np.abs(ages - age)))
        if abs(ages[close] - age) > curves.step / 2:
            return None
        before = after = close
    gap = ages[after] - ages[before]
    part = 0.0 if gap == 0 else float((age - ages[before]) / gap)
    mixed = [
        (1 - part) * rows[before] + part * rows[after] for rows in (curves.values, curves.low, curves.high)
    ]
    near = int(min(curves.near[before], curves.near[after]))
    return mixed[0], mixed[1], mixed[2], near, float(max(curves.reach[before], curves.reach[after]))


def _inverse(quantiles: Array, levels: Array, value: float) -> float:
    """The level at which a rising curve has a value; of several levels that share it the middle one."""
    first, last = np.searchsorted(quantiles, value, "left"), np.searchsorted(quantiles, value, "right")
    if last > first:
        return float((levels[first] + levels[last - 1]) / 2)
    return float(np.interp(value, quantiles, levels))


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
