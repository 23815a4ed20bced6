"""Intervals agree with statsmodels and with published tables."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from cutis.stats.classification import Answers, estimates, figures
from cutis.stats.intervals import bca, clopper_pearson, percentile, wilson
from cutis.stats.resampling import Statistic, bootstrap, jackknife, observed, sums_by_group


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


def _means(values: NDArray[np.float64]) -> Statistic:
    sums = sums_by_group(np.zeros(len(values), dtype=int), np.arange(len(values)), len(values), 1, values)
    return lambda weights: np.asarray(sums @ weights, dtype=np.float64) / weights.sum(axis=0)


def test_bca_agrees_with_scipy_on_the_same_draws() -> None:
    values = np.random.default_rng(0).exponential(size=30)
    draws = bootstrap(_means(values), 30, 999, np.random.default_rng(1))
    ends = bca(draws, observed(_means(values), 30), jackknife(_means(values), 30), 0.9)[0]
    given = SimpleNamespace(bootstrap_distribution=draws[0])
    oracle = stats.bootstrap(
        (values,), np.mean, n_resamples=0, bootstrap_result=given, method="BCa", confidence_level=0.9
    ).confidence_interval
    assert ends == pytest.approx([oracle.low, oracle.high], abs=1e-9)
    assert ends[0] > percentile(draws, 0.9)[0, 0]  # a mean of skewed values is drawn upwards


def test_bca_covers_where_percentiles_fall_short() -> None:
    rng, held = np.random.default_rng(2), {"bca": 0, "percentile": 0}
    for _ in range(400):  # the variance of a few normal values: skewed, and biased downwards
        values = rng.normal(size=25)

        def variance(
            weights: NDArray[np.float32], values: NDArray[np.float64] = values
        ) -> NDArray[np.float64]:
            mean = values @ weights / 25
            return (np.square(values) @ weights / 25 - mean**2)[None]

        draws = bootstrap(variance, 25, 800, rng)
        ends = {
            "bca": bca(draws, observed(variance, 25), jackknife(variance, 25))[0],
            "percentile": percentile(draws)[0],
        }
        for name, (low, high) in ends.items():
            held[name] += low <= 1.0 <= high
    assert held["bca"] > held["percentile"] + 8
    assert 340 <= held["bca"] <= 385


def test_bca_without_a_spread_is_the_value() -> None:
    ends = bca(np.array([[1.0, 1.0, np.nan]]), [1.0], [[1.0, 1.0, np.nan]])
    assert ends.tolist() == [[1.0, 1.0]]
    assert np.isnan(bca(np.full((1, 3), np.nan), [np.nan], [[np.nan]])).all()


def test_the_named_figures_can_have_bca_intervals() -> None:
    rng = np.random.default_rng(3)
    truth = np.arange(90) % 3
    scores = rng.dirichlet(np.ones(3), 90) / 2 + np.eye(3)[truth] / 2
    scored = np.ones(3, dtype=bool)
    answers = Answers(("a", "b", "c"), truth, scores.argmax(axis=1), scores, scored, np.arange(90) // 2, 45)
    asked = figures(answers, ["accuracy", "expected_calibration_error"])
    plain = estimates(asked, 45, 400, np.random.default_rng(4))
    corrected = estimates(asked, 45, 400, np.random.default_rng(4), interval="bca")
    error = "expected_calibration_error"
    assert corrected[error].value == plain[error].value
    assert corrected[error].low != plain[error].low
