"""Debiased error, parts of the Brier score, slopes and isotonic fits, each against another way to get it."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

from cutis.core.errors import CutisError, OneClassError
from cutis.stats.brier import brier_parts
from cutis.stats.calibration import brier_losses, confidence_bins, equal_mass_edges
from cutis.stats.calibration_debiased import debiased_calibration_error, debiased_error
from cutis.stats.classification import estimates
from cutis.stats.recalibration import fit_isotonic, slopes
from cutis.stats.resampling import observed

ONE = np.ones((400, 1), dtype=np.float32)


def _stated(seed: int, cases: int = 400, over: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probabilities, and what came of them; ``over`` is the slope of the log odds, 1 being calibrated."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(size=cases) * 1.5
    return 1 / (1 + np.exp(-odds)), rng.random(cases) < 1 / (1 + np.exp(-over * odds))


def _kumar(stated: NDArray[np.float64], right: NDArray[np.bool_], draws: int) -> tuple[float, float]:
    """Kumar's two estimates bin by bin: squares less variances; means less what noise adds, by drawing."""
    rng, number = np.random.default_rng(0), np.clip(np.ceil(stated * 15).astype(int) - 1, 0, 14)
    squares, plain, drawn = 0.0, 0.0, np.zeros(draws)
    for one in np.unique(number):
        part = number == one
        mass, gap, share = part.mean(), abs(right[part].mean() - stated[part].mean()), right[part].mean()
        variance = share * (1 - share) / (part.sum() - 1) if part.sum() > 1 else 0.0
        squares += mass * (gap**2 - variance)
        plain += mass * gap
        drawn += mass * np.abs(share + np.sqrt(variance) * rng.normal(size=draws) - stated[part].mean())
    return float(np.sqrt(max(squares, 0.0))), max(0.0, float(2 * plain - drawn.mean()))


@pytest.mark.parametrize("over", [1.0, 0.6])
def test_debiased_errors_are_kumars(over: float) -> None:
    stated, right = _stated(0, over=over)
    binned = confidence_bins(stated, right, np.arange(400), 400)
    squares, mean = _kumar(stated, right, 20000)
    assert debiased_error(binned, ONE, "l2")[0] == pytest.approx(squares, abs=1e-9)
    assert debiased_error(binned, ONE)[0] == pytest.approx(mean, abs=1e-3)  # they draw, here it is exact


def test_debiasing_takes_off_what_chance_gives() -> None:
    plain, debiased, squares = [], [], []
    for seed in range(80):
        stated, right = _stated(seed, cases=300)
        binned = confidence_bins(stated, right, np.arange(300), 300)
        gap = np.abs(np.asarray((binned.right - binned.confidence).sum(axis=1)))
        plain.append(gap.sum() / 300)
        debiased.append(debiased_error(binned, ONE[:300])[0])
        squares.append(debiased_error(binned, ONE[:300], "l2")[0] ** 2)
    assert np.mean(plain) > 0.05  # of a calibrated source
    assert np.mean(debiased) < 0.65 * np.mean(plain)  # the l1 norm is mended in part only
    assert np.mean(squares) < 0.4 * np.mean(plain) ** 2


def test_repeating_each_photo_changes_nothing() -> None:
    stated, right = _stated(1, cases=120)
    once = debiased_calibration_error(stated, right, 200, np.random.default_rng(2))
    groups = np.repeat(np.arange(120), 3)
    thrice = debiased_calibration_error(
        np.repeat(stated, 3), np.repeat(right, 3), 200, np.random.default_rng(2), groups=groups
    )
    assert thrice.to_dict() == pytest.approx(once.to_dict(), abs=1e-6)
    fooled = debiased_calibration_error(
        np.repeat(stated, 3), np.repeat(right, 3), 200, np.random.default_rng(2)
    )
    assert fooled.value > once.value + 0.01


def test_the_interval_holds_the_true_error() -> None:
    """Stated 0.1 to 0.9 in nine steps, found nearer to a half: the true error is known."""
    steps = np.arange(1, 10) / 10
    true = float(np.mean(np.abs(0.4 * (steps - 0.5))))
    rng, held = np.random.default_rng(3), 0
    for _ in range(80):
        stated = np.repeat(steps, 60)
        right = rng.random(540) < 0.5 + 0.6 * (stated - 0.5)
        found = debiased_calibration_error(stated, right, 200, rng, bins=10)
        held += found.low <= true <= found.high
    assert held >= 70


def test_bins_of_equal_mass_hold_as_many_cases() -> None:
    stated, right = _stated(4)
    edges = equal_mass_edges(stated, 8)
    sizes = np.asarray(confidence_bins(stated, right, np.arange(400), 400, edges).cases.sum(axis=1)).ravel()
    assert sizes.tolist() == [50] * 8
    assert equal_mass_edges([0.5] * 10, 4).tolist() == [0.0, 0.5, 1.0]


