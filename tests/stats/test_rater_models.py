"""Rater models: the published example, known truths, and what climbing a likelihood promises."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm

from cutis.core.errors import CutisError
from cutis.stats.graded_raters import answer_tables, graded_raters
from cutis.stats.rater_models import RaterModel, dawid_skene
from cutis.stats.ratings import majority

Array = NDArray[np.float64]
nan = np.nan

# Dawid & Skene 1979, table 1: 45 patients; observer 1 three times, observers 2 to 5 once; grades 1 to 4.
ANAESTHETISTS = """
    1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111
    2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111
    2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432
    1111111 1111111 1212111 2322222 1211111 2222222
"""


@pytest.fixture(autouse=True)
def _no_warning_leaks() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def _simulated(seed: int, cases: int, tables: Array, missing: float = 0.0) -> tuple[NDArray[np.intp], Array]:
    """Truths, evenly spread, and what raters with these tables say of them."""
    rng = np.random.default_rng(seed)
    raters, categories, _ = tables.shape
    truth = rng.integers(0, categories, cases)
    ends = tables.cumsum(axis=2)[np.arange(raters), truth[:, None]]  # (cases, raters, answers)
    said = (rng.random((cases, raters, 1)) > ends).sum(axis=2).clip(0, categories - 1).astype(float)
    said[rng.random(said.shape) < missing] = nan
    return truth, said


def _accuracy(answer: Array, truth: NDArray[np.intp]) -> float:
    return float(np.mean(answer == truth))


def _log_likelihood_by_hand(ratings: Array, model: RaterModel) -> float:
    """Case by case, truth by truth, rating by rating."""
    total = 0.0
    for row in ratings:
        case = 0.0
        for truth, share in enumerate(model.prevalence):
            chance = share
            for rater, said in enumerate(row):
                if not np.isnan(said):
                    # A row that is not a number says nothing of this truth: every answer is as likely.
                    told = model.confusion[rater, truth, int(said)]
                    chance *= 1 / len(model.prevalence) if np.isnan(told) else told
            case += chance
        total += np.log(case)
    return total


def test_the_anaesthetists_give_the_published_estimates() -> None:
    ratings = np.array([[int(digit) - 1 for digit in row] for row in ANAESTHETISTS.split()])
    assert ratings.shape == (45, 7)
    found = dawid_skene(ratings, 4, rater=[0, 0, 0, 1, 2, 3, 4], prior_cases=0)
    assert found.converged
    assert found.prevalence.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    assert found.confusion[0].round(2).tolist() == [
        [0.89, 0.11, 0, 0],
        [0.07, 0.88, 0.05, 0],
        [0, 0.34, 0.66, 0],
        [0, 0, 0.56, 0.44],
    ]
    assert found.answer[:6].tolist() == [0, 3, 1, 1, 1, 1]
    assert found.posterior[:6].max(axis=1).round(2).tolist() == [1.0] * 6


ratings_tables = st.builds(
    lambda seed, cases, raters, missing: _simulated(
        seed, cases, np.random.default_rng(seed).dirichlet(np.ones(3), (raters, 3)), missing
    )[1],
    seed=st.integers(0, 10**6),
    cases=st.integers(1, 25),
    raters=st.integers(1, 4),
    missing=st.sampled_from([0.0, 0.4]),
)


@settings(max_examples=25)
@given(ratings=ratings_tables, prior=st.sampled_from([0.0, 1.0]))
def test_no_step_falls_and_the_likelihood_is_that_counted_by_hand(ratings: Array, prior: float) -> None:
    if np.isnan(ratings).all():
        return
    free, graded = (
        dawid_skene(ratings, 3, prior_cases=prior, max_steps=60),
        graded_raters(ratings, 3, max_steps=60),
    )
    for found in (free, graded):
        assert np.all(np.diff(found.path) > -1e-8)
        assert found.posterior.sum(axis=1) == pytest.approx(np.ones(len(ratings)))
        assert found.prevalence.sum() == pytest.approx(1)
    assert graded.log_likelihood == pytest.approx(_log_likelihood_by_hand(ratings, graded), abs=1e-8)
    assert free.log_likelihood == pytest.approx(_log_likelihood_by_hand(ratings, free), abs=1e-8)


@settings(max_examples=15)
@given(ratings=ratings_tables)
def test_each_step_raises_the_likelihood_counted_by_hand(ratings: Array) -> None:
    if np.isnan(ratings).all():
        return
    fits = [dawid_skene(ratings, 3, prior_cases=0, max_steps=steps) for steps in range(1, 7)]
    by_hand = [_log_likelihood_by_hand(ratings, found) for found in fits]
    assert np.all(np.diff(by_hand) > -1e-9)
    assert fits[-1].path == pytest.approx(by_hand[: len(fits[-1].path)], abs=1e-8)


def test_raters_of_unequal_skill_are_told_apart_and_beat_the_vote() -> None:
    """Two good raters among five who are wrong as often as not: the vote drowns the good ones."""
    skill = np.array([0.95, 0.9, 0.45, 0.45, 0.45, 0.45, 0.45])
    tables = np.array([np.full((3, 3), (1 - s) / 2) + np.eye(3) * (s - (1 - s) / 2) for s in skill])
    truth, ratings = _simulated(1, 1500, tables, missing=0.1)
    found = dawid_skene(ratings, 3)
    voted = _accuracy(majority(ratings, 3, ties="lowest"), truth)
    assert _accuracy(found.answer, truth) > voted + 0.08
    assert np.abs(found.confusion - tables).max() < 0.09
    assert found.prevalence == pytest.approx([1 / 3] * 3, abs=0.05)
    sure = found.posterior.max(axis=1)
    assert _accuracy(found.answer, truth) == pytest.approx(sure.mean(), abs=0.03)  # it knows how sure to be


def test_strictness_and_noise_are_found_and_the_grades_beat_vote_and_free_tables() -> None:
    strictness, noise = np.array([-0.6, 0.0, 0.1, 0.5]), np.array([0.5, 0.4, 0.9, 1.2])
    truth, ratings = _simulated(2, 600, answer_tables(strictness, noise, 5), missing=0.1)
    found = graded_raters(ratings, 5)
    assert found.converged
    assert found.strictness - found.strictness.mean() == pytest.approx(
        strictness - strictness.mean(), abs=0.2
    )
    assert found.noise == pytest.approx(noise, abs=0.2)
    assert found.bounds.mean(axis=1) - 2 == pytest.approx(found.strictness)
    voted = majority(ratings, 5, ties="lowest")
    voted[np.isnan(voted)] = 2
    graded = _accuracy(found.answer, truth)
    assert graded > _accuracy(voted, truth) + 0.05
    assert graded > _accuracy(dawid_skene(ratings, 5).answer, truth)
    means = np.nanmean(ratings[~np.isnan(ratings).all(axis=1)], axis=1)
    rated = ~np.isnan(ratings).all(axis=1)
    assert np.abs(found.expected - truth)[rated].mean() < np.abs(means - truth[rated]).mean() - 0.1


def test_a_rater_who_rarely_gives_a_grade_is_told_from_a_strict_one() -> None:
    """The last rater's grade 2 is narrow: their bounds are 0.5, 1.9, 2.1, 3.5 where others have halves."""
    shifts = np.zeros((4, 4))
    shifts[3] = [0, 0.4, -0.4, 0]
    _, ratings = _simulated(8, 1500, answer_tables(shifts, [0.5] * 4, 5))
    found = graded_raters(ratings, 5)
    assert found.strictness == pytest.approx(np.zeros(4), abs=0.1)
    against_the_others = found.bounds[3] - found.bounds[:3].mean(axis=0)
    assert against_the_others == pytest.approx([0, 0.4, -0.4, 0], abs=0.12)


