"""Operating points are the best that hold their promise, by brute force over every threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cutis.core.errors import CutisError, OneClassError
from cutis.stats import thresholds
from cutis.stats.intervals import wilson
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


LESIONS = st.lists(
    st.tuples(st.booleans(), st.lists(st.integers(0, 9), min_size=1, max_size=4)), min_size=2, max_size=60
)


@given(CASES, st.sampled_from([0.3, 0.5, 0.7]))
@settings(max_examples=150, deadline=None)
def test_the_bounded_point_is_the_most_specific_of_those_that_hold(
    cases: list[tuple[bool, int]], least: float
) -> None:
    truth, score = np.array([c[0] for c in cases]), np.array([c[1] for c in cases], dtype=float)
    assume(0 < truth.sum() < len(truth))
    point = thresholds.by_sensitivity_bound(truth, score, least)
    positives = int(truth.sum())
    holding = [
        (1 - (score[~truth] >= t).mean(), t)
        for t in np.unique(score)
        if wilson((score[truth] >= t).sum(), positives).low >= least
    ]
    assert point.reached == bool(holding)
    if holding:
        assert point.specificity.value == pytest.approx(max(holding)[0])
        assert point.sensitivity.low >= least
    else:
        assert point.threshold == score[truth].min()
        assert point.sensitivity.value == 1.0
        assert point.positives < point.needed


@given(LESIONS, st.sampled_from([0.3, 0.6]), st.data())
@settings(max_examples=100, deadline=None)
def test_repeating_every_lesion_of_a_patient_changes_nothing(
    patients: list[tuple[bool, list[int]]], least: float, data: st.DataObject
) -> None:
    def point(times: list[int]) -> thresholds.BoundedPoint:
        rows = [
            (truth, score, number)
            for number, ((truth, scores), often) in enumerate(zip(patients, times, strict=True))
            for score in scores * often
        ]
        truth, score, groups = (np.array(column) for column in zip(*rows, strict=True))
        return thresholds.by_sensitivity_bound(truth, score, least, groups)

    assume(0 < sum(truth for truth, _ in patients) < len(patients))
    once = [1] * len(patients)
    again = data.draw(st.lists(st.integers(1, 3), min_size=len(patients), max_size=len(patients)))
    assert point(once) == point(again)


def test_the_published_screen_has_the_sensitivity_that_its_bound_allows() -> None:
    # Of 807 severe ones 755 were found; a bound at the lower end of that interval allows 52 misses, no more.
    truth = np.repeat([1, 0], [807, 2593])
    score = np.concatenate([np.arange(807) / 807, np.arange(2593) / 2593 - 0.5])
    point = thresholds.by_sensitivity_bound(truth, score, wilson(755, 807).low)
    assert point.sensitivity.value == pytest.approx(755 / 807)
    stricter = thresholds.by_sensitivity_bound(truth, score, wilson(755, 807).low + 1e-6)
    assert stricter.sensitivity.value == pytest.approx(756 / 807)


def test_with_too_few_positive_patients_it_says_how_many_it_takes() -> None:
    truth, score = np.repeat([1, 0], [56, 40]), np.concatenate([np.full(56, 0.9), np.full(40, 0.1)])
    point = thresholds.by_sensitivity_bound(truth, score)
    assert not point.reached
    assert (point.positives, point.needed) == (56, 57)
    assert "56 positive patients" in point.shortfall and "57" in point.shortfall
    enough = thresholds.by_sensitivity_bound(np.append(truth, 1), np.append(score, 0.9))
    assert enough.reached and enough.shortfall == ""
    assert enough.specificity.value == 1.0


def test_photos_of_one_patient_do_not_stand_in_for_patients() -> None:
    truth, score = np.repeat([1, 0], [570, 400]), np.concatenate([np.full(570, 0.9), np.full(400, 0.1)])
    assert thresholds.by_sensitivity_bound(truth, score).reached
    assert not thresholds.by_sensitivity_bound(truth, score, groups=np.arange(970) // 50).reached


@pytest.mark.parametrize("least", [0.0, 1.0, 93.6])
def test_a_sensitivity_that_none_can_promise_is_refused(least: float) -> None:
    with pytest.raises(CutisError, match="cannot be promised"):
        thresholds.by_sensitivity_bound([0, 1], [0.1, 0.9], least)
