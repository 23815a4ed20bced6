"""Operating points are the best that hold their promise, by brute force over every threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cutis.core.errors import OneClassError
from cutis.stats import thresholds
from cutis.stats.thresholds import ChosenPoint

CASES = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=40)


def _every_point(truth: np.ndarray, score: np.ndarray) -> list[ChosenPoint]:
    points = []
    for threshold in np.unique(score):
        called = score >= threshold
        points.append(
            ChosenPoint(
                threshold, called[truth].mean(), 1 - called[~truth].mean(), float(truth[called].mean())
            )
        )
    return points


@given(CASES, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
@settings(max_examples=150, deadline=None)
def test_each_rule_finds_the_best_of_all_points(cases: list[tuple[bool, int]], least: float) -> None:
    truth, score = np.array([c[0] for c in cases]), np.array([c[1] for c in cases], dtype=float)
    assume(0 < truth.sum() < len(truth))
    points = _every_point(truth, score)

    youden = thresholds.by_youden(truth, score)
    assert youden.sensitivity + youden.specificity == pytest.approx(
        max(p.sensitivity + p.specificity for p in points)
    )

    sensitive = thresholds.by_sensitivity(truth, score, least)
    assert sensitive.sensitivity >= least - 1e-9
    assert sensitive.specificity == pytest.approx(
        max(p.specificity for p in points if p.sensitivity >= least - 1e-9)
    )

    specific = thresholds.by_specificity(truth, score, least)
    allowed = [p.sensitivity for p in points if p.specificity >= least - 1e-9]
    assert specific.sensitivity == pytest.approx(max(allowed) if allowed else points[-1].sensitivity)

    sure = thresholds.by_ppv(truth, score, least)
    reached = [p for p in points if p.ppv >= least - 1e-9]
    if reached:
        assert sure.ppv >= least - 1e-9
        assert sure.sensitivity == pytest.approx(max(p.sensitivity for p in reached))
    else:
        assert sure.ppv == pytest.approx(max(p.ppv for p in points))

    for point in (youden, sensitive, specific, sure):
        same = next(p for p in points if p.threshold == point.threshold)
        assert (point.sensitivity, point.specificity, point.ppv) == pytest.approx(
            (same.sensitivity, same.specificity, same.ppv)
        )


def test_one_class_only_is_refused() -> None:
    with pytest.raises(OneClassError):
        thresholds.by_youden([1, 1], [0.2, 0.3])
