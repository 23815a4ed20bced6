"""Figures of grades, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from cutis.stats.classification import Answers, figures
from cutis.stats.confusion import confusion_matrix
from cutis.stats.ordinal import mean_absolute_deviation, quadratic_kappa
from cutis.stats.resampling import observed


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6), grades=st.integers(2, 6), cases=st.integers(5, 200))
def test_kappa_and_deviation_are_those_of_other_hands(seed: int, grades: int, cases: int) -> None:
    rng = np.random.default_rng(seed)
    truth, said = rng.integers(0, grades, (2, cases))
    truth[:2], said[:2] = (0, grades - 1), (0, grades - 1)
    matrix = confusion_matrix(truth, said, grades)
    expected = cohen_kappa_score(truth, said, weights="quadratic", labels=range(grades))
    assert quadratic_kappa(matrix) == pytest.approx(expected)
    assert mean_absolute_deviation(matrix) == pytest.approx(np.abs(truth - said).mean())


def test_replicates_are_carried_along() -> None:
    rng = np.random.default_rng(0)
    matrices = rng.integers(1, 9, (4, 4, 3)).astype(float)
    for one in range(3):
        assert quadratic_kappa(matrices)[one] == pytest.approx(quadratic_kappa(matrices[..., one]))
        assert mean_absolute_deviation(matrices)[one] == pytest.approx(
            mean_absolute_deviation(matrices[..., one])
        )


def test_the_published_deviation_is_on_a_scale_of_one() -> None:
    """87% right, the rest one grade off, is .13 of a grade and .0325 of the five-grade scale."""
    truth = np.repeat(np.arange(5), 100)
    said = truth.copy()
    for grade in range(5):
        wrong = np.flatnonzero(truth == grade)[:13]
        said[wrong] = grade - 1 if grade == 4 else grade + 1
    answers = Answers(
        labels=tuple("01234"), truth=truth, prediction=said, probabilities=None, scored=np.zeros(5, bool),
        index=np.arange(500), count=500, ordinal=True,
    )  # fmt: skip
    asked = figures(answers)
    found = dict(zip(asked.names, observed(asked.statistic, 500), strict=True))
    assert found["accuracy"] == pytest.approx(0.87)
    assert found["mean_absolute_deviation"] == pytest.approx(0.13)
    assert found["mean_absolute_deviation_normalised"] == pytest.approx(0.0325)


def test_classes_without_order_have_no_deviation() -> None:
    answers = Answers(
        labels=("a", "b", "c"), truth=np.array([0, 1, 2]), prediction=np.array([0, 1, 1]), probabilities=None,
        scored=np.zeros(3, bool), index=np.arange(3), count=3,
    )  # fmt: skip
    assert not any("deviation" in name or "kappa" in name for name in figures(answers).names)
