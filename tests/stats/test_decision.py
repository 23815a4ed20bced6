"""Net benefit and cost agree with their definitions counted by hand, and their intervals with repeats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cutis.core.errors import CutisError, OneClassError
from cutis.stats.decision import cost_curve, decision_curve
from cutis.stats.discrimination import auc

THRESHOLDS = np.array([0.05, 0.2, 0.5, 0.8])


def _cases(seed: int, cases: int = 80) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    probability = np.round(rng.random(cases), 2)
    truth = rng.random(cases) < probability
    truth[:2] = [True, False]
    return truth, probability


@given(st.integers(0, 200))
@settings(max_examples=25)
def test_net_benefit_is_vickers_formula(seed: int) -> None:
    truth, probability = _cases(seed)
    found = decision_curve(truth, probability, THRESHOLDS, 5, np.random.default_rng(0))
    for number, t in enumerate(THRESHOLDS):
        acted = probability >= t
        hits, alarms = np.sum(acted & truth), np.sum(acted & ~truth)
        expected = hits / 80 - alarms / 80 * t / (1 - t)
        everybody = truth.mean() - (1 - truth.mean()) * t / (1 - t)
        assert found.model.value[number] == pytest.approx(expected, abs=1e-9)
        assert found.everybody.value[number] == pytest.approx(everybody, abs=1e-9)
        assert found.gain.value[number] == pytest.approx(expected - max(everybody, 0), abs=1e-9)


def test_at_another_prevalence_positives_count_as_if_there_were_so_many() -> None:
    truth, probability = _cases(1)
    found = decision_curve(truth, probability, THRESHOLDS, 5, np.random.default_rng(0), prevalence=0.1)
    positives, negatives = probability[truth], probability[~truth]
    for number, t in enumerate(THRESHOLDS):
        expected = 0.1 * np.mean(positives >= t) - 0.9 * np.mean(negatives >= t) * t / (1 - t)
        assert found.model.value[number] == pytest.approx(expected, abs=1e-9)
    assert found.prevalence == 0.1


def test_repeating_each_photo_does_not_narrow_the_interval() -> None:
    truth, probability = _cases(2)
    once = decision_curve(truth, probability, THRESHOLDS, 300, np.random.default_rng(3))
    thrice = decision_curve(
        np.repeat(truth, 3),
        np.repeat(probability, 3),
        THRESHOLDS,
        300,
        np.random.default_rng(3),
        groups=np.repeat(np.arange(80), 3),
    )
    assert thrice.gain.low == pytest.approx(once.gain.low, abs=1e-9)
    assert np.all(once.gain.low <= once.gain.value)


def test_a_calibrated_score_gains_and_a_random_one_does_not() -> None:
    rng = np.random.default_rng(4)
    probability = rng.beta(0.6, 1.4, size=3000)
    truth = rng.random(3000) < probability
    useful = decision_curve(truth, probability, [0.2, 0.3, 0.5], 200, rng)
    assert np.all(useful.gain.low > 0)
    useless = decision_curve(truth, rng.permutation(probability), [0.2, 0.3, 0.5], 200, rng)
    assert np.all(useless.gain.value < 0)


def test_cost_is_the_lowest_over_all_thresholds() -> None:
    truth, probability = _cases(5, cases=40)
    found = cost_curve(truth, probability, 50, np.random.default_rng(6), points=11)
    for cost, value in zip(found.probability_cost, found.model.value, strict=True):
        lowest = min(
            cost * np.mean(probability[truth] < t) + (1 - cost) * np.mean(probability[~truth] >= t)
            for t in [-1.0, 2.0, *probability]
        )
        assert value == pytest.approx(lowest, abs=1e-9)
    assert np.all(found.model.value <= found.trivial + 1e-12)
    assert np.all(found.model.low <= found.model.high)


def test_a_perfect_score_costs_nothing() -> None:
    truth = np.arange(20) % 2 == 0
    assert auc(truth, truth.astype(float)) == 1
    assert cost_curve(truth, truth.astype(float), 10, np.random.default_rng(0)).model.value.max() == 0


def test_what_cannot_be_decided_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(OneClassError, match="all 2 cases are of one class"):
        decision_curve([1, 1], [0.2, 0.3], [0.5], 5, rng)
    with pytest.raises(CutisError, match="no probability"):
        decision_curve([1, 0], [1.2, 0.3], [0.5], 5, rng)
    with pytest.raises(CutisError, match="thresholds are probabilities"):
        decision_curve([1, 0], [0.2, 0.3], [0.5, 1.0], 5, rng)
    with pytest.raises(CutisError, match=r"prevalence is 1.5"):
        decision_curve([1, 0], [0.2, 0.3], [0.5], 5, rng, prevalence=1.5)