def test_two_graded_raters_are_those_that_a_general_optimiser_finds() -> None:
    """The same posterior density, written again, climbed from an ordinary panel without any EM."""
    _, ratings = _simulated(10, 60, answer_tables([-0.5, 0.5], [0.4, 0.8], 3))
    said = ratings.astype(int)
    spread = 0.7**2 + 0.4**2 * np.eye(2)  # of the two bounds of a rater, as the module says

    def cost(x: Array) -> float:
        shifts, noise = np.array([x[:2], -x[:2]]), np.exp(x[2:4])  # both rated all: the mean shift is 0
        prevalence = np.exp([x[4], x[5], 0.0])
        prevalence /= prevalence.sum()
        z = (shifts[:, None, :] + [0.5, 1.5] - np.arange(3.0)[:, None]) / noise[:, None, None]
        below = np.concatenate([np.zeros((2, 3, 1)), norm.cdf(z), np.ones((2, 3, 1))], axis=2)
        tables = 0.99 * np.diff(below) + 0.01 / 3
        cases = np.sum(prevalence * tables[0][:, said[:, 0]].T * tables[1][:, said[:, 1]].T, axis=1)
        prior = sum(row @ np.linalg.inv(spread) @ row for row in shifts) / 2
        prior += np.sum((np.log(noise) - np.log(0.6)) ** 2) / (2 * 0.7**2)
        return float(prior - np.sum(np.log(cases)) - np.sum(np.log(prevalence)))

    best = minimize(cost, np.array([0, 0, np.log(0.6), np.log(0.6), 0, 0]), method="BFGS")
    found = graded_raters(ratings, 3, tolerance=1e-10)
    assert found.path[-1] == pytest.approx(-best.fun, abs=1e-4)
    assert found.bounds[0] - [0.5, 1.5] == pytest.approx(best.x[:2], abs=0.01)
    assert found.noise == pytest.approx(np.exp(best.x[2:4]), abs=0.01)


