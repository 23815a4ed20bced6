"""Risk and coverage, counted case by case."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import CutisError
from cutis.stats.abstention import abstention_figures, risk_coverage
from cutis.stats.classification import estimates
from cutis.stats.resampling import observed


def _told(sure: np.ndarray, loss: np.ndarray) -> dict[str, float]:
    asked = abstention_figures(sure, loss, np.arange(len(sure)), len(sure))
    return dict(zip(asked.names, observed(asked.statistic, len(sure)), strict=True))


@given(st.integers(0, 300), st.integers(5, 60))
@settings(max_examples=30)
def test_the_area_is_the_mean_risk_over_every_number_of_cases_answered(seed: int, cases: int) -> None:
    rng = np.random.default_rng(seed)
    sure, loss = rng.permutation(cases).astype(float), (rng.random(cases) < 0.3).astype(float)
    order = np.argsort(-sure)
    risks = [loss[order[:n]].mean() for n in range(1, cases + 1)]
    told = _told(sure, loss)
    assert told["risk_coverage_area"] == pytest.approx(np.mean(risks), abs=1e-9)
    assert told["risk"] == pytest.approx(loss.mean(), abs=1e-9)
    best = np.sort(loss)
    ideal = np.mean([best[:n].mean() for n in range(1, cases + 1)])
    assert told["risk_coverage_area_excess"] == pytest.approx(np.mean(risks) - ideal, abs=1e-9)
    curve = risk_coverage(sure, loss)
    assert curve.risk == pytest.approx(risks, abs=1e-12)
    assert curve.coverage[-1] == 1


def test_equally_sure_cases_are_answered_together() -> None:
    sure, loss = np.array([0.9, 0.9, 0.9, 0.5, 0.5]), np.array([0, 0, 1, 1, 0])
    curve = risk_coverage(sure, loss)
    assert curve.threshold.tolist() == [0.9, 0.5]
    assert curve.coverage.tolist() == [0.6, 1.0]
    assert curve.risk == pytest.approx([1 / 3, 2 / 5])
    flipped = _told(sure[::-1], loss[::-1])
    assert flipped == pytest.approx(_told(sure, loss), abs=1e-12)
    assert _told(sure, loss)["risk_coverage_area"] == pytest.approx(0.6 / 3 + 0.4 * 2 / 5)
    assert _told(sure, loss)["risk_at_80"] == pytest.approx((1 + 0.5) / 4)


def test_sureness_that_knows_when_it_errs_pays() -> None:
    rng = np.random.default_rng(0)
    sure = rng.random(600)
    loss = rng.random(600) < 0.5 * (1 - sure)
    asked = abstention_figures(sure, loss, np.arange(600), 600)
    told = estimates(asked, 600, 400, rng)
    assert told["risk_at_50"].high < told["risk"].low
    assert told["risk_coverage_area"].low < told["risk_coverage_area"].value < told["risk_coverage_area"].high
    assert told["risk_coverage_area_excess"].low > 0


def test_replicates_are_those_of_copied_cases() -> None:
    rng = np.random.default_rng(1)
    sure, loss = np.round(rng.random(40), 1), rng.random(40) < 0.4
    weights = rng.integers(0, 3, (40, 5)).astype(np.float32)
    asked = abstention_figures(sure, loss, np.arange(40), 40)
    for column, found in zip(weights.T, asked.statistic(weights).T, strict=True):
        again = np.repeat(np.arange(40), column.astype(int))
        assert found == pytest.approx(list(_told(sure[again], loss[again]).values()), abs=1e-9)


def test_what_has_no_curve_is_refused() -> None:
    with pytest.raises(CutisError, match="not one list of cases"):
        risk_coverage([], [])
    with pytest.raises(CutisError, match="missing or infinite"):
        risk_coverage([np.nan], [1])
    with pytest.raises(CutisError, match="coverages are shares"):
        abstention_figures([0.1], [1], [0], 1, coverages=(0.0,))
