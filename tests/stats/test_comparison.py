"""Tests between sources agree with brute force and statsmodels, and find nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from cutis.core.errors import OneClassError
from cutis.stats import comparison
from cutis.stats.discrimination import auc
from cutis.stats.intervals import wilson
from cutis.stats.resampling import sums_by_group


def _readings(cases: int, seed: int) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    truth = np.arange(cases) % 3 == 0
    shared = rng.normal(size=cases) + truth
    first = np.round(shared + rng.normal(size=cases), 1)
    return truth, first, np.round(shared + rng.normal(size=cases) + 0.4 * truth, 1)


def _brute_covariance(truth: NDArray[np.bool_], scores: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """DeLong 1988 by the letter: a kernel over all pairs, then covariances of its row and column means."""
    tables = []
    for score in scores:
        gap = score[truth][:, None] - score[~truth][None, :]
        tables.append((gap > 0) + 0.5 * (gap == 0))
    rows = np.array([table.mean(axis=1) for table in tables])
    columns = np.array([table.mean(axis=0) for table in tables])
    return np.cov(rows) / truth.sum() + np.cov(columns) / (~truth).sum()


def test_delong_agrees_with_its_definition_over_all_pairs() -> None:
    truth, first, second = _readings(90, seed=0)
    areas, covariance = comparison.delong(truth, np.stack([first, second]))
    assert areas == pytest.approx([auc(truth, first), auc(truth, second)], abs=1e-12)
    assert covariance == pytest.approx(_brute_covariance(truth, [first, second]), abs=1e-12)


def test_groups_of_one_case_change_nothing() -> None:
    truth, first, second = _readings(60, seed=1)
    alone = comparison.delong(truth, np.stack([first, second]))[1]
    grouped = comparison.delong(truth, np.stack([first, second]), groups=np.arange(60))[1]
    assert grouped == pytest.approx(alone, abs=1e-15)


def test_repeating_each_image_does_not_make_the_areas_more_certain() -> None:
    truth, first, second = _readings(60, seed=2)
    scores = np.stack([first, second])
    alone = comparison.delong(truth, scores)[1]
    groups = np.repeat(np.arange(60), 4)
    repeated = comparison.delong(np.repeat(truth, 4), np.repeat(scores, 4, axis=1), groups)[1]
    assert repeated == pytest.approx(alone, abs=1e-12)
    fooled = comparison.delong(np.repeat(truth, 4), np.repeat(scores, 4, axis=1))[1]
    assert np.all(np.diag(fooled) < 0.3 * np.diag(alone))


def test_grouped_variance_agrees_with_a_jackknife_over_groups() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(150), 3)
    effect = rng.normal(size=150)[groups]
    truth = rng.random(450) < 0.35  # groups hold both classes
    score = effect + truth + rng.normal(size=450)
    variance = float(comparison.delong(truth, score, groups)[1][0, 0])
    left_out = np.array([auc(truth[groups != g], score[groups != g]) for g in range(150)])
    jackknife = 149 / 150 * np.sum((left_out - left_out.mean()) ** 2)
    assert variance == pytest.approx(jackknife, rel=0.03)


@given(st.integers(0, 40))
@settings(max_examples=15, deadline=None)
def test_swapping_the_sources_turns_the_difference_around(seed: int) -> None:
    truth, first, second = _readings(45, seed)
    one, other = comparison.delong_test(truth, first, second), comparison.delong_test(truth, second, first)
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low), abs=1e-12)
    assert one.p == pytest.approx(other.p, abs=1e-12)
    assert (one.p < 0.05) == (one.low > 0 or one.high < 0)


def test_the_same_scores_do_not_differ() -> None:
    truth, first, _ = _readings(45, seed=4)
    found = comparison.delong_test(truth, first, first)
    assert (found.value, found.p) == (0.0, 1.0)


def test_a_perfect_source_is_not_proven_better_than_one_that_says_the_same_of_all() -> None:
    with pytest.raises(OneClassError, match=r"areas 1 and 0\.5 does not vary"):
        comparison.delong_test([1, 1, 0, 0], [3, 4, 1, 2], [0.5] * 4)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe 1998, Stat Med 17:873, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_two_shares_differ_as_newcombe_published(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = comparison.newcombe(wilson(*first), wilson(*second))
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)
    assert (found.p < 0.05) == (low > 0)
    turned = comparison.newcombe(wilson(*second), wilson(*first))
    assert (turned.low, turned.high, turned.p) == pytest.approx((-found.high, -found.low, found.p))


def test_the_interval_of_an_area_is_delongs_by_the_letter() -> None:
    truth, score, _ = _readings(90, seed=6)
    area, error = auc(truth, score), float(np.sqrt(_brute_covariance(truth, [score]).item()))
    plain = comparison.delong_interval(truth, score, logit=False)
    half = norm.ppf(0.975) * error
    assert (plain.value, plain.low, plain.high) == pytest.approx((area, area - half, area + half), abs=1e-9)
    found = comparison.delong_interval(truth, score)
    spread = norm.ppf(0.975) * error / (area * (1 - area))
    ends = [1 / (1 + np.exp(-(np.log(area / (1 - area)) + side * spread))) for side in (-1, 1)]
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-9)


def test_the_logit_interval_of_a_high_area_stays_below_one_and_holds_the_truth() -> None:
    rng, held = np.random.default_rng(7), 0
    for _ in range(400):
        truth = np.arange(60) % 2 == 0
        patient = np.arange(60) // 4 * 2 + truth  # two photos of each class of a patient
        score = 2.5 * truth + rng.normal(size=30)[patient % 30] + rng.normal(size=60)
        found = comparison.delong_interval(truth, score, patient)
        held += found.low <= norm.cdf(2.5 / 2) <= found.high
        assert found.high <= 1
    assert 366 <= held <= 396  # 95% of 400 is 380, standard deviation 4.4


def test_a_perfect_area_is_not_certain() -> None:
    found = comparison.delong_interval([0, 0, 0, 1, 1], [1, 2, 3, 4, 5])
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == wilson(2, 2).low


def test_one_patient_per_class_has_no_variance() -> None:
    with pytest.raises(OneClassError, match="positives come from 1 and negatives from 2 groups"):
        comparison.delong([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], groups=[0, 0, 1, 2])


def test_under_no_difference_the_tests_find_one_in_twenty() -> None:
    rng = np.random.default_rng(5)
    found, trials = {"delong": 0, "mcnemar": 0}, 400
    for _ in range(trials):
        groups = np.repeat(np.arange(80), 3)
        truth = (np.arange(80) % 2 == 0)[groups]
        shared = rng.normal(size=80)[groups] + 1.2 * truth
        first, second = (shared + rng.normal(size=80)[groups] + 0.3 * rng.normal(size=240) for _ in range(2))
        found["delong"] += comparison.delong_test(truth, first, second, groups).p < 0.05
        found["mcnemar"] += comparison.mcnemar((first > 0.6) == truth, (second > 0.6) == truth, groups) < 0.05
    for name, rejections in found.items():  # 5% of 400 is 20, standard deviation 4.4
        assert 7 <= rejections <= 34, f"{name}: {rejections} of {trials}"


@given(
    both=st.integers(0, 30), first=st.integers(0, 30), second=st.integers(0, 30), neither=st.integers(0, 30)
)
@settings(max_examples=50, deadline=None)
def test_mcnemar_agrees_with_statsmodels(both: int, first: int, second: int, neither: int) -> None:
    one = np.repeat([1, 1, 0, 0], [both, first, second, neither])
    other = np.repeat([1, 0, 1, 0], [both, first, second, neither])
    expected = (
        statsmodels_mcnemar([[both, first], [second, neither]], exact=True).pvalue if first + second else 1.0
    )
    assert comparison.mcnemar(one, other) == pytest.approx(min(1.0, expected), abs=1e-9)
    assert comparison.mcnemar(one, other, groups=np.arange(len(one))) == pytest.approx(
        min(1.0, expected), abs=1e-9
    )


def test_mcnemar_is_not_impressed_by_repeated_images() -> None:
    one, other = np.repeat([1, 0], [9, 3]), np.repeat([0, 1], [9, 3])
    repeated = comparison.mcnemar(np.repeat(one, 5), np.repeat(other, 5), groups=np.repeat(np.arange(12), 5))
    expected = statsmodels_mcnemar([[0, 9], [3, 0]], exact=False, correction=False).pvalue
    assert repeated == pytest.approx(expected, abs=1e-9)


def test_a_paired_difference_is_that_of_the_figures_and_knows_their_pairing() -> None:
    rng = np.random.default_rng(6)
    easy = rng.normal(size=200)  # cases differ far more than sources do
    first, second = easy + 0.30 + 0.1 * rng.normal(size=200), easy + 0.1 * rng.normal(size=200)

    def mean(values: NDArray[np.float64]) -> object:
        sums = sums_by_group(np.zeros(200, dtype=int), np.arange(200), 200, 1, values)
        return lambda weights: (sums @ weights) / weights.sum(axis=0)

    found = comparison.paired_bootstrap(mean(first), mean(second), 200, 1000, rng)[0]  # type: ignore[arg-type]
    assert found.value == pytest.approx(np.mean(first - second), abs=1e-9)
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.std(first - second) / np.sqrt(200), rel=0.15)
    assert found.p == pytest.approx(2 / 1001)
    same = comparison.paired_bootstrap(mean(first), mean(first), 200, 100, rng)[0]  # type: ignore[arg-type]
    assert (same.value, same.p) == (0.0, 1.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="holm")[1]
    assert comparison.holm(p_values) == pytest.approx(expected, abs=1e-12)


def test_holm_does_not_count_tests_that_could_not_be_made() -> None:
    found = comparison.holm([0.01, np.nan, 0.04])
    assert found[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(found[1])
    assert comparison.holm([]).shape == (0,)
