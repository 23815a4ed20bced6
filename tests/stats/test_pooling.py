"""A patient's answer depends on what the lesions show, not on how often they were photographed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import CutisError, OneClassError
from cutis.core.operating_point import POOLINGS, Pooling
from cutis.stats.calibration import log_losses
from cutis.stats.pooling import Lesions, attention, fit_pooling, pooled

SCORES = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=12)
PATIENTS = st.lists(SCORES, min_size=1, max_size=6)
METHODS = pytest.mark.parametrize("method", POOLINGS)
RISING = pytest.mark.parametrize("method", [name for name in POOLINGS if name != "attention"])


def _rows(patients: list[list[float]], times: int = 1) -> tuple[np.ndarray, np.ndarray]:
    scores = [score for lesions in patients for score in lesions * times]
    groups = [name for name, lesions in enumerate(patients) for _ in lesions * times]
    return np.array(scores), np.array(groups)


def _one(scores: list[float], pooling: Pooling) -> float:
    return float(pooled(scores, np.zeros(len(scores)), pooling)[0])


def _lesions(rng: np.random.Generator, patients: int = 200, times: int = 1) -> Lesions:
    """Patients with 1 to 9 lesions; of the severe ones about a third of the lesions shows it."""
    truth, score, groups = [], [], []
    for number in range(patients):
        severe = bool(rng.random() < 0.4)
        count = int(rng.integers(1, 10))
        shows = severe & (rng.random(count) < 0.4)
        odds = rng.normal(-1.5, 1, count) + 2.5 * shows + rng.normal(0, 0.5)
        for value in np.repeat(1 / (1 + np.exp(-odds)), times):
            truth.append(severe)
            score.append(value)
            groups.append(f"P{number:03}")
    return Lesions(np.array(score), np.array(truth), np.array(groups))


@METHODS
@given(PATIENTS, st.integers(2, 5), st.floats(0.05, 1), st.floats(0, 8))
@settings(max_examples=30)
def test_repeating_every_lesion_changes_not_one_bit(
    method: str, patients: list[list[float]], times: int, share: float, sharpness: float
) -> None:
    pooling = Pooling(method, share, sharpness, 1.7, -0.4)
    once, again = (pooled(*_rows(patients, often), pooling) for often in (1, times))
    np.testing.assert_array_equal(once, again)


@METHODS
@given(PATIENTS, st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_lesions_and_the_other_patients_change_nothing(
    method: str, patients: list[list[float]], random: object
) -> None:
    pooling = Pooling(method)
    scores, groups = _rows(patients)
    order = np.array(sorted(range(len(scores)), key=lambda _: random.random()))  # type: ignore[attr-defined]
    together = pooled(scores[order], groups[order], pooling)
    alone = [_one(lesions, pooling) for lesions in patients]
    assert together == pytest.approx(alone, abs=1e-9)


@METHODS
@given(st.floats(1e-5, 1 - 1e-5), st.integers(1, 6), st.floats(0.05, 1), st.floats(0, 8))
@settings(max_examples=20)
def test_lesions_that_are_alike_give_their_own_probability(
    method: str, score: float, count: int, share: float, sharpness: float
) -> None:
    assert _one([score] * count, Pooling(method, share, sharpness)) == pytest.approx(score, rel=1e-6)


@METHODS
@given(SCORES, st.floats(0.05, 1), st.floats(0, 8))
@settings(max_examples=30)
def test_a_patient_lies_between_the_least_and_the_most_suspicious_lesion(
    method: str, scores: list[float], share: float, sharpness: float
) -> None:
    found = _one(scores, Pooling(method, share, sharpness))
    assert min(scores) - 2e-6 <= found <= max(scores) + 2e-6


@RISING
@given(SCORES, st.data())
@settings(max_examples=30)
def test_a_more_suspicious_lesion_never_makes_the_patient_less_so(
    method: str, scores: list[float], data: st.DataObject
) -> None:
    which = data.draw(st.integers(0, len(scores) - 1))
    worse = list(scores)
    worse[which] = data.draw(st.floats(scores[which], 1))
    pooling = Pooling(method, slope=0.8)
    assert _one(worse, pooling) >= _one(scores, pooling) - 1e-12


def test_by_hand() -> None:
    scores = [0.1, 0.2, 0.3, 0.8]
    assert _one(scores, Pooling("mean")) == pytest.approx(0.35)
    assert _one(scores, Pooling("top", share=0.25)) == pytest.approx(0.8)
    assert _one(scores, Pooling("top", share=0.5)) == pytest.approx(0.55)
    assert _one(scores, Pooling("top", share=0.375)) == pytest.approx((0.8 + 0.5 * 0.3) / 1.5)
    assert _one(scores, Pooling("noisy_or")) == pytest.approx(1 - (0.9 * 0.8 * 0.7 * 0.2) ** 0.25)
    odds = np.log(np.array(scores) / (1 - np.array(scores)))
    weights = np.exp(2 * odds) / np.exp(2 * odds).sum()
    assert _one(scores, Pooling("attention", sharpness=2)) == pytest.approx(
        1 / (1 + np.exp(-(weights * odds).sum()))
    )
    smooth = np.log(np.exp(2 * odds).mean()) / 2
    assert _one(scores, Pooling("smooth_max", sharpness=2)) == pytest.approx(1 / (1 + np.exp(-smooth)))
    assert _one(scores, Pooling("smooth_max", sharpness=0)) == pytest.approx(1 / (1 + np.exp(-odds.mean())))


@METHODS
@given(SCORES)
@settings(max_examples=20)
def test_shares_of_the_answer_add_up_and_the_worst_lesion_has_the_largest(
    method: str, scores: list[float]
) -> None:
    shares = attention(scores, Pooling(method))
    assert shares.sum() == pytest.approx(1)
    assert (shares >= 0).all()
    assert shares[int(np.argmax(scores))] == pytest.approx(shares.max())


@METHODS
def test_a_fit_on_lesions_photographed_twice_is_the_same_fit(method: str) -> None:
    once, twice = (_lesions(np.random.default_rng(3), times=times) for times in (1, 2))
    assert fit_pooling(once, method) == fit_pooling(twice, method)


@METHODS
def test_a_fitted_pooling_is_calibrated_on_other_patients(method: str) -> None:
    rng = np.random.default_rng(0)
    pooling = fit_pooling(_lesions(rng, 1000), method)
    test = _lesions(rng, 1000)
    said, truth = pooled(test.score, test.groups, pooling), test.patients
    assert said.mean() == pytest.approx(truth.mean(), abs=0.04)
    gap = 0.0  # between what was said and what was true, by tenths of probability
    for tenth in range(10):
        here = (said * 10).astype(int) == tenth
        gap += abs(float((truth[here] - said[here]).sum())) / len(said)
    assert gap < 0.1
    prior = np.full((len(truth), 2), [1 - truth.mean(), truth.mean()])
    known = np.stack([1 - said, said], axis=1)
    assert log_losses(truth, known).mean() < log_losses(truth, prior).mean() - 0.05


def test_patients_that_are_told_apart_without_fail_get_no_endless_slope() -> None:
    scores, groups = np.repeat([0.1, 0.9], 20), np.arange(40)
    pooling = fit_pooling(Lesions(scores, scores > 0.5, groups), "mean")
    said = pooled(scores, groups, pooling)
    assert said[0] == pytest.approx(1 / 22, abs=1e-3)
    assert said[-1] == pytest.approx(21 / 22, abs=1e-3)


def test_scores_that_say_nothing_are_not_turned_round() -> None:
    scores, groups = np.repeat([0.1, 0.9], 20), np.arange(40)
    pooling = fit_pooling(Lesions(scores, scores < 0.5, groups), "mean")
    assert pooling.slope >= 0
    assert pooled([0.9], [0], pooling) >= pooled([0.1], [0], pooling)


@pytest.mark.parametrize(
    ("scores", "pooling", "said"),
    [
        ([], Pooling(), "not a harmless one"),
        ([0.2, 1.4], Pooling(), r"1\.4, not a probability"),
        ([0.2, float("nan")], Pooling(), "nan, not a probability"),
        ([0.2], Pooling("median"), "no pooling 'median'"),
        ([0.2], Pooling("top", share=0), "share of lesions"),
        ([0.2], Pooling("attention", sharpness=-1), "sharpness"),
    ],
)
def test_what_cannot_be_pooled_is_refused(scores: list[float], pooling: Pooling, said: str) -> None:
    with pytest.raises(CutisError, match=said):
        pooled(scores, np.zeros(len(scores)), pooling)


def test_patients_of_one_kind_only_are_refused() -> None:
    with pytest.raises(OneClassError, match="all 3 patients are positive"):
        fit_pooling(Lesions(np.array([0.2, 0.3, 0.4]), np.ones(3, bool), np.arange(3)), "mean")
