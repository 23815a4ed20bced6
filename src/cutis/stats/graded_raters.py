"""How strict and how unsteady each rater of grades is, and the grades behind their ratings.

A rater sees a case of grade g at g plus their own unsteadiness, and gives the grade whose bounds that
falls between; a strict rater's bounds lie higher by their strictness. So a rater has two numbers, in
grades, instead of the many of a free table, and four ratings per case are enough to tell raters apart.
That is an ordered probit model whose bounds lie halfway between the grades, within the scheme of Dawid
and Skene: where raters use the steps of a scale unevenly, `dawid_skene` fits better once it has the data.

One answer in a hundred is taken to be a slip that may be anything: a single absurd answer would
otherwise make a rater look wild. Weak priors keep raters with few ratings near an ordinary rater.
Strictness is against the panel: its mean over all ratings is 0, for ratings alone cannot tell a strict
panel from worse cases.
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
_NARROWEST = 0.05  # grades of noise
_IMAGINED = 1.0  # cases of every grade before the first, so that none is lost


@dataclass(frozen=True)
class GradedRaters(RaterModel):
    """A rater model in two numbers per rater.

    Attributes:
        strictness: (raters,) grades by which the rater stays below the panel; negative for lenient ones.
        noise: (raters,) standard deviation of what the rater sees, in grades.
    """

    strictness: Array
    noise: Array

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
    place = np.zeros((raters, 2))  # strictness, logarithm of the noise
    place[:, 1] = np.log(_USUAL_NOISE)
    confusion = np.empty((raters, categories, categories))

    def learn(posterior: Array) -> tuple[Array, float]:
        place[...] = _improved(place, answers_by_truth(posterior, said))
        confusion[...] = answer_tables(place[:, 0], np.exp(place[:, 1]), categories)
        return confusion, _log_prior(place)

    found = climb(
        said, shares, learn, confusion, imagined=_IMAGINED, tolerance=tolerance, max_steps=max_steps
    )
    return GradedRaters(**vars(found), strictness=place[:, 0].copy(), noise=np.exp(place[:, 1]))


def answer_tables(strictness: ArrayLike, noise: ArrayLike, categories: int) -> Array:
    """What raters say for each truth.

    Args:
        strictness: (raters,) in grades.
        noise: (raters,) in grades, above 0.
        categories: how many grades.

    Returns:
        (raters, categories, categories) rows are truths and sum to 1.
    """
    place = np.column_stack([np.asarray(strictness, dtype=np.float64), np.log(noise)])
    return _tables_and_slopes(place, categories)[0]


def _tables_and_slopes(place: Array, categories: int) -> tuple[Array, Array]:
    """Tables (raters, truths, answers) and their slopes by strictness and log noise (2, ...)."""
    from scipy.special import ndtr

    grades = np.arange(categories, dtype=np.float64)
    noise = np.exp(place[:, 1])[:, None, None]
    bounds = grades[1:] - 0.5 + place[:, :1]  # (raters, answers - 1)
    z = (bounds[:, None, :] - grades[:, None]) / noise  # (raters, truths, answers - 1)
    below = np.pad(ndtr(z), [(0, 0), (0, 0), (1, 1)], constant_values=(0, 1))
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    slopes = np.stack([density / noise, -density * z])
    edges = np.pad(slopes, [(0, 0), (0, 0), (0, 0), (1, 1)])
    tables = (1 - _SLIP) * np.diff(below) + _SLIP / categories
    return tables, (1 - _SLIP) * np.diff(edges)


def _improved(place: Array, weight: Array) -> Array:
    """One step of Fisher scoring, halved until the panel fits no worse than before.

    Args:
        place: (raters, 2) strictness and logarithm of the noise.
        weight: (raters, truths, answers) expected counts.

    Returns:
        (raters, 2), the mean strictness of all ratings unchanged.
    """
    tables, slopes = _tables_and_slopes(place, weight.shape[1])
    gradient = np.einsum("rcl,krcl->rk", weight / tables, slopes) + _prior_slope(place)
    seen = weight.sum(axis=2, keepdims=True)
    information = np.einsum("rcl,krcl,mrcl->rkm", seen / tables, slopes, slopes)
    information += np.diag([_STRICTNESS_SPREAD**-2, _NOISE_SPREAD**-2])
    step = _keeping_the_mean(gradient, information, seen.sum(axis=(1, 2)))
    before = _fit(place, weight)
    for _ in range(30):
        tried = place + step
        tried[:, 1] = np.maximum(tried[:, 1], np.log(_NARROWEST))
        if _fit(tried, weight) >= before:
            return tried
        step = step / 2
    return place


def _keeping_the_mean(gradient: Array, information: Array, ratings: Array) -> Array:
    """The steps of all raters (raters, 2) of which those of strictness, weighted by ratings, sum to 0."""
    inverse = np.linalg.inv(information)
    step = np.einsum("rkm,rm->rk", inverse, gradient)
    multiplier = ratings @ step[:, 0] / (ratings**2 @ inverse[:, 0, 0])
    return np.asarray(step - multiplier * ratings[:, None] * inverse[:, :, 0])


def _fit(place: Array, weight: Array) -> float:
    """Expected log-likelihood plus log prior of the panel."""
    tables = _tables_and_slopes(place, weight.shape[1])[0]
    return float(np.sum(weight * np.log(tables))) + _log_prior(place)


def _log_prior(place: Array) -> float:
    off = (place - [0.0, np.log(_USUAL_NOISE)]) / [_STRICTNESS_SPREAD, _NOISE_SPREAD]
    return float(-np.sum(off**2) / 2)


def _prior_slope(place: Array) -> Array:
    off = place - [0.0, np.log(_USUAL_NOISE)]
    return np.asarray(-off / np.array([_STRICTNESS_SPREAD, _NOISE_SPREAD]) ** 2)
