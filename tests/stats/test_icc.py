"""Intraclass correlations: the published example, the analysis of variance by hand, and coverage."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from cutis.core.errors import CutisError
from cutis.stats.classification import estimates
from cutis.stats.icc import KINDS, figures, intraclass_correlations
from cutis.stats.resampling import bootstrap, observed, resampled_weights

Array = NDArray[np.float64]
nan = np.nan

# Shrout & Fleiss 1979, table 2: six targets, four judges.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


@pytest.fixture(autouse=True)
def _no_warning_leaks() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def _by_hand(values: Array) -> dict[str, float]:
    """The six from deviations, cell by cell, and for the mean of k by stepping a single rater up."""
    n, k = values.shape
    rows, columns, middle = values.mean(axis=1), values.mean(axis=0), values.mean()
    between = k * sum((row - middle) ** 2 for row in rows) / (n - 1)
    raters = n * sum((column - middle) ** 2 for column in columns) / (k - 1)
    within = sum((values[i, j] - rows[i]) ** 2 for i in range(n) for j in range(k)) / (n * (k - 1))
    rest = sum((values[i, j] - rows[i] - columns[j] + middle) ** 2 for i in range(n) for j in range(k))
    error = rest / ((n - 1) * (k - 1))
    # Variance components: of cases, of raters, of what is left.
    of_raters = (raters - error) / n
    single = {
        "icc_1_1": (between - within) / k / ((between - within) / k + within),
        "icc_2_1": (between - error) / k / ((between - error) / k + of_raters + error),
        "icc_3_1": (between - error) / k / ((between - error) / k + error),
    }
    return single | {f"{name[:-1]}k": k * one / (1 + (k - 1) * one) for name, one in single.items()}


def test_the_example_of_shrout_and_fleiss() -> None:
    found = intraclass_correlations(SHROUT_FLEISS)
    values = {name: round(estimate.value, 2) for name, estimate in found.items()}
    assert values == dict(zip(KINDS, (0.17, 0.29, 0.71, 0.44, 0.62, 0.91), strict=True))
    # As printed for this table by the R package psych.
    ends = [(-0.133, 0.72), (0.019, 0.76), (0.342, 0.95), (-0.884, 0.91), (0.071, 0.93), (0.676, 0.99)]
    for estimate, (low, high) in zip(found.values(), ends, strict=True):
        assert estimate.low == pytest.approx(low, abs=5e-4)
        assert estimate.high == pytest.approx(high, abs=5e-3)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6), cases=st.integers(3, 30), raters=st.integers(2, 6), at=st.floats(-1e3, 1e3)
)
def test_values_are_those_of_the_analysis_by_hand(seed: int, cases: int, raters: int, at: float) -> None:
    rng = np.random.default_rng(seed)
    values = (
        at + rng.normal(0, 1.5, (cases, 1)) + rng.normal(0, 0.5, raters) + rng.normal(size=(cases, raters))
    )
    found = {name: estimate.value for name, estimate in intraclass_correlations(values).items()}
    # Above 1 the variance of a mean comes out below 0: there is no such correlation.
    expected = {name: nan if value > 1 else value for name, value in _by_hand(values).items()}
    assert found == pytest.approx(expected, abs=1e-7, nan_ok=True)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), cases=st.integers(4, 40), raters=st.integers(2, 6))
def test_intervals_are_those_of_mcgraw_and_wong(seed: int, cases: int, raters: int) -> None:
    """Their formulas for a single rater and, written apart, for the mean of k, with scipy's F."""
    rng = np.random.default_rng(seed)
    n, k = cases, raters
    values = rng.normal(0, 1.5, (n, 1)) + rng.normal(0, 0.5, k) + rng.normal(size=(n, k))
    found, single = intraclass_correlations(values, confidence=0.9), _by_hand(values)
    centred = values - values.mean()
    between = k * np.sum(centred.mean(axis=1) ** 2) / (n - 1)
    raters_ = n * np.sum(centred.mean(axis=0) ** 2) / (k - 1)
    left = np.sum((centred - centred.mean(axis=1, keepdims=True) - centred.mean(axis=0)) ** 2)
    error = left / ((n - 1) * (k - 1))
    f = stats.f(n - 1, (n - 1) * (k - 1)).ppf(0.95)
    assert found["icc_3_1"].low == pytest.approx((between / error / f - 1) / (between / error / f + k - 1))
    assert found["icc_3_k"].low == pytest.approx(1 - f * error / between)
    if single["icc_2_1"] <= 0:
        return
    p = single["icc_2_k"]
    c, d = p / (n * (1 - p)), 1 + p * (n - 1) / (n * (1 - p))
    freedom = (c * raters_ + d * error) ** 2 / (
        (c * raters_) ** 2 / (k - 1) + (d * error) ** 2 / ((n - 1) * (k - 1))
    )
    above, below = stats.f(n - 1, freedom).ppf(0.95), stats.f(freedom, n - 1).ppf(0.95)
    low = n * (between - above * error) / (above * (raters_ - error) + n * between)
    high = n * (below * between - error) / (raters_ - error + n * below * between)
    assert (found["icc_2_k"].low, found["icc_2_k"].high) == pytest.approx((low, high), rel=1e-6)


