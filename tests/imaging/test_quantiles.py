"""Means and quantiles of few values are numpy's, to the last bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutis.imaging.lesions.quantiles import mean, quantile

VALUES = arrays(np.float32, st.integers(1, 300), elements=st.floats(-8, 8, width=32))


@given(values=VALUES, share=st.sampled_from([0.0, 0.35, 0.5, 0.7, 1.0]))
def test_they_are_those_of_numpy(values: np.ndarray, share: float) -> None:
    assert quantile(values, share) == np.quantile(values, share)
    assert mean(values) == values.mean()
