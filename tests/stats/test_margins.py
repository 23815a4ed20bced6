"""Non-inferiority and equivalence: as likelihoods maximised by brute force say, wrong as often as said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm

from cutis.core.errors import CutisError
from cutis.stats.comparison import delong_test, mcnemar
from cutis.stats.margins import (
    auc_margin,
    bootstrap_margin,
    normal_margin,
    proportion_margin,
    tango_interval,
)
from cutis.stats.resampling import Statistic, sums_by_group


def _score(wins: int, losses: int, cases: int, difference: float) -> float:
    """Tango's z, with the nuisance share found by maximising the likelihood of the three counts."""

    def minus_likelihood(lost: float) -> float:
        shares = np.array([lost + difference, lost, 1 - 2 * lost - difference])
        counts = np.array([wins, losses, cases - wins - losses])
        used = counts > 0
        return -float(np.sum(counts[used] * np.log(np.maximum(shares[used], 1e-300))))

    bounds = (max(0.0, -difference), (1 - difference) / 2)
    lost = minimize_scalar(minus_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-14}).x
    variance = cases * (2 * lost + difference - difference**2)
    return float((wins - losses - cases * difference) / np.sqrt(variance))


@pytest.mark.parametrize(
    ("wins", "losses", "cases"), [(12, 5, 60), (3, 9, 40), (1, 1, 25), (20, 18, 200), (7, 0, 80)]
)
def test_tango_agrees_with_a_likelihood_maximised_by_brute_force(wins: int, losses: int, cases: int) -> None:
    low, high = tango_interval(wins, losses, cases)
    value, limit = (wins - losses) / cases, norm.ppf(0.975)
    ends = [
        brentq(lambda d: _score(wins, losses, cases, d) - limit, -0.95, value - 1e-9, xtol=1e-12),
        brentq(lambda d: _score(wins, losses, cases, d) + limit, value + 1e-9, 0.95, xtol=1e-12),
    ]
    assert (low, high) == pytest.approx(ends, abs=1e-6)  # the search over the likelihood is that exact


@given(wins=st.integers(0, 30), losses=st.integers(0, 30), rest=st.integers(1, 60))
@settings(max_examples=50)
def test_swapping_the_sources_mirrors_the_interval(wins: int, losses: int, rest: int) -> None:
    low, high = tango_interval(wins, losses, wins + losses + rest)
    assert tango_interval(losses, wins, wins + losses + rest) == pytest.approx((-high, -low), abs=1e-9)
    assert -1 <= low <= (wins - losses) / (wins + losses + rest) <= high <= 1


def test_at_no_difference_tango_is_mcnemars_test() -> None:
    """His z at a difference of 0 is the root of McNemar's chi-squared."""
    wins, losses, cases = 25, 10, 100
    z = (wins - losses) / np.sqrt(wins + losses)
    low, _ = tango_interval(wins, losses, cases, confidence=float(2 * norm.cdf(z) - 1))
    assert low == pytest.approx(0.0, abs=1e-9)


def test_test_and_interval_say_the_same() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        new, old = rng.random(80) < 0.85, rng.random(80) < 0.85
        found = proportion_margin(new, old, margin=0.1)
        assert found.non_inferior == (found.low > -0.1)
        assert found.equivalent == (found.low > -0.1 and found.high < 0.1)


def test_one_photo_per_patient_and_repeats_of_it_say_the_same() -> None:
    rng = np.random.default_rng(1)
    new, old = rng.random(200) < 0.9, rng.random(200) < 0.85
    twice = proportion_margin(np.repeat(new, 2), np.repeat(old, 2), 0.05, groups=np.repeat(np.arange(200), 2))
    four = proportion_margin(np.repeat(new, 4), np.repeat(old, 4), 0.05, groups=np.repeat(np.arange(200), 4))
    fooled = proportion_margin(np.repeat(new, 4), np.repeat(old, 4), 0.05)
    assert (four.low, four.high) == pytest.approx((twice.low, twice.high), abs=1e-12)
    alone = proportion_margin(new, old, 0.05)
    assert (alone.low, alone.high) == pytest.approx((twice.low, twice.high), abs=1e-12)
    assert fooled.high - fooled.low < 0.6 * (four.high - four.low)