def test_intervals_cover_the_truth() -> None:
    """Normal cases and errors; offsets of raters for the second, whose interval is approximate."""
    rng, hits = np.random.default_rng(1), np.zeros(3)
    for _ in range(800):
        cases, errors = rng.normal(0, 1.2, (25, 1)), rng.normal(size=(25, 4))
        offsets = rng.normal(0, 0.6, 4)
        plain, shifted = (
            intraclass_correlations(cases + errors),
            intraclass_correlations(cases + offsets + errors),
        )
        told = plain["icc_1_1"], shifted["icc_2_1"], shifted["icc_3_1"]
        truths = 1.44 / 2.44, 1.44 / (2.44 + 0.36), 1.44 / 2.44
        hits += [one.low <= truth <= one.high for one, truth in zip(told, truths, strict=True)]
    assert hits / 800 == pytest.approx([0.95] * 3, abs=0.025)


def test_groups_are_drawn_whole_and_a_replicate_is_the_table_copied_out() -> None:
    rng = np.random.default_rng(2)
    values, groups = rng.normal(size=(24, 1)) + rng.normal(size=(24, 3)), np.arange(24) % 8
    values[5, 1] = nan
    asked, count = figures(values, groups=groups)
    draws = np.concatenate(list(resampled_weights(count, 5, np.random.default_rng(3))), axis=1)
    found = bootstrap(asked.statistic, count, 5, np.random.default_rng(3))
    for column, told in zip(draws.T, found.T, strict=True):
        copied = np.concatenate([np.tile(values[groups == g], (int(n), 1)) for g, n in enumerate(column)])
        again = intraclass_correlations(copied)
        assert told == pytest.approx([again[name].value for name in KINDS], abs=1e-9)
    repeated, _ = figures(np.repeat(values, 3, axis=0), groups=np.repeat(groups, 3))
    once = estimates(asked, count, 400, np.random.default_rng(4))["icc_1_k"]
    thrice = estimates(repeated, count, 400, np.random.default_rng(4))["icc_1_k"]
    assert thrice.high - thrice.low == pytest.approx(once.high - once.low, rel=0.25)
    assert observed(asked.statistic, count)[0] == pytest.approx(
        intraclass_correlations(values)["icc_1_1"].value
    )


def test_cases_that_a_rater_left_out_are_left_out_for_all() -> None:
    values = np.array([*SHROUT_FLEISS, [1, nan, 2, 9], [nan] * 4])
    assert intraclass_correlations(values) == intraclass_correlations(SHROUT_FLEISS)


def test_raters_who_differ_by_a_constant_are_consistent_and_do_not_agree() -> None:
    values = np.arange(10.0)[:, None] + [0, 3, 1]
    found = intraclass_correlations(values)
    assert (found["icc_3_1"].value, found["icc_3_1"].low, found["icc_3_1"].high) == (1, 1, 1)
    assert found["icc_2_1"].value < 0.85
    alike = intraclass_correlations(np.arange(10.0)[:, None] + [0, 0, 0])
    assert {(one.value, one.low, one.high) for one in alike.values()} == {(1.0, 1.0, 1.0)}


@pytest.mark.parametrize(
    "values",
    [
        np.full((6, 3), 0.1),  # nobody differs
        [[1.0, 2.0, 3.0]],  # one case
        [[1.0], [2.0], [3.0]],  # one rater
        [[nan, nan], [nan, nan]],  # all missing
        [[1.0, nan], [nan, 2.0], [3.0, nan]],  # no case complete
    ],
)
def test_without_spread_or_pairs_there_is_no_correlation(values: list[list[float]]) -> None:
    found = intraclass_correlations(values)
    assert np.isnan([[one.value, one.low, one.high] for one in found.values()]).all()


def test_raters_who_contradict_each_other_fall_below_zero() -> None:
    found = intraclass_correlations([[1, 4], [4, 1], [2, 3.5], [3, 1.5]])
    assert found["icc_1_1"].value < found["icc_1_1"].high
    assert -1 <= found["icc_1_1"].value < 0
    assert all(one.low <= one.high for one in found.values() if not np.isnan(one.value))


def test_infinite_ratings_and_wrong_groups_are_refused() -> None:
    with pytest.raises(CutisError, match=r"ratings\[1, 0\] is infinite"):
        intraclass_correlations([[1, 2], [np.inf, 3]])
    with pytest.raises(CutisError, match="2 cases need as many groups"):
        figures([[1, 2], [2, 3]], groups=[1])
