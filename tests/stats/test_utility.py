"""Predictive values at another prevalence: by counting, at the ends, and as published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import CutisError
from cutis.stats.utility import predictive_values


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