def test_an_auc_within_a_margin_has_delongs_interval() -> None:
    rng = np.random.default_rng(2)
    truth = np.arange(120) % 3 == 0
    new, old = (truth + rng.normal(size=120) for _ in range(2))
    found, test = auc_margin(truth, new, old, 0.1), delong_test(truth, new, old)
    assert (found.value, found.low, found.high) == pytest.approx((test.value, test.low, test.high), abs=1e-12)
    error = (test.high - test.low) / (2 * norm.ppf(0.975))
    assert found.p_non_inferior == pytest.approx(norm.sf((test.value + 0.1) / error), abs=1e-9)
    assert found.p_equivalent == pytest.approx(
        max(norm.sf((test.value + 0.1) / error), norm.cdf((test.value - 0.1) / error)), abs=1e-9
    )


def _accuracy(right: NDArray[np.bool_]) -> Statistic:
    count = len(right)
    sums = sums_by_group(np.zeros(count, dtype=int), np.arange(count), count, 1, right.astype(float))
    return lambda weights: np.asarray(sums @ weights, dtype=np.float64) / weights.sum(axis=0)


def test_the_bootstrap_comes_near_the_score_test() -> None:
    rng = np.random.default_rng(3)
    new, old = rng.random(400) < 0.88, rng.random(400) < 0.87
    found = bootstrap_margin(_accuracy(new), _accuracy(old), 400, 0.05, 4000, rng)[0]
    score = proportion_margin(new, old, 0.05)
    assert (found.low, found.high) == pytest.approx((score.low, score.high), abs=0.006)
    assert found.p_non_inferior == pytest.approx(score.p_non_inferior, abs=0.012)


def test_a_reader_worse_by_the_margin_is_rarely_called_not_inferior() -> None:
    rng, shown = np.random.default_rng(4), {"auc": 0, "share": 0, "grouped": 0}
    trials = 800
    for _ in range(trials):
        both = rng.random(150)
        old, new = both < 0.90, (both + 0.1 * rng.random(150)) < 0.85  # sensitivity .90 and .80
        shown["share"] += proportion_margin(new, old, margin=0.1).non_inferior
        patient = np.repeat(np.arange(100), 2)
        shared = rng.random(100)[patient]
        first, second = shared + 0.2 * rng.random(200) < 0.95, shared + 0.2 * rng.random(200) < 0.85
        shown["grouped"] += proportion_margin(second, first, margin=0.1, groups=patient).non_inferior
        truth, case = np.arange(120) % 2 == 0, rng.normal(size=120)
        strong = case + rng.normal(size=120) + 2.0 * truth
        weak = case + rng.normal(size=120) + 1.2 * truth
        gap = norm.cdf(2.0 / 2) - norm.cdf(1.2 / 2)
        shown["auc"] += auc_margin(truth, weak, strong, margin=float(gap)).non_inferior
    for name, wrong in shown.items():  # 2.5% of 800 is 20, standard deviation 4.4
        assert 6 <= wrong <= 36, f"{name}: {wrong} of {trials}"


def test_equal_sources_are_equivalent_when_there_are_enough_cases() -> None:
    right = np.arange(500) % 10 != 0
    found = proportion_margin(right, right, margin=0.05)
    assert found.value == 0.0
    assert found.equivalent
    assert mcnemar(right, right) == 1.0
    assert not proportion_margin(right[:20], right[:20], margin=0.05).non_inferior


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(CutisError, match="margin is 5;"):
        proportion_margin([1, 0], [0, 1], margin=5)
    with pytest.raises(CutisError, match="no cases"):
        proportion_margin([], [], margin=0.1)
    with pytest.raises(CutisError, match="of one patient or lesion"):
        proportion_margin([1, 0], [0, 1], margin=0.1, groups=["a", "a"])
    with pytest.raises(CutisError, match="not a one-sided level"):
        normal_margin(0.0, 0.1, 0.05, level=0.95)
    with pytest.raises(CutisError, match="3 wins and 2 losses"):
        tango_interval(3, 2, 4)


def test_where_nothing_varies_nothing_is_shown() -> None:
    right = np.ones(4, dtype=bool)
    drawn = bootstrap_margin(_accuracy(right), _accuracy(right), 4, 0.05, 200, np.random.default_rng(0))[0]
    area = auc_margin([1, 1, 0, 0], [3, 4, 1, 2], [5, 6, 1, 2], 0.05)
    for found in (normal_margin(0.0, 0.0, 0.1), normal_margin(-0.2, 0.0, 0.1), area, drawn):
        assert (found.p_non_inferior, found.p_equivalent) == (1.0, 1.0)
        assert not found.non_inferior and not found.equivalent
        assert np.isnan([found.low, found.high]).all()