@given(st.integers(0, 500), st.integers(2, 4))
@settings(max_examples=25)
def test_the_parts_add_up_to_the_score(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(classes), 70)
    truth = rng.integers(0, classes, 70)
    asked = brier_parts(truth, scores, np.arange(70), 70)
    parts = dict(zip(asked.names, observed(asked.statistic, 70), strict=True))
    losses = brier_losses(truth, scores).mean() * (2 if classes == 2 else 1)
    assert parts["brier"] == pytest.approx(losses, abs=1e-9)
    whole = parts["brier_reliability"] - parts["brier_resolution"] + parts["brier_uncertainty"]
    whole += parts["brier_within_variance"] - parts["brier_within_covariance"]
    assert whole == pytest.approx(parts["brier"], abs=1e-9)
    assert min(parts["brier_reliability"], parts["brier_resolution"], parts["brier_uncertainty"]) >= 0


def test_with_one_probability_per_bin_the_parts_are_murphys() -> None:
    rng = np.random.default_rng(5)
    stated = rng.choice([0.05, 0.35, 0.75], 200)
    truth = rng.random(200) < stated
    asked = brier_parts(truth, stated, np.arange(200), 200, bins=10)
    parts = dict(zip(asked.names, observed(asked.statistic, 200), strict=True))
    assert parts["brier"] == pytest.approx(brier_score_loss(truth, stated), abs=1e-9)
    levels = np.unique(stated)
    shares = np.array([truth[stated == one].mean() for one in levels])
    mass = np.array([np.mean(stated == one) for one in levels])
    base = truth.mean()
    assert parts["brier_reliability"] == pytest.approx(np.sum(mass * (levels - shares) ** 2), abs=1e-9)
    assert parts["brier_resolution"] == pytest.approx(np.sum(mass * (shares - base) ** 2), abs=1e-9)
    assert parts["brier_uncertainty"] == pytest.approx(base * (1 - base), abs=1e-9)
    assert parts["brier_within_variance"] == pytest.approx(0, abs=1e-9)


def test_debiased_reliability_is_right_on_average() -> None:
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        stated = rng.choice([0.15, 0.45, 0.85], 90)
        asked = brier_parts(rng.random(90) < stated, stated, np.arange(90), 90, bins=10)
        found.append(dict(zip(asked.names, observed(asked.statistic, 90), strict=True)))
    spread = (
        0.15 * 0.85 / 3 + 0.45 * 0.55 / 3 + 0.85 * 0.15 / 3
    )  # what is left when the probabilities are known
    mean = {name: np.mean([one[name] for one in found]) for name in found[0]}
    assert mean["brier_reliability"] > 0.004
    assert mean["brier_reliability_debiased"] == pytest.approx(0, abs=0.001)
    base = (0.15 + 0.45 + 0.85) / 3
    assert mean["brier_resolution_debiased"] == pytest.approx(base * (1 - base) - spread, abs=0.006)


def test_slopes_agree_with_statsmodels() -> None:
    stated, truth = _stated(6, over=0.7)
    asked = slopes(truth, stated, np.arange(400))
    slope, intercept, large = observed(asked.statistic, 400)
    odds = np.log(stated / (1 - stated))
    free = sm.GLM(truth.astype(float), sm.add_constant(odds), sm.families.Binomial()).fit(tol=1e-12)
    held = sm.GLM(truth.astype(float), np.ones(400), sm.families.Binomial(), offset=odds).fit(tol=1e-12)
    assert [intercept, slope] == pytest.approx(free.params, abs=1e-9)
    assert large == pytest.approx(held.params[0], abs=1e-9)
    weights = np.random.default_rng(7).integers(0, 3, (400, 4)).astype(np.float32)
    for column, found in zip(weights.T, asked.statistic(weights).T, strict=True):
        again = np.repeat(np.arange(400), column.astype(int))
        model = sm.GLM(truth[again].astype(float), sm.add_constant(odds[again]), sm.families.Binomial())
        assert found[[1, 0]] == pytest.approx(model.fit(tol=1e-12).params, abs=1e-8)


def test_slopes_have_intervals_and_classes_that_part_have_none() -> None:
    stated, truth = _stated(8)
    found = estimates(slopes(truth, stated, np.arange(400)), 400, 200, np.random.default_rng(9))
    assert found["calibration_slope"].low < 1 < found["calibration_slope"].high
    parted = slopes([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], np.arange(4))
    assert np.isnan(observed(parted.statistic, 4)[:2]).all()


def test_isotonic_is_scikit_learns_and_mends() -> None:
    stated, truth = _stated(10, over=0.5)
    fitted = fit_isotonic(truth, stated)
    oracle = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(stated, truth)
    asked = np.linspace(-0.2, 1.2, 50)
    assert fitted(asked) == pytest.approx(oracle.predict(asked), abs=1e-9)
    fresh, found = _stated(11, cases=4000, over=0.5)
    before, after = (brier_score_loss(found, scores) for scores in (fresh, fitted(fresh)))
    assert after < before


def test_what_cannot_be_calibrated_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(OneClassError, match="all 2 cases are of one class"):
        fit_isotonic([1, 1], [0.2, 0.4])
    with pytest.raises(CutisError, match="no cases"):
        debiased_calibration_error([], [], 10, rng)
    with pytest.raises(CutisError, match="norm is 'max'"):
        debiased_calibration_error([0.5], [1], 10, rng, norm="max")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"outside 0 \.\. 1"):
        brier_parts([1], [1.5], [0], 1)
