"""Areas and curves agree with scikit-learn and keep their promises."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics

from cutis.core.errors import OneClassError
from cutis.stats import discrimination

CASES = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=2, max_size=60)


def _split(cases: list[tuple[bool, int]]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    truth, score = np.array([case[0] for case in cases]), np.array([case[1] for case in cases], dtype=float)
    assume(0 < truth.sum() < len(truth))
    return truth, score


@given(CASES)
@settings(max_examples=150, deadline=None)
def test_areas_agree_with_scikit_learn_ties_included(cases: list[tuple[bool, int]]) -> None:
    truth, score = _split(cases)
    assert discrimination.auc(truth, score) == pytest.approx(metrics.roc_auc_score(truth, score), abs=1e-12)
    expected = metrics.average_precision_score(truth, score)
    assert discrimination.average_precision(truth, score) == pytest.approx(expected, abs=1e-12)


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_only_the_order_of_scores_counts(cases: list[tuple[bool, int]]) -> None:
    truth, score = _split(cases)
    area = discrimination.auc(truth, score)
    assert discrimination.auc(truth, np.exp(score / 3) - 7) == pytest.approx(area, abs=1e-12)
    assert discrimination.auc(truth, -score) == pytest.approx(1 - area, abs=1e-12)
    assert discrimination.auc(~truth, score) == pytest.approx(1 - area, abs=1e-12)


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_the_curve_agrees_with_scikit_learn(cases: list[tuple[bool, int]]) -> None:
    truth, score = _split(cases)
    curve = discrimination.roc_curve(truth, score)
    rates, found, thresholds = metrics.roc_curve(truth, score, drop_intermediate=False)
    assert curve.false_positive_rate == pytest.approx(rates, abs=1e-12)
    assert curve.sensitivity == pytest.approx(found, abs=1e-12)
    assert curve.threshold == pytest.approx(thresholds, abs=1e-12)
    area = np.trapezoid(curve.sensitivity, curve.false_positive_rate)
    assert area == pytest.approx(discrimination.auc(truth, score), abs=1e-12)


def test_the_mean_area_over_classes_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, 5, 400), rng.dirichlet(np.ones(5), 400)
    expected = metrics.roc_auc_score(truth, scores, multi_class="ovr")
    assert discrimination.auc_macro(truth, scores) == pytest.approx(expected, abs=1e-12)


def test_a_class_without_cases_is_not_a_number_and_does_not_count() -> None:
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, 3, 100), rng.dirichlet(np.ones(4), 100)
    areas = discrimination.auc_per_class(truth, scores)
    assert np.isnan(areas[3])
    assert discrimination.auc_macro(truth, scores) == pytest.approx(areas[:3].mean(), abs=1e-12)


@pytest.mark.parametrize("truth", [[0, 0, 0], [1, 1, 1]])
def test_one_class_only_is_refused(truth: list[int]) -> None:
    with pytest.raises(OneClassError, match="nothing to tell apart"):
        discrimination.auc(truth, [0.1, 0.2, 0.3])
    with pytest.raises(OneClassError):
        discrimination.auc_macro(truth, np.full((3, 2), 0.5))


def test_a_missing_score_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        discrimination.auc([0, 1], [0.1, np.nan])


def test_a_band_replicate_is_the_curve_of_the_copied_cases() -> None:
    rng = np.random.default_rng(1)
    truth, score = rng.random(80) < 0.4, np.round(rng.normal(size=80), 1)
    rates = np.linspace(0, 1, 41)
    weights = rng.integers(0, 3, (80, 5)).astype(np.float32)
    ladder = discrimination.ladder(truth, score, np.arange(80), 80)
    bands = discrimination.roc_replicates(ladder, weights, rates)
    for column in range(5):
        rows = np.repeat(np.arange(80), weights[:, column].astype(int))
        curve = discrimination.roc_curve(truth[rows], score[rows])
        expected = np.interp(rates, curve.false_positive_rate, curve.sensitivity)
        assert bands[:, column] == pytest.approx(expected, abs=1e-6)


@pytest.mark.data
def test_the_readers_of_the_van_dyke_study_have_their_published_areas(shared_data: Path) -> None:
    with (shared_data / "readers" / "vandyke.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    for treatment, published in (("1", 0.8970370), ("2", 0.9408374)):
        areas = []
        for reader in "12345":
            own = [row for row in rows if row["treatment"] == treatment and row["reader"] == reader]
            truth, rating = [row["truth"] == "1" for row in own], [float(row["rating"]) for row in own]
            areas.append(discrimination.auc(truth, rating))
        assert np.mean(areas) == pytest.approx(published, abs=5e-8)
