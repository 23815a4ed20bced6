"""The group bootstrap draws groups, not photos."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.stats.classification import Answers, estimates, figures
from cutis.stats.intervals import percentile
from cutis.stats.resampling import bootstrap, number_groups, observed, resampled_weights, sums_by_group


def _answers(cases: int, classes: int, seed: int, repeats: int = 1) -> Answers:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, cases)
    logits = rng.normal(size=(cases, classes))
    logits[np.arange(cases), truth] += 1.5
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    repeated = np.repeat(np.arange(cases), repeats)
    return Answers(
        labels=tuple(f"class_{k}" for k in range(classes)),
        truth=truth[repeated],
        prediction=probabilities.argmax(axis=1)[repeated],
        probabilities=probabilities[repeated],
        scored=np.ones(classes, dtype=bool),
        index=repeated,
        count=cases,
    )


@given(count=st.integers(1, 60), replicates=st.integers(1, 300), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_each_replicate_draws_as_many_groups_as_there_are(count: int, replicates: int, seed: int) -> None:
    blocks = list(resampled_weights(count, replicates, np.random.default_rng(seed)))
    weights = np.concatenate(blocks, axis=1)
    assert weights.shape == (count, replicates)
    assert np.all(weights.sum(axis=0) == count)
    assert np.all(weights >= 0)


def test_every_group_is_drawn_once_on_average() -> None:
    weights = np.concatenate(list(resampled_weights(20, 20_000, np.random.default_rng(1))), axis=1)
    assert weights.mean(axis=1) == pytest.approx(np.ones(20), abs=0.05)
    assert weights.var(axis=1) == pytest.approx(np.full(20, 0.95), abs=0.06)  # binomial(20, 1/20)


def test_a_replicate_equals_the_figure_of_the_drawn_photos_copied_out() -> None:
    rng = np.random.default_rng(2)
    values, groups = rng.normal(size=50), rng.integers(0, 12, 50)
    index, count = number_groups(groups)
    sums = sums_by_group(np.zeros(50, dtype=int), index, count, 1, values)
    cases = sums_by_group(np.zeros(50, dtype=int), index, count, 1)
    draws = np.concatenate(list(resampled_weights(count, 40, np.random.default_rng(3))), axis=1)
    means = bootstrap(lambda w: (sums @ w) / (cases @ w), count, 40, np.random.default_rng(3))[0]
    for column, mean in zip(draws.T, means, strict=True):
        copied = np.concatenate([np.repeat(values[index == g], int(n)) for g, n in enumerate(column)])
        assert mean == pytest.approx(copied.mean(), abs=1e-9)


def test_the_bootstrap_of_a_mean_agrees_with_its_standard_error() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=400)
    index = np.arange(400)
    sums = sums_by_group(np.zeros(400, dtype=int), index, 400, 1, values)
    draws = bootstrap(lambda w: (sums @ w) / w.sum(axis=0), 400, 4000, rng)
    assert draws.std() == pytest.approx(values.std() / 20, rel=0.05)
    low, high = percentile(draws)[0]
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.07)


def test_repeating_each_image_does_not_narrow_the_interval() -> None:
    once, thrice = _answers(120, 4, seed=5), _answers(120, 4, seed=5, repeats=3)
    one = estimates(figures(once), once.count, 500, np.random.default_rng(6))
    three = estimates(figures(thrice), thrice.count, 500, np.random.default_rng(6))
    assert set(one) == set(three)
    assert {"accuracy", "balanced_accuracy", "auc_macro", "expected_calibration_error"} <= set(one)
    for name, estimate in one.items():
        assert three[name].to_dict() == pytest.approx(estimate.to_dict(), abs=1e-9), name


def test_taking_repeats_for_new_patients_would_narrow_it() -> None:
    once, thrice = _answers(120, 4, seed=5), _answers(120, 4, seed=5, repeats=3)
    fooled = Answers(
        thrice.labels,
        thrice.truth,
        thrice.prediction,
        thrice.probabilities,
        thrice.scored,
        np.arange(360),
        360,
    )
    honest = estimates(figures(once), 120, 500, np.random.default_rng(7))["accuracy"]
    narrow = estimates(figures(fooled), 360, 500, np.random.default_rng(7))["accuracy"]
    assert narrow.high - narrow.low < 0.75 * (honest.high - honest.low)


def test_the_same_seed_gives_the_same_interval() -> None:
    answers = _answers(60, 3, seed=8)
    first = estimates(figures(answers), 60, 200, np.random.default_rng(9))
    assert first == estimates(figures(answers), 60, 200, np.random.default_rng(9))


def test_observed_is_the_figure_of_the_data_itself() -> None:
    answers = _answers(80, 3, seed=10)
    asked = figures(answers, ["accuracy"])
    right = float(np.mean(answers.truth == answers.prediction))
    assert observed(asked.statistic, 80)[0] == pytest.approx(right, abs=1e-12)