def test_the_bounds_of_a_rater_who_skips_a_grade_stay_in_order() -> None:
    rng = np.random.default_rng(11)
    truth = rng.integers(0, 5, 2000)
    ratings = np.column_stack([truth, truth, truth, np.array([0, 0, 4, 4, 4])[truth]]).astype(float)
    found = graded_raters(ratings, 5)
    assert found.converged
    assert np.all(np.diff(found.bounds, axis=1) > 0)
    assert _accuracy(found.answer, truth) == 1


def test_the_panels_mean_bounds_lie_halfway() -> None:
    _, ratings = _simulated(9, 200, answer_tables([-0.5, 0.2, 0.9], [0.5, 0.7, 0.9], 4), missing=0.3)
    found, given = graded_raters(ratings, 4), (~np.isnan(ratings)).sum(axis=0)
    assert np.average(found.bounds, axis=0, weights=given) == pytest.approx([0.5, 1.5, 2.5], abs=1e-9)
    assert found.strictness @ given == pytest.approx(0, abs=1e-6)


def test_tables_of_grades_are_chances_and_strict_raters_stay_below() -> None:
    tables = answer_tables([0.0, 1.0, -1.0], [0.5, 0.5, 2.0], 4)
    assert tables.sum(axis=2) == pytest.approx(np.ones((3, 4)))
    assert tables.min() > 0
    means = tables @ np.arange(4)
    assert np.all(means[1] < means[0])
    # A rater in the middle of the scale sees grade 1 as 1 and is right when within half a grade.
    assert tables[0, 1, 1] == pytest.approx(0.99 * 0.682689 + 0.0025, abs=1e-5)


def test_the_same_ratings_give_the_same_answer_in_any_order_of_raters() -> None:
    _, ratings = _simulated(3, 80, answer_tables([0, 0.3, -0.3], [0.5, 0.7, 0.9], 4), missing=0.2)
    for fit in (dawid_skene, graded_raters):
        first, again, turned = fit(ratings, 4), fit(ratings, 4), fit(ratings[:, ::-1], 4)
        assert np.array_equal(first.posterior, again.posterior)
        assert turned.posterior == pytest.approx(first.posterior, abs=1e-6)
        assert turned.confusion[::-1] == pytest.approx(first.confusion, abs=1e-6)


