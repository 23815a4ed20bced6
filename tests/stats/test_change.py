"""Smallest detectable change and repeatability, against published examples and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import CutisError
from cutis.stats.change import Repeatability, Scale, band, judge, limits_of_agreement, repeatability
from cutis.stats.intervals import Estimate

# Peak expiratory flow of 20 children, four times each, l/min (Bland & Altman 1996, BMJ 313:744, table 1).
CHILDREN = np.array(
    [
        [190, 220, 200, 200],
        [220, 200, 240, 230],
        [260, 260, 240, 280],
        [210, 300, 280, 265],
        [270, 265, 280, 270],
        [280, 280, 270, 275],
        [260, 280, 280, 300],
        [275, 275, 275, 305],
        [280, 290, 300, 290],
        [320, 290, 300, 290],
        [300, 300, 310, 300],
        [270, 250, 330, 370],
        [320, 330, 330, 330],
        [335, 320, 335, 375],
        [350, 320, 340, 365],
        [360, 320, 350, 345],
        [330, 340, 380, 390],
        [335, 385, 360, 370],
        [400, 420, 425, 420],
        [430, 460, 480, 470],
    ]
)
# Peak expiratory flow by two meters, l/min (Bland & Altman 1986, Lancet i:307, first measurements).
LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_the_published_example_of_measurement_error() -> None:
    found = repeatability(CHILDREN)
    assert (found.subjects, found.measurements) == (20, 80)
    assert found.sem.value**2 == pytest.approx(460.52, abs=0.01)  # the residual mean square of the paper
    assert found.sem.value == pytest.approx(21.5, abs=0.05)
    assert found.smallest_change.value == pytest.approx(2.77 * 21.5, abs=0.2)
    # the paper's interval by the normal approximation, 17.7 to 25.3, is near the exact one
    assert found.sem.low == pytest.approx(17.7, abs=0.6) and found.sem.high == pytest.approx(25.3, abs=1.1)


def test_the_published_example_of_limits_of_agreement() -> None:
    found = limits_of_agreement(MINI, LARGE)
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.spread == pytest.approx(38.8, abs=0.05)
    assert (found.bias.low, found.bias.high) == pytest.approx((-22.0, 17.8), abs=0.15)
    # the paper takes 2 for 1.96, and the square root of 3/n for the limits' standard error
    assert found.lower.value == pytest.approx(-79.7, abs=1.7)
    assert found.upper.value == pytest.approx(75.5, abs=1.7)
    assert found.upper.low == pytest.approx(40.9, abs=2.5) and found.lower.low == pytest.approx(-114.3, abs=3)


def test_repeats_may_be_of_different_number_and_in_any_order() -> None:
    long = [(child, value) for child, row in enumerate(CHILDREN) for value in row]
    rng = np.random.default_rng(1)
    mixed = [long[place] for place in rng.permutation(len(long))]
    subjects, values = zip(*mixed, strict=True)
    assert repeatability(values, subjects).sem.value == pytest.approx(repeatability(CHILDREN).sem.value)
    gaps = CHILDREN.astype(float)
    gaps[0, 1:] = np.nan  # measured once: tells nothing
    assert repeatability(gaps).sem.value == pytest.approx(repeatability(CHILDREN[1:]).sem.value)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        people = rng.normal(0, 5, (12, 1))
        found = repeatability(people + rng.normal(0, 2, (12, 3)))
        held += found.sem.low <= 2 <= found.sem.high
    assert 0.92 <= held / 400 <= 0.98


def test_unchanged_subjects_are_called_changed_five_times_in_a_hundred() -> None:
    rng = np.random.default_rng(3)
    known = repeatability(rng.normal(0, 2, (4000, 3)))
    pairs = rng.normal(0, 2, (4000, 2))
    changed = np.mean([judge(a, b, known).verdict != "within" for a, b in pairs])
    assert changed == pytest.approx(0.05, abs=0.012)
    threes = rng.normal(0, 2, (2000, 2, 3)).mean(axis=2)
    again = np.mean([judge(a, b, known, repeats=(3, 3)).verdict != "within" for a, b in threes])
    assert again == pytest.approx(0.05, abs=0.016)


def test_errors_that_grow_are_noticed_and_judged_by_ratio() -> None:
    rng = np.random.default_rng(4)
    truth = np.exp(rng.uniform(0, 4, (60, 1)))
    values = truth * np.exp(rng.normal(0, 0.1, (60, 4)))
    assert repeatability(values).grows > 0.8
    known = repeatability(values, scale="ratio")
    assert abs(known.grows) < 0.4
    assert known.sem.value == pytest.approx(0.1, rel=0.15)
    assert judge(10, 14, known).verdict == "higher" and judge(10, 12, known).verdict == "within"
    assert judge(100, 140, known).verdict == "higher" and judge(100, 60, known).verdict == "lower"
    low, high = band(10, known)
    assert judge(10, high * 1.001, known).verdict == "higher"
    assert judge(10, low * 1.001, known).verdict == "within"


def test_what_is_near_the_limit_is_not_sure() -> None:
    known = repeatability(CHILDREN)
    limit = known.smallest_change
    assert judge(300, 300 + 1.01 * limit.value, known).verdict == "higher"
    assert not judge(300, 300 + 1.01 * limit.value, known).sure
    assert judge(300, 300 - 1.01 * limit.high, known).verdict == "lower"
    assert judge(300, 300 - 1.01 * limit.high, known).sure
    assert judge(300, 301, known).sure


@pytest.mark.parametrize("scale", ["difference", "ratio"])
def test_repeats_that_never_differ_show_no_change(scale: Scale) -> None:
    known = repeatability([[3, 3], [1, 1], [2, 2], [0.1, 0.1], [4, 4]], scale=scale)
    assert known.sem == Estimate(0.0, 0.0, 0.0)
    change = judge(3, 4, known)
    assert (change.verdict, change.sure) == ("within", False)
    assert repeatability([[0.1] * 3, [0.7] * 3], scale=scale).sem.value == 0  # means of them are rounded


def test_nothing_to_go_by_is_said() -> None:
    with pytest.raises(CutisError, match="measured twice"):
        repeatability([1.0, 2.0], ["a", "b"])
    with pytest.raises(CutisError, match="above 0"):
        repeatability([[0.0, 1.0]], scale="ratio")
    with pytest.raises(CutisError, match="at least three"):
        limits_of_agreement([1, 2], [1, 2])


def test_a_round_trip_through_plain_data() -> None:
    for known in (repeatability(CHILDREN), repeatability(CHILDREN[:2], scale="ratio")):
        again = Repeatability.from_dict(known.to_dict())
        assert again.sem == known.sem and again.smallest_change == known.smallest_change
        assert np.isnan(again.grows) == np.isnan(known.grows)


@given(st.floats(-1e3, 1e3), st.floats(0.1, 1e3), st.integers(0, 2**32 - 1))
def test_a_shift_changes_nothing_and_a_unit_goes_through(shift: float, unit: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(0, 1, (5, 3))
    one, other = repeatability(values), repeatability(values * unit + shift)
    assert other.sem.value == pytest.approx(one.sem.value * unit, rel=1e-6)
    assert other.smallest_change.high == pytest.approx(one.smallest_change.high * unit, rel=1e-6)
