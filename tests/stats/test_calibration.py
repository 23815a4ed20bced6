"""Calibration agrees with scikit-learn and with cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from cutis.stats import calibration

ONE = np.ones((1, 1), np.float32)


@given(st.floats(0.3, 4.0), st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_the_fitted_temperature_undoes_one_that_was_applied(temperature: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(3000, 4)) * 2
    truth = np.array([rng.choice(4, p=row) for row in calibration.softmax(logits)])
    honest = calibration.fit_temperature(logits, truth)
    assert honest == pytest.approx(1.0, abs=0.12)
    assert calibration.fit_temperature(logits * temperature, truth) == pytest.approx(
        honest * temperature, rel=1e-6
    )


def test_no_other_temperature_is_more_likely() -> None:
    rng = np.random.default_rng(0)
    logits, truth = rng.normal(size=(200, 3)) * 3, rng.integers(0, 3, 200)
    best = calibration.fit_temperature(logits, truth)

    def loss(temperature: float) -> float:
        return float(-np.mean(log_softmax(logits / temperature, axis=1)[np.arange(200), truth]))

    assert loss(best) <= min(loss(t) for t in np.geomspace(0.01, 100, 4001)) + 1e-9


def test_a_model_that_is_never_wrong_may_be_sure() -> None:
    logits = np.eye(3)
    temperature = calibration.fit_temperature(logits, [0, 1, 2])
    assert 0.01 <= temperature < 0.1
    assert np.diag(calibration.softmax(logits, temperature)) == pytest.approx(np.ones(3), abs=1e-4)


@pytest.mark.parametrize(
    ("logits", "truth"), [(np.empty((0, 3)), []), (np.ones((2, 3)), [0]), (np.ones(3), [0])]
)
def test_shapes_that_do_not_fit_are_refused(logits: object, truth: object) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        calibration.fit_temperature(logits, truth)  # type: ignore[arg-type]


def test_softmax_agrees_with_scipy_also_for_large_logits() -> None:
    logits = np.random.default_rng(1).normal(size=(20, 5)) * 500
    assert calibration.softmax(logits, 2.0) == pytest.approx(scipy_softmax(logits / 2.0, axis=1), abs=1e-12)


def test_the_calibration_error_of_a_worked_case() -> None:
    # Two bins of ten: in (0.6, 0.7] three cases, one right; in (0.9, 1] two cases, both right.
    probabilities = np.array([[0.65, 0.35]] * 3 + [[0.95, 0.05]] * 2)
    truth = np.array([0, 1, 1, 0, 0])
    expected = (3 * abs(1 / 3 - 0.65) + 2 * abs(1 - 0.95)) / 5
    assert calibration.expected_calibration_error(truth, probabilities, bins=10) == pytest.approx(expected)


def test_what_is_found_in_each_bin_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    stated = rng.random(500)
    right = rng.random(500) < stated**2
    binned = calibration.confidence_bins(stated, right, np.zeros(500, dtype=int), 1, bins=10)
    said, found = calibration.reliability(binned, ONE)
    truth_curve, said_curve = calibration_curve(right, stated, n_bins=10)
    assert found[:, 0] == pytest.approx(truth_curve, abs=1e-9)
    assert said[:, 0] == pytest.approx(said_curve, abs=1e-9)


def test_an_empty_bin_is_not_a_number_and_adds_no_error() -> None:
    binned = calibration.confidence_bins([0.95, 0.95], [1, 1], [0, 0], 1, bins=10)
    said, found = calibration.reliability(binned, ONE)
    assert np.isnan(found[:9, 0]).all()
    assert (said[9, 0], found[9, 0]) == pytest.approx((0.95, 1.0))
    assert calibration.weighted_calibration_error(binned, ONE)[0] == pytest.approx(0.05)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        calibration.confidence_bins([wrong], [1], [0], 1)


@pytest.mark.parametrize("classes", [2, 4])
def test_losses_agree_with_scikit_learn(classes: int) -> None:
    rng = np.random.default_rng(3)
    probabilities, truth = rng.dirichlet(np.ones(classes), 200), rng.integers(0, classes, 200)
    log = calibration.log_losses(truth, probabilities).mean()
    assert log == pytest.approx(log_loss(truth, probabilities), abs=1e-9)
    brier = calibration.brier_losses(truth, probabilities).mean()
    assert brier == pytest.approx(brier_score_loss(truth, probabilities, labels=range(classes)), abs=1e-9)


def test_certainty_in_the_wrong_class_costs_a_finite_amount() -> None:
    assert calibration.log_losses([1], [[1.0, 0.0]])[0] == pytest.approx(-np.log(1e-12))
