"""Average ROC curves of readers, their operating points, and a model beside them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.stats.discrimination import auc, roc_curve
from cutis.stats.intervals import wilson
from cutis.stats.mrmc import Study, analyse, reader_areas, study
from cutis.stats.mrmc_curves import Along, average_curve, average_points, reader_curves
from cutis.stats.mrmc_points import model_against_readers, operating_points

Array = NDArray[np.float64]


def _study(seed: int, readers: int = 4, cases: int = 60, *, lift: float = 1.5, treatments: int = 1) -> Study:
    rng = np.random.default_rng(seed)
    truth = np.arange(cases) % 2
    shift = lift + 0.2 * rng.normal(size=(readers, treatments, 1))
    noise = 0.6 * rng.normal(size=cases) + 0.8 * rng.normal(size=(readers, treatments, cases))
    return study(np.round(2 * (shift * truth + noise)), truth)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), along=st.sampled_from(["specificity", "diagonal"]))
def test_the_area_under_the_average_curve_is_the_mean_of_the_readers_areas(seed: int, along: Along) -> None:
    asked = _study(seed)
    rates, found = average_points(asked, 0, along=along, points=8_001)
    assert np.all(np.diff(rates) >= -1e-12)
    assert np.all(np.diff(found) >= -1e-12)
    mean = reader_areas(asked).auc.mean()
    assert np.trapezoid(found, rates) == pytest.approx(mean, abs=5e-4)


def test_the_average_of_readers_who_say_the_same_is_their_curve() -> None:
    one = _study(1, readers=1)
    asked = study(np.repeat(one.ratings, 3, axis=0), one.truth)
    own = roc_curve(one.truth, one.ratings[0, 0])
    for along in ("specificity", "diagonal"):
        rates, found = average_points(asked, 0, along=along, points=401)  # type: ignore[arg-type]
        inside = (rates > 0.01) & (rates < 0.99)
        expected = np.interp(rates[inside], own.false_positive_rate, own.sensitivity)
        assert found[inside] == pytest.approx(expected, abs=1e-9)
    with pytest.raises(CutisError, match="along is 'time'"):
        average_points(asked, 0, along="time")  # type: ignore[arg-type]


def test_the_mean_at_a_specificity_is_the_mean_of_the_sensitivities_there() -> None:
    asked = _study(2)
    curves = reader_curves(asked, 0)
    assert tuple(curves) == asked.readers
    rates, found = average_points(asked, 0, points=5)
    at = [np.interp(0.25, c.false_positive_rate, c.sensitivity) for c in curves.values()]
    assert (rates[1], found[1]) == (0.25, pytest.approx(np.mean(at)))


def test_a_band_holds_its_curve_and_is_wider_for_other_readers() -> None:
    asked = _study(3)
    both, cases = (
        average_curve(asked, 0, random=random, replicates=300, rng=np.random.default_rng(0))  # type: ignore[arg-type]
        for random in ("both", "cases")
    )
    assert np.all(both.low <= both.sensitivity)
    assert np.all(both.sensitivity <= both.high)
    assert (both.high - both.low)[5:-5].mean() > (cases.high - cases.low)[5:-5].mean()
    assert np.all((both.low >= 0) & (both.high <= 1))


def test_a_band_for_fixed_readers_is_as_wide_as_the_bootstrap_of_their_mean() -> None:
    asked = _study(4, readers=3, cases=100)
    band = average_curve(asked, 0, random="cases", replicates=400, rng=np.random.default_rng(0), points=5)
    rng, means = np.random.default_rng(1), []
    for _ in range(400):
        drawn = rng.integers(0, 100, 100)
        curves = [roc_curve(asked.truth[drawn], row[0][drawn]) for row in asked.ratings]
        means.append(np.mean([np.interp(0.25, c.false_positive_rate, c.sensitivity) for c in curves]))
    assert (band.high - band.low)[1] == pytest.approx(2 * 1.96 * np.std(means), rel=0.15)


def test_operating_points_are_shares_with_wilsons_interval() -> None:
    asked = _study(5, treatments=2)
    found = operating_points(asked, threshold=2)
    assert [(p.reader, p.treatment) for p in found[:3]] == [("1", "1"), ("1", "2"), ("2", "1")]
    called = asked.ratings[1, 0] >= 2
    hits, spared = int(called[asked.truth].sum()), int((~called[~asked.truth]).sum())
    assert (found[2].sensitivity, found[2].specificity) == (wilson(hits, 30), wilson(spared, 30))
    assert (found[2].positives, found[2].negatives) == (30, 30)


def test_repeating_each_case_of_a_patient_does_not_narrow_an_operating_points_interval() -> None:
    asked = _study(6)
    again = study(
        np.repeat(asked.ratings, 3, axis=2), np.repeat(asked.truth, 3), groups=np.repeat(np.arange(60), 3)
    )
    for once, thrice in zip(operating_points(asked, 2), operating_points(again, 2), strict=True):
        width, wider = (p.sensitivity.high - p.sensitivity.low for p in (once, thrice))
        assert thrice.sensitivity.value == once.sensitivity.value
        assert wider == pytest.approx(width, rel=0.03)


def test_a_model_is_judged_at_each_readers_specificity() -> None:
    asked = _study(7, cases=120)
    scores = asked.truth * 4.0 + np.random.default_rng(0).normal(size=120)  # far better than any reader
    found = model_against_readers(asked, scores, 2, replicates=300, rng=np.random.default_rng(0))
    curve = roc_curve(asked.truth, scores)
    for row, point in zip(found, operating_points(asked, 2), strict=True):
        assert row.reader_sensitivity == point.sensitivity.value
        assert row.reader_specificity == point.specificity.value
        at = np.interp(1 - row.reader_specificity, curve.false_positive_rate, curve.sensitivity)
        assert row.model_sensitivity == pytest.approx(at)
        assert row.sensitivity.value == pytest.approx(at - row.reader_sensitivity)
        assert row.sensitivity.low <= row.sensitivity.value <= row.sensitivity.high
        assert row.place == "above"
    worse = model_against_readers(asked, -scores, 2, replicates=300, rng=np.random.default_rng(0))
    assert {row.place for row in worse} == {"below"}


def test_a_reader_turned_model_is_not_told_apart_from_the_reader() -> None:
    asked = _study(8, readers=2)
    found = model_against_readers(asked, asked.ratings[0, 0], 2, replicates=200, rng=np.random.default_rng(0))
    assert (found[0].sensitivity.value, found[0].specificity.value) == pytest.approx((0, 0))
    assert found[0].place == "not told apart"


def test_a_model_needs_a_score_for_every_case_and_one_treatment() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(CutisError, match="one treatment"):
        model_against_readers(_study(9, treatments=2), np.zeros(60), 2, rng=rng)
    with pytest.raises(CutisError, match="a finite score for each of 60"):
        model_against_readers(_study(9), np.full(60, np.nan), 2, rng=rng)


def test_readers_of_chance_have_a_curve_about_the_diagonal() -> None:
    asked = _study(10, readers=6, cases=400, lift=0.0)
    areas = analyse(reader_areas(asked)).areas[0]
    assert areas.low < 0.5 < areas.high
    _, found = average_points(asked, 0, points=5)
    assert found[1:4] == pytest.approx([0.25, 0.5, 0.75], abs=0.12)
    assert auc(asked.truth, asked.ratings[0, 0]) == pytest.approx(0.5, abs=0.12)
