"""Intervals agree with statsmodels and with published tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from cutis.stats.intervals import clopper_pearson, percentile, wilson


@given(cases=st.integers(1, 500), share=st.floats(0, 1), confidence=st.sampled_from([0.8, 0.95, 0.99]))
def test_proportions_agree_with_statsmodels(cases: int, share: float, confidence: float) -> None:
    hits = round(share * cases)
    for own, method in ((wilson, "wilson"), (clopper_pearson, "beta")):
        low, high = proportion_confint(hits, cases, alpha=1 - confidence, method=method)
        found = own(hits, cases, confidence)
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
        assert found.value == hits / cases


@pytest.mark.parametrize(
    ("hits", "cases", "value", "low", "high"),
    [(755, 807, 93.6, 91.7, 95.1), (1832, 2593, 70.7, 68.9, 72.4)],
)
def test_the_published_drug_reaction_table_has_its_published_intervals(
    hits: int, cases: int, value: float, low: float, high: float
) -> None:
    found = wilson(hits, cases)
    percent = [100 * x for x in (found.value, found.low, found.high)]
    assert percent == pytest.approx([value, low, high], abs=0.06)  # printed to a tenth: 91.65 became 91.7


@pytest.mark.parametrize(("hits", "cases"), [(3, 2), (-1, 5), (0, 0)])
def test_what_is_no_proportion_is_refused(hits: int, cases: int) -> None:
    with pytest.raises(ValueError, match="not a proportion"):
        wilson(hits, cases)
    with pytest.raises(ValueError, match="not a proportion"):
        clopper_pearson(hits, cases)


def test_percentiles_leave_undefined_replicates_out() -> None:
    draws = np.array([np.arange(101.0), np.full(101, np.nan)])
    draws[0, 0] = np.nan
    ends = percentile(draws, 0.9)
    assert ends[0] == pytest.approx(np.quantile(np.arange(1.0, 101), [0.05, 0.95]))
    assert np.isnan(ends[1]).all()
