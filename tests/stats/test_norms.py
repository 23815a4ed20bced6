"""Quantiles by age and percentiles: what they promise, on simulated people of whom the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import gamma
from sklearn.linear_model import QuantileRegressor

from cutis.core.errors import CutisError
from cutis.stats.norms import Curves, quantile_curves, standing

Array = NDArray[np.float64]


def people(count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Ages, and a skewed measure whose mean and spread grow with age."""
    ages = rng.uniform(18, 75, count)
    return ages, 5 + 0.1 * ages + (1 + 0.03 * ages) * rng.gamma(3, size=count) / 1.7


def truth(age: float, level: float | Array) -> Array:
    return np.asarray(5 + 0.1 * age + (1 + 0.03 * age) * gamma.ppf(level, 3) / 1.7)


def curves_of(count: int, seed: int, replicates: int = 100) -> Curves:
    rng = np.random.default_rng(seed)
    ages, values = people(count, rng)
    return quantile_curves(values, ages, np.arange(count), rng, replicates=replicates)


@pytest.fixture(scope="module")
def many() -> Curves:
    return curves_of(4000, 0)


def test_known_quantiles_are_recovered_at_every_age(many: Curves) -> None:
    for age, row in zip(many.ages, many.values, strict=True):
        off = (row - truth(age, many.levels)) / (1 + 0.03 * age)
        assert np.nanmax(np.abs(off)) < 0.45 and np.nanmax(np.abs(off[2:7])) < 0.25
    assert np.isfinite(many.values).all()
    assert many.ages[0] == 20 and many.ages[-1] == 74


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held: list[bool] = []
    placed: list[bool] = []
    rng = np.random.default_rng(1)
    for seed in range(40):
        found = curves_of(400, seed)
        for age in (20, 40, 70):
            row = int(np.argmin(np.abs(found.ages - age)))
            known = np.isfinite(found.values[row])
            right = truth(age, found.levels)
            held += list(((found.low[row] <= right) & (right <= found.high[row]))[known])
            level = rng.uniform(0.05, 0.95)
            at = standing(found, age, float(truth(age, level)))
            assert at is not None
            placed.append(at.low <= level <= at.high)
    assert 0.91 <= np.mean(held) <= 0.98
    assert np.mean(placed) > 0.9


def test_new_people_have_every_percentile_equally_often(many: Curves) -> None:
    ages, values = people(3000, np.random.default_rng(2))
    inside = (ages > 19) & (ages < 73)
    found = [standing(many, age, value) for age, value in zip(ages[inside], values[inside], strict=True)]
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        below = np.mean([one is not None and one.percentile < level for one in found])
        assert below == pytest.approx(level, abs=0.03)


def test_where_quantiles_are_straight_lines_an_ordinary_quantile_regression_agrees() -> None:
    rng = np.random.default_rng(3)
    ages, values = people(1500, rng)
    found = quantile_curves(values, ages, np.arange(1500), rng, replicates=200)
    for level in (0.1, 0.5, 0.9):
        line = QuantileRegressor(quantile=level, alpha=0).fit(ages[:, None], values)
        at = [float(age) for age in (25, 45, 65)]
        ours = np.array(
            [np.interp(age, found.ages, found.values[:, list(found.levels).index(level)]) for age in at]
        )
        wide = np.array([(1 + 0.03 * age) for age in at])
        assert np.abs((ours - line.predict(np.array(at)[:, None])) / wide).max() < 0.25


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(45, 160), st.booleans(), st.integers(1, 3))
def test_curves_never_cross_and_percentiles_rise_with_the_value(
    seed: int, count: int, whole: bool, repeats: int
) -> None:
    rng = np.random.default_rng(seed)
    ages = np.round(rng.uniform(20, 60, count))
    values = rng.standard_t(3, count * repeats) * 3 + np.repeat(ages, repeats) / 10
    values = np.round(values) if whole else values  # many share a value
    who = np.repeat(np.arange(count), repeats)
    found = quantile_curves(values, np.repeat(ages, repeats), who, rng, replicates=20, least=40, widest=20)
    for rows in (found.values, found.low, found.high):
        steps = np.diff(rows, axis=1)
        assert (steps[np.isfinite(steps)] >= -1e-9).all()
    at = [standing(found, float(found.ages[0]), value) for value in np.linspace(-15, 20, 80)]
    told = [one for one in at if one is not None]
    for part in ("percentile", "low", "high"):
        assert (np.diff([getattr(one, part) for one in told]) >= -1e-9).all()
    assert all(0 <= one.low <= one.percentile <= one.high <= 1 for one in told)


def test_a_person_measured_often_counts_once() -> None:
    rng = np.random.default_rng(4)
    ages, values = people(200, rng)
    often = np.concatenate([values, np.full(400, 90.0)])
    found = quantile_curves(often, np.append(ages, np.full(400, 40.0)), [*range(200), *[200] * 400], rng)
    plain = quantile_curves(values, ages, np.arange(200), rng)
    row, other = (int(np.argmin(np.abs(one.ages - 40))) for one in (found, plain))
    assert found.people == 201
    assert found.values[row, 4] == pytest.approx(plain.values[other, 4], abs=0.8)
    assert found.near[row] < 100


def test_too_few_people_are_refused_in_words() -> None:
    rng = np.random.default_rng(5)
    ages, values = people(30, rng)
    with pytest.raises(CutisError, match="30 people; at least 40 are needed"):
        quantile_curves(values, ages, np.arange(30), rng)
    spread = np.linspace(0, 100, 60)
    with pytest.raises(CutisError, match="60 people, but nowhere 40 of them within 10 years"):
        quantile_curves(spread, spread, np.arange(60), rng)


def test_rare_quantiles_are_left_out_until_enough_people_lie_beyond_them() -> None:
    few, more = curves_of(120, 6), curves_of(1500, 6)
    middle = int(np.argmin(np.abs(few.ages - 45)))
    assert np.isnan(few.values[middle, [0, 1, -2, -1]]).all() and np.isfinite(few.values[middle, 4])
    assert np.isfinite(more.values[int(np.argmin(np.abs(more.ages - 45)))]).all()


def test_ages_without_peers_have_no_percentile_and_extremes_are_said_to_be_beyond(many: Curves) -> None:
    assert standing(many, 90, 10) is None and standing(many, 10, 10) is None
    assert standing(many, 40, float("nan")) is None
    low, high = standing(many, 40, -50), standing(many, 40, 500)
    assert low is not None and high is not None
    assert (low.beyond, low.low, high.beyond, high.high) == (-1, 0.0, 1, 1.0)
    assert low.percentile == 0.02 and high.percentile == 0.98
    between = standing(many, 41, float(truth(41, 0.5)))
    assert between is not None and between.percentile == pytest.approx(0.5, abs=0.06)
    assert between.near > 200
