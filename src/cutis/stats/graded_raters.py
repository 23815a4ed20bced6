"""How strict and how unsteady each rater of grades is, and the grades behind their ratings.

A rater sees a case of grade g at g plus their own unsteadiness, and gives the grade whose bounds that
falls between. A strict rater's bounds lie higher: what is barely a 2 to others is still a 1. So a rater
is a few bounds and one noise instead of a free table of all answers, and four ratings per case are
enough to tell raters apart. That is an ordered probit model within the scheme of Dawid and Skene.

The panel's mean bounds, over all ratings, lie halfway between the grades: ratings alone cannot tell a
strict panel from worse cases, so strictness is against the panel. Weak priors keep raters with few
ratings near an ordinary rater, and a rater's bounds in step with each other until the ratings say
otherwise. One answer in a hundred is taken to be a slip that may be anything: a single absurd answer
would otherwise make a rater look wild.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.stats.rater_models import RaterModel, answers_by_truth, climb, counted

Array = NDArray[np.float64]

_SLIP = 0.01  # share of answers that mean nothing
_USUAL_NOISE = 0.6  # grades; such a rater of many grades is right in six of ten cases
_NOISE_SPREAD = 0.7  # of the logarithm of the noise between raters
_STRICTNESS_SPREAD = 0.7  # grades, between raters
_BOUND_SPREAD = 0.4  # grades, between the bounds of one rater
_NARROWEST = 0.05  # grades of noise, and between two bounds
_IMAGINED = 1.0  # cases of every grade before the first, so that none is lost


@dataclass(frozen=True)
class GradedRaters(RaterModel):
    """A rater model of a few numbers per rater.

    Attributes:
        strictness: (raters,) grades by which the rater stays below the panel; negative for lenient ones.
        noise: (raters,) standard deviation of what the rater sees, in grades.
        bounds: (raters, categories - 1) where the rater passes from each grade to the next; halfway,
            such as 0.5 from 0 to 1, for the panel as a whole.
    """

    strictness: Array
    noise: Array
    bounds: Array

    @property
    def expected(self) -> Array:
        """The mean grade of each case, which wastes less than the most probable one: (cases,)."""
        return np.asarray(self.posterior @ np.arange(self.posterior.shape[1], dtype=np.float64))


def graded_raters(
    ratings: ArrayLike,
    categories: int,
    *,
    rater: ArrayLike | None = None,
    tolerance: float = 1e-7,
    max_steps: int = 2000,
) -> GradedRaters:
    """Grades, strictness and noise from ratings alone.

    Args:
        ratings: (cases, columns) 0 .. categories-1, lowest grade first, nan where there is no rating.
        categories: how many grades the scale has.
        rater: (columns,) 0 .. raters-1, whose ratings a column holds, where somebody rated more than once;
            one column per rater when None.
        tolerance: gain per rating at which to stop.
        max_steps: after which to stop unconverged.

    Raises:
        CutisError: a rating is no grade, nobody rated anything, or an argument is out of its range.

    Source: the scheme of Dawid & Skene 1979, J R Stat Soc C 28:20, with tables after Uebersax & Grove
        1993, Biometrics 49:823 (latent trait with thresholds of each rater).
    """
    said, shares = counted(ratings, categories, rater)
    raters = said.shape[1]
    place = np.zeros((raters, categories))  # how far each bound is shifted, then the logarithm of the noise
    place[:, -1] = np.log(_USUAL_NOISE)
    confusion = np.empty((raters, categories, categories))

    def learn(posterior: Array) -> tuple[Array, float]:
        place[...] = _improved(place, answers_by_truth(posterior, said))
        confusion[...] = _tables_and_slopes(place)[0]
        return confusion, _log_prior(place)

    found = climb(
        said, shares, learn, confusion, imagined=_IMAGINED, tolerance=tolerance, max_steps=max_steps
    )
    shifts = place[:, :-1].copy()
    strictness = shifts.mean(axis=1) if categories > 1 else np.zeros(raters)
    bounds = shifts + np.arange(categories - 1) + 0.5
    return GradedRaters(**vars(found), strictness=strictness, noise=np.exp(place[:, -1]), bounds=bounds)


def answer_tables(strictness: ArrayLike, noise: ArrayLike, categories: int) -> Array:
    """What raters say for each truth.

    Args:
        strictness: (raters,) in grades; or (raters, categories - 1) with one for each bound.
        noise: (raters,) in grades, above 0.
        categories: how many grades.

    Returns:
        (raters, categories, categories) rows are truths and sum to 1.
    """
    shifts, spread = np.asarray(strictness, dtype=np.float64), np.log(np.asarray(noise, dtype=np.float64))
    shifts = np.broadcast_to(shifts.reshape(len(spread), -1), (len(spread), categories - 1))
    return _tables_and_slopes(np.column_stack([shifts, spread]))[0]


def _tables_and_slopes(place: Array) -> tuple[Array, Array]:
    """Tables (raters, truths, answers) and their slopes by bounds and log noise (parameters, ...)."""
    from scipy.special import ndtr

    categories = place.shape[1]
    grades = np.arange(categories, dtype=np.float64)
    noise = np.exp(place[:, -1])[:, None, None]
    bounds = grades[1:] - 0.5 + place[:, :-1]
    z = (bounds[:, None, :] - grades[:, None]) / noise  # (raters, truths, bounds)
    below = np.pad(ndtr(z), [(0, 0), (0, 0), (1, 1)], constant_values=(0, 1))
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    # A higher bound gives the answer below it what it takes from the answer above.
    gives = np.eye(categories)[:-1] - np.eye(categories)[1:]  # (bounds, answers)
    by_bound = np.einsum("rcb,bl->brcl", density / noise, gives)
    by_noise = -(density * z) @ gives
    tables = (1 - _SLIP) * np.diff(below) + _SLIP / categories
    return tables, (1 - _SLIP) * np.concatenate([by_bound, by_noise[None]])


def _improved(place: Array, weight: Array) -> Array:
    """One step of Fisher scoring, halved until the panel fits no worse than before.

    Args:
        place: (raters, parameters) shifts of the bounds and logarithm of the noise.
        weight: (raters, truths, answers) expected counts.

    Returns:
        (raters, parameters), the mean of each bound over all ratings unchanged.
    """
    tables, slopes = _tables_and_slopes(place)
    off, precision = _off_and_precision(place)
    gradient = np.einsum("rcl,krcl->rk", weight / tables, slopes) - off @ precision
    seen = weight.sum(axis=2, keepdims=True)
    information = np.einsum("rcl,krcl,mrcl->rkm", seen / tables, slopes, slopes) + precision
    step = _keeping_the_mean(gradient, information, seen.sum(axis=(1, 2)))
    before = _fit(place, weight)
    for _ in range(30):
        tried = place + step
        tried[:, -1] = np.maximum(tried[:, -1], np.log(_NARROWEST))
        apart = np.diff(tried[:, :-1], axis=1) + 1
        if np.all(apart > _NARROWEST) and _fit(tried, weight) >= before:
            return tried
        step = step / 2
    return place


def _keeping_the_mean(gradient: Array, information: Array, ratings: Array) -> Array:
    """The steps of all raters (raters, parameters) that leave the mean of each bound where it is."""
    inverse = np.linalg.inv(information)
    step = np.einsum("rkm,rm->rk", inverse, gradient)
    pull = np.einsum("r,rbm->bm", ratings**2, inverse[:, :-1, :-1])
    multiplier = np.linalg.solve(pull, ratings @ step[:, :-1])  # (bounds,)
    return np.asarray(step - ratings[:, None] * (inverse[:, :, :-1] @ multiplier))


def _fit(place: Array, weight: Array) -> float:
    """Expected log-likelihood plus log prior of the panel."""
    return float(np.sum(weight * np.log(_tables_and_slopes(place)[0]))) + _log_prior(place)


def _log_prior(place: Array) -> float:
    off, precision = _off_and_precision(place)
    return float(-np.sum((off @ precision) * off) / 2)


def _off_and_precision(place: Array) -> tuple[Array, Array]:
    """How far raters are from an ordinary one, and how unlikely that is: a normal prior."""
    size = place.shape[1]
    spread = np.zeros((size, size))
    spread[:-1, :-1] = _STRICTNESS_SPREAD**2 + _BOUND_SPREAD**2 * np.eye(size - 1)
    spread[-1, -1] = _NOISE_SPREAD**2
    ordinary = np.zeros(size)
    ordinary[-1] = np.log(_USUAL_NOISE)
    return place - ordinary, np.asarray(np.linalg.inv(spread), dtype=np.float64)
