"""Sample sizes agree with statsmodels, with published examples and with simulated studies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from cutis.core.errors import CutisError
from cutis.stats import sample_size as size
from cutis.stats.comparison import delong
from cutis.stats.margins import proportion_margin


@given(share=st.floats(0.5, 0.99), width=st.floats(0.02, 0.3))
@settings(max_examples=40)
def test_one_case_fewer_is_too_few_for_a_width(share: float, width: float) -> None:
    cases = size.cases_for_width(share, width)

    def found(n: int) -> float:
        low, high = proportion_confint(share * n, n, method="wilson")
        return float(high - low)

    assert found(cases) <= width + 1e-12
    assert cases == 2 or found(cases - 1) > width - 1e-12


@pytest.mark.parametrize(("expected", "goal", "cases"), [(0.936, 0.9, 300), (0.9, 0.8, 60), (0.7, 0.5, 25)])
def test_power_against_a_goal_is_the_exact_tests(expected: float, goal: float, cases: int) -> None:
    successes = np.arange(cases + 1)
    p = stats.binom.sf(successes - 1, cases, goal)  # exact one-sided test
    exact = stats.binom.pmf(successes, cases, expected)[p < 0.025].sum()
    assert size.power_against_goal(expected, goal, cases) == pytest.approx(exact, abs=1e-9)


def test_the_cases_for_a_goal_are_past_every_dip() -> None:
    cases = size.cases_for_goal(0.9, 0.8, power=0.9)
    assert all(size.power_against_goal(0.9, 0.8, n) >= 0.9 for n in range(cases, cases + 300))
    assert size.power_against_goal(0.9, 0.8, cases - 1) < 0.9


def test_patients_are_enough_as_often_as_assured() -> None:
    assert size.patients_for(60, 0.1) == 600
    seen = size.patients_for(60, 0.1, assurance=0.95)
    assert stats.binom.sf(59, seen, 0.1) >= 0.95 > stats.binom.sf(59, seen - 1, 0.1)


def test_areas_vary_as_published() -> None:
    # Hanley & McNeil 1982: 51 abnormal and 58 normal patients, area .893, standard error .032.
    assert size.area_variance(0.893, 51, 58) ** 0.5 == pytest.approx(0.032, abs=0.0006)


@pytest.mark.parametrize("area", [0.75, 0.9])
def test_the_binormal_variance_is_that_of_simulated_studies(area: float) -> None:
    rng, shift = np.random.default_rng(0), np.sqrt(2) * stats.norm.ppf(area)
    truth = np.arange(150) < 60
    score = rng.normal(size=(3000, 150)) + shift * truth
    rank = stats.rankdata(score, axis=1)
    found = (rank[:, :60].sum(axis=1) - 60 * 61 / 2) / (60 * 90)
    assert found.mean() == pytest.approx(area, abs=0.003)
    assert size.area_variance(area, 60, 90, "binormal") == pytest.approx(np.var(found), rel=0.06)
    assert 0.95 < size.area_variance(area, 60, 90) / np.var(found) < 1.35  # cautious for normal scores
    assert size.area_variance(area, 60, 90, "obuchowski") > np.var(found)


def test_obuchowskis_variance_is_as_printed() -> None:
    a = 1.414 * stats.norm.ppf(0.8)  # V = .0099 exp(-A^2 / 2) (5 A^2 + 8 + (A^2 + 8) / k), over the positives
    printed = 0.0099 * np.exp(-(a**2) / 2) * ((5 * a**2 + 8) + (a**2 + 8) / 1.5) / 40
    assert size.area_variance(0.8, 40, 60, "obuchowski") == pytest.approx(printed, rel=1e-9)


def test_power_for_paired_areas_is_that_of_simulated_studies() -> None:
    rng, studies, hits = np.random.default_rng(1), 800, 0
    truth = np.repeat([1, 0], [70, 70])
    areas, correlations = np.array([0.9, 0.8]), []
    shifts = np.sqrt(2) * stats.norm.ppf(areas)
    for _ in range(studies):
        noise = np.sqrt(0.5) * rng.normal(size=140) + np.sqrt(0.5) * rng.normal(size=(2, 140))
        found, covariance = delong(truth, noise + shifts[:, None] * truth)
        error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
        hits += (found[0] - found[1]) / error > stats.norm.ppf(0.975)
        correlations.append(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
    r = float(np.mean(correlations))
    planned = size.paired_areas_power(0.9, 0.8, 70, 70, r, model="binormal")
    assert planned == pytest.approx(hits / studies, abs=0.05)
    positives = size.positives_for_paired_areas(0.9, 0.8, r, planned, model="binormal")
    assert positives == pytest.approx(70, abs=1)
    assert size.paired_areas_power(0.9, 0.9, 70, 70, r, margin=0.1) > 0.8


def test_power_for_paired_shares_is_connors() -> None:
    p, q, power = 0.2, 0.1, 0.8
    z, y = stats.norm.ppf(0.975), stats.norm.ppf(power)
    connor = (z * np.sqrt(p + q) + y * np.sqrt(p + q - (p - q) ** 2)) ** 2 / (p - q) ** 2
    assert size.cases_for_paired_shares(p, q, power) == int(np.ceil(connor))


def test_power_for_a_margin_is_that_of_simulated_studies() -> None:
    rng, hits = np.random.default_rng(2), 0
    for _ in range(800):
        fate = rng.choice(3, size=300, p=[0.05, 0.06, 0.89])  # wins, losses, same
        hits += proportion_margin(fate == 0, fate == 1, margin=0.06).non_inferior
    assert size.paired_shares_power(0.05, 0.06, 300, margin=0.06) == pytest.approx(hits / 800, abs=0.045)
    cases = size.cases_for_paired_shares(0.05, 0.06, 0.9, margin=0.06)
    assert size.paired_shares_power(0.05, 0.06, cases, margin=0.06) >= 0.9
    assert size.paired_shares_power(0.05, 0.06, cases - 1, margin=0.06) < 0.9


def test_an_interval_of_an_area_is_as_wide_as_planned() -> None:
    positives = size.positives_for_area_width(0.9, 0.1, ratio=2)
    half = stats.norm.ppf(0.975) * size.area_variance(0.9, positives, 2 * positives) ** 0.5
    assert 0.0485 < half <= 0.05


def test_several_photos_per_patient_cost() -> None:
    assert size.design_effect(1, 0.9) == 1
    assert size.design_effect(4, 1) == 4


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(CutisError, match=r"expected share 0.8 is not above the goal 0.9"):
        size.power_against_goal(0.8, 0.9, 100)
    with pytest.raises(CutisError, match=r"the share is 1.2"):
        size.cases_for_width(1.2, 0.1)
    with pytest.raises(CutisError, match=r"AUC of 0.8 is not above 0.9"):
        size.positives_for_paired_areas(0.8, 0.9, 0.5)
    with pytest.raises(CutisError, match="too small to show"):
        size.cases_for_paired_shares(0.05, 0.04999)
    with pytest.raises(CutisError, match="model is 'normal'"):
        size.area_variance(0.8, 5, 5, "normal")  # type: ignore[arg-type]