def test_one_rating_per_case_gives_the_rating_weighed_by_what_is_usual() -> None:
    rng = np.random.default_rng(4)
    ratings = np.full((300, 6), nan)
    said = rng.choice(4, 300, p=[0.1, 0.2, 0.3, 0.4])
    ratings[np.arange(300), rng.integers(0, 6, 300)] = said
    one = np.array(said[:, None], dtype=float)
    for found in (
        dawid_skene(one, 4),
        graded_raters(one, 4),
        dawid_skene(ratings, 4),
        graded_raters(ratings, 4),
    ):
        assert found.converged
        assert np.isfinite(found.posterior).all()
        assert found.posterior.sum(axis=1) == pytest.approx(np.ones(300))
        assert 0 < found.posterior.max(axis=1).mean() < 1
    alone = dawid_skene(one, 4)
    assert np.array_equal(alone.answer, said)
    assert alone.posterior.max(axis=1).max() < 0.95  # a single rating is not the truth


def test_what_nobody_rated_has_the_prevalence() -> None:
    _, ratings = _simulated(5, 60, answer_tables([0, 0.2, -0.2], [0.5, 0.5, 0.5], 3))
    ratings[7] = nan
    silent = np.column_stack([ratings, np.full(60, nan)])
    for fit in (dawid_skene, graded_raters):
        found, without = fit(silent, 3), fit(np.delete(ratings, 7, axis=0), 3)
        assert found.posterior[7] == pytest.approx(found.prevalence, abs=1e-3)
        assert np.delete(found.posterior, 7, axis=0) == pytest.approx(without.posterior, abs=1e-3)
    assert dawid_skene(silent, 3).confusion[3] == pytest.approx(np.full((3, 3), 0.15) + np.eye(3) * 0.55)
    assert np.isnan(dawid_skene(silent, 3, prior_cases=0).confusion[3]).all()
    told = graded_raters(silent, 3)
    assert (told.strictness[3], told.noise[3]) == pytest.approx((0, 0.6))


@pytest.mark.parametrize("fit", [dawid_skene, graded_raters])
def test_the_smallest_tables_have_an_answer(fit: type) -> None:
    everyone = fit(np.full((5, 3), 2.0), 4)
    assert everyone.answer.tolist() == [2] * 5
    assert everyone.posterior[:, 2].min() > 0.9
    assert everyone.prevalence.argmax() == 2
    assert fit([[1.0]], 3).answer.tolist() == [1]
    single = fit([[0, 0], [0, nan]], 1)
    assert single.posterior.tolist() == [[1.0], [1.0]]
    assert single.log_likelihood == pytest.approx(0, abs=1e-12)


def test_ratings_by_one_rater_in_two_columns_are_one_rater() -> None:
    _, ratings = _simulated(6, 100, answer_tables([0, 0, 0.5], [0.5, 0.5, 0.8], 4))
    found = graded_raters(ratings, 4, rater=[0, 0, 1])
    assert found.strictness.shape == (2,)
    assert dawid_skene(ratings, 4, rater=np.array([0, 0, 1])).confusion.shape == (2, 4, 4)


def test_too_few_steps_are_told() -> None:
    _, ratings = _simulated(7, 100, answer_tables([0, 0, 0.5], [0.5, 0.5, 0.8], 4))
    found = dawid_skene(ratings, 4, max_steps=3)
    assert not found.converged
    assert len(found.path) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ratings": [[nan, nan]]}, "nobody rated anything"),
        ({"ratings": [[0, 7]]}, r"ratings\[0, 1\] is 7"),
        ({"rater": [0]}, "2 columns of ratings need as many numbers"),
        ({"rater": [0, -1]}, "2 columns of ratings need as many numbers"),
        ({"rater": ["a", "b"]}, "2 columns of ratings need as many numbers"),
        ({"prior_cases": -1.0}, "prior_cases is -1.0"),
        ({"prior_accuracy": 1.0}, "prior_accuracy 1.0"),
        ({"tolerance": 0.0}, "tolerance is 0.0"),
        ({"max_steps": 0}, "max_steps 0"),
    ],
)
def test_impossible_input_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(CutisError, match=message):
        dawid_skene(**({"ratings": [[0, 1], [1, 1]], "categories": 3} | change))  # type: ignore[arg-type]
