"""What a set of labels answers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cutis.core.labels import Categorical, Ordinal


@given(arrays(np.float64, (6, 5), elements=st.floats(0.01, 1)))
def test_the_grade_that_is_answered_is_the_one_least_far_off(weights: NDArray[np.float64]) -> None:
    p = weights / weights.sum(1, keepdims=True)
    grades = np.arange(5)
    expected = (p[:, None, :] * np.abs(grades[:, None] - grades)).sum(2)  # (cases, answered grade)
    chosen = Ordinal(("0", "1", "2", "3", "4")).decide(p)
    np.testing.assert_allclose(expected[np.arange(6), chosen], expected.min(1), atol=1e-12)


def test_of_classes_the_most_probable_is_answered() -> None:
    p = [[0.3, 0.2, 0.5], [0.4, 0.35, 0.25]]
    assert Categorical(("a", "b", "c")).decide(p).tolist() == [2, 0]
    assert Ordinal(("a", "b", "c")).decide(p).tolist() == [1, 1]
    assert Ordinal(("a", "b", "c")).decide(np.transpose(p), axis=0).tolist() == [1, 1]
