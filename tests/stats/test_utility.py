"""Predictive values at another prevalence: by counting, at the ends, and as published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import CutisError
from cutis.stats.classification import Answers
from cutis.stats.utility import at_prevalence, likelihood_ratios, predictive_values, probability_at

PUBLISHED = (755, 52, 761, 1832)  # found, missed, false alarms, left alone


def _answers(hits: int, missed: int, alarms: int, cleared: int, photos: int = 1) -> Answers:
    """A two-by-two table of patients with so many photos each."""
    truth = np.repeat([1, 1, 0, 0], [hits, missed, alarms, cleared])
    said = np.repeat([1, 0, 1, 0], [hits, missed, alarms, cleared])
    return Answers(
        labels=("mild", "severe"),
        truth=truth.repeat(photos),
        prediction=said.repeat(photos),
        probabilities=None,
        scored=np.zeros(2, dtype=bool),
        index=np.arange(len(truth)).repeat(photos),
        count=len(truth),
    )


@given(st.integers(1, 500), st.integers(0, 500), st.integers(0, 500), st.integers(1, 500))
def test_at_the_prevalence_of_the_study_they_are_the_counted_ones(
    hits: int, missed: int, alarms: int, cleared: int
) -> None:
    positives, negatives = hits + missed, alarms + cleared
    found = predictive_values(hits / positives, cleared / negatives, positives / (positives + negatives))
    assert found.ppv == pytest.approx(hits / (hits + alarms))
    assert found.npv == pytest.approx(cleared / (cleared + missed))


def test_the_published_gate_for_photos_at_both_shares_of_good_photos() -> None:
    # Sensitivity .829 and specificity .784 as published; .645 and .450 were counted on the photos themselves.
    found = predictive_values(0.829, 0.784, [0.71, 0.85])
    assert found.npv == pytest.approx([0.645, 0.450], abs=0.01)
    assert found.ppv[0] == pytest.approx(0.906, abs=0.005)


def test_the_published_screen_for_drug_reactions_at_one_in_a_hundred() -> None:
    found = predictive_values(755 / 807, 1832 / 2593, [807 / 3400, 0.01])
    assert found.ppv == pytest.approx([0.498, 0.031], abs=0.001)


def test_where_nobody_is_called_there_is_no_value() -> None:
    assert np.isnan(predictive_values(0.0, 1.0, 0.3).ppv)
    assert np.isnan(predictive_values(1.0, 0.0, 0.3).npv)


@pytest.mark.parametrize("wrong", [-0.1, 1.2, float("nan")])
def test_what_is_no_share_is_refused_by_name(wrong: float) -> None:
    with pytest.raises(CutisError, match="prevalence is"):
        predictive_values(0.9, 0.9, wrong)


def test_the_published_screen_at_other_prevalences_with_intervals_and_counts() -> None:
    ratios = likelihood_ratios(_answers(*PUBLISHED), 100, np.random.default_rng(0))
    # By hand: (755 / 807) / (761 / 2593); its interval is close to Simel's, on the logarithm.
    assert ratios.positive.value == pytest.approx(3.188, abs=0.001)
    half = 1.959964 * np.sqrt(1 / 755 - 1 / 807 + 1 / 761 - 1 / 2593)
    assert ratios.positive.low == pytest.approx(ratios.positive.value * np.exp(-half), rel=0.005)
    assert ratios.positive.high == pytest.approx(ratios.positive.value * np.exp(half), rel=0.005)
    assert ratios.negative.value == pytest.approx((52 / 807) / (1832 / 2593))
    rare = at_prevalence(755 / 807, 1832 / 2593, ratios, 0.01)
    assert rare.ppv.value == pytest.approx(0.0312, abs=1e-4)
    assert rare.ppv.low < rare.ppv.value < rare.ppv.high
    assert rare.npv.value == pytest.approx(0.99908, abs=1e-4)
    assert (rare.true_positives, rare.false_negatives) == pytest.approx((9.356, 0.644), abs=1e-3)
    assert (rare.false_positives, rare.true_negatives) == pytest.approx((290.5, 699.5), abs=0.05)
    common = at_prevalence(755 / 807, 1832 / 2593, ratios, 807 / 3400)
    assert common.ppv.value == pytest.approx(755 / 1516)
    assert common.npv.value == pytest.approx(1832 / 1884)


def test_an_empty_cell_is_bounded_by_what_its_neighbours_allow() -> None:
    # Nobody missed of 14, 12 false alarms among 26: as Wilson's intervals have it, at most 22% are missed.
    ratios = likelihood_ratios(_answers(14, 0, 12, 14), 1, np.random.default_rng(0))
    assert ratios.negative.value == ratios.negative.low == 0.0
    assert 0.3 < ratios.negative.high < 0.6
    certain = likelihood_ratios(_answers(10, 4, 0, 26), 1, np.random.default_rng(0))
    assert certain.positive.value == certain.positive.high == float("inf")
    assert 3 < certain.positive.low < 10


def test_drawing_patients_anew_agrees_with_the_formula_and_photos_taken_twice_change_nothing() -> None:
    formula = likelihood_ratios(_answers(180, 20, 60, 240), 100, np.random.default_rng(0))
    drawn = [
        likelihood_ratios(_answers(180, 20, 60, 240, photos), 4000, np.random.default_rng(1))
        for photos in (2, 4)
    ]
    assert drawn[0] == drawn[1]
    for one, other in ((formula.positive, drawn[0].positive), (formula.negative, drawn[0].negative)):
        assert one.value == pytest.approx(other.value)
        assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=0.1)


def test_the_intervals_hold_what_they_promise() -> None:
    rng = np.random.default_rng(2)
    found, left, prevalence = 0.9, 0.75, 0.02
    truth = predictive_values(found, left, prevalence)
    held = []
    for _ in range(400):
        hits, cleared = int(rng.binomial(80, found)), int(rng.binomial(160, left))
        ratios = likelihood_ratios(_answers(hits, 80 - hits, 160 - cleared, cleared), 1, rng)
        said = at_prevalence(hits / 80, cleared / 160, ratios, prevalence)
        held.append([said.ppv.low <= truth.ppv <= said.ppv.high, said.npv.low <= truth.npv <= said.npv.high])
    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.95], abs=0.035)


@given(
    st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.floats(0.001, 0.999)
)
def test_counts_add_up_and_values_lie_within_their_intervals(
    hits: int, missed: int, alarms: int, cleared: int, prevalence: float
) -> None:
    hits, cleared = hits + (hits + missed == 0), cleared + (alarms + cleared == 0)
    found, left = hits / (hits + missed), cleared / (alarms + cleared)
    ratios = likelihood_ratios(_answers(hits, missed, alarms, cleared), 1, np.random.default_rng(0))
    said = at_prevalence(found, left, ratios, prevalence)
    counts = (said.true_positives, said.false_negatives, said.false_positives, said.true_negatives)
    assert sum(counts) == pytest.approx(1000)
    assert counts[0] + counts[1] == pytest.approx(1000 * prevalence)
    for value in (said.ppv, said.npv):
        if not np.isnan(value.value):
            assert -1e-12 <= value.low <= value.value + 1e-9
            assert value.value - 1e-9 <= value.high <= 1 + 1e-12


def test_a_probability_moves_with_the_prevalence_as_bayes_has_it() -> None:
    assert probability_at(0.5, 0.25, 0.25) == pytest.approx(0.5)
    # Odds of 1 at odds of 1/3 are a factor of 3; at 1 in 101 the odds are 3/100.
    assert probability_at(0.5, 0.25, 1 / 101) == pytest.approx(3 / 103)
    assert probability_at([0.0, 1.0], 0.25, 0.01) == pytest.approx([0.0, 1.0])
    with pytest.raises(CutisError, match="says nothing"):
        probability_at(0.5, 1.0, 0.2)
