"""Permutation tests agree with SciPy where it has one, and find nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cutis.stats.classification import Answers, figures
from cutis.stats.discrimination import auc, ladder, weighted_auc
from cutis.stats.permutation import as_ranks, paired_index, permutation_test
from cutis.stats.resampling import Statistic, Weights, sums_by_group


def _mean(values: list[np.ndarray], index: np.ndarray, count: int) -> Statistic:
    paired, zero = paired_index(index, count), np.zeros(2 * len(index), dtype=int)
    sums = sums_by_group(zero, paired, 2 * count, 1, np.concatenate(values))
    cases = sums_by_group(zero, paired, 2 * count, 1)
    return lambda weights: np.asarray((sums @ weights) / (cases @ weights), dtype=np.float64)


def _area(
    truth: np.ndarray, first: np.ndarray, second: np.ndarray, index: np.ndarray, count: int
) -> Statistic:
    both = ladder(np.tile(truth, 2), np.concatenate([first, second]), paired_index(index, count), 2 * count)

    def statistic(weights: Weights) -> np.ndarray:
        return weighted_auc(both, weights)[None]

    return statistic


def test_all_swaps_of_few_patients_agree_with_scipy() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=9), rng.normal(size=9) + 0.6
    value, p = permutation_test(_mean([first, second], np.arange(9), 9), 9, 100, rng)
    oracle = stats.permutation_test(
        (first, second), lambda a, b: a.mean() - b.mean(), permutation_type="samples", n_resamples=np.inf
    )
    assert value[0] == pytest.approx(oracle.statistic, abs=1e-7)
    assert p[0] == pytest.approx(oracle.pvalue, abs=1e-9)


def test_an_area_is_swapped_as_if_scores_were_exchanged_by_hand() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(6), 3)
    truth = rng.random(18) < 0.5
    first, second = truth + rng.normal(size=18), rng.normal(size=18)
    value, p = permutation_test(_area(truth, first, second, groups, 6), 6, 10, rng)
    gaps = []
    for choice in range(64):
        swap = np.array([(choice >> g) & 1 for g in range(6)], dtype=bool)[groups]
        gaps.append(auc(truth, np.where(swap, second, first)) - auc(truth, np.where(swap, first, second)))
    assert value[0] == pytest.approx(gaps[0], abs=1e-9)
    assert p[0] == pytest.approx(np.mean(np.abs(gaps) >= abs(gaps[0]) - 1e-12), abs=1e-12)


def test_under_no_difference_one_in_twenty_is_found_and_photos_of_a_patient_do_not_fool_it() -> None:
    rng, trials = np.random.default_rng(2), 400
    found = {"by patient": 0, "by photo": 0}
    groups = np.repeat(np.arange(30), 5)
    for _ in range(trials):
        noise = [rng.normal(size=30)[groups] + 0.3 * rng.normal(size=150) for _ in range(2)]
        by_patient = _mean(noise, groups, 30)
        found["by patient"] += permutation_test(by_patient, 30, 199, rng)[1][0] <= 0.05
        by_photo = _mean(noise, np.arange(150), 150)
        found["by photo"] += permutation_test(by_photo, 150, 199, rng)[1][0] <= 0.05
    assert 8 <= found["by patient"] <= 34  # 5% of 400 is 20, standard deviation 4.4
    assert found["by photo"] > 100


def test_any_named_figure_can_be_tested_at_once() -> None:
    rng = np.random.default_rng(3)
    truth = np.arange(120) % 3
    tables = [rng.dirichlet(np.ones(3), 120) + gain * np.eye(3)[truth] for gain in (0.8, 0.1)]
    scores = np.concatenate([table / table.sum(axis=1, keepdims=True) for table in tables])
    both = Answers(
        ("a", "b", "c"),
        np.tile(truth, 2),
        scores.argmax(axis=1),
        scores,
        np.ones(3, dtype=bool),
        paired_index(np.arange(120), 120),
        240,
    )
    asked = figures(both, ["accuracy", "auc_macro"])
    value, p = permutation_test(asked.statistic, 120, 199, rng)
    assert (value > 0.1).all()
    assert (p == 1 / 200).all()


def test_ranks_keep_the_area_and_take_the_scale_away() -> None:
    rng = np.random.default_rng(4)
    truth, score = rng.random(60) < 0.4, np.round(rng.normal(size=60), 1)
    assert auc(truth, as_ranks(score)) == pytest.approx(auc(truth, score), abs=1e-12)
    assert as_ranks(score) == pytest.approx(as_ranks(1000 * score + 5), abs=1e-12)
    assert as_ranks([3.0, 1.0, 1.0]).tolist() == pytest.approx([5 / 6, 1 / 3, 1 / 3])
