"""Multi-reader multi-case analysis: a published study, a second implementation, and its limiting cases."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.anova import AnovaRM

from cutis.core.errors import CutisError, OneClassError
from cutis.stats.comparison import delong, delong_test
from cutis.stats.mrmc import (
    Analysis,
    Method,
    Random,
    ReaderAreas,
    Study,
    analyse,
    components,
    non_inferiority,
    reader_areas,
    study,
    with_model,
)
from cutis.stats.resampling import resampled_weights

Array = NDArray[np.float64]
nan = np.nan
RANDOM: tuple[Random, ...] = ("both", "cases", "readers")


@pytest.fixture(scope="module")
def van_dyke(shared_data: Path) -> Study:
    """Five radiologists, 114 patients, spin echo and cine MRI for aortic dissection; ratings 1 to 5."""
    path = shared_data / "readers" / "vandyke.csv"
    if not path.is_file():
        pytest.skip(f"no reader tables at {path.parent}")
    table = pl.read_csv(path).sort("reader", "treatment", "case")
    return study(table["rating"].to_numpy().reshape(5, 2, 114), table["truth"].to_numpy()[:114])


def _readings(seed: int, readers: int = 4, treatments: int = 2, cases: int = 30) -> tuple[Array, Array]:
    """Ratings on a scale of ten, with ties, in the variance structure of Roe and Metz; and the truth."""
    rng = np.random.default_rng(seed)
    truth = (np.arange(cases) % 2).astype(float)

    def effect(variance: float, *shape: int) -> Array:
        return rng.normal(scale=np.sqrt(variance), size=shape)

    shift = 1.5 + effect(0.03, readers, 1, 1) + effect(0.03, readers, treatments, 1)
    noise = (
        effect(0.3, 1, 1, cases)
        + effect(0.3, 1, treatments, cases)
        + effect(0.2, readers, 1, cases)
        + effect(0.2, readers, treatments, cases)
    )
    return np.round(3 * (shift * truth + noise)), truth


def _study(seed: int, readers: int = 4, treatments: int = 2, cases: int = 30) -> Study:
    return study(*_readings(seed, readers, treatments, cases))


def _area(scores: Array, truth: NDArray[np.bool_]) -> float:
    """Every pair of a positive and a negative case, one by one."""
    gap = scores[truth][:, None] - scores[~truth][None, :]
    return float(np.mean((gap > 0) + 0.5 * (gap == 0)))


def _left_out(asked: Study) -> Array:
    """(readers, treatments, patients) AUCs computed anew without each patient."""
    found = np.empty((*asked.ratings.shape[:2], asked.count))
    for r, t, patient in np.ndindex(*found.shape):
        kept = asked.index != patient
        found[r, t, patient] = _area(asked.ratings[r, t, kept], asked.truth[kept])
    return found


def _brute_jackknife(asked: Study) -> Array:
    left_out, count = _left_out(asked), asked.count
    readers, treatments = asked.ratings.shape[:2]
    found = np.zeros((readers, treatments, readers, treatments))
    for r, t, s, u in np.ndindex(*found.shape):
        one, other = left_out[r, t], left_out[s, u]
        both = sum((a - one.mean()) * (b - other.mean()) for a, b in zip(one, other, strict=True))
        found[r, t, s, u] = (count - 1) / count * both
    return found


def _by_pseudovalues(asked: Study) -> tuple[float, float, float]:
    """F, degrees of freedom and p by Dorfman, Berbaum and Metz: an analysis of variance of pseudovalues.

    With the jackknife it equals the analysis of Obuchowski and Rockette (Hillis et al. 2005, Stat Med
    24:1579), though it goes another way: treatment, reader and case as the three factors.
    """
    cases = asked.count
    whole = np.array([[_area(row, asked.truth) for row in reader] for reader in asked.ratings])
    pseudo = cases * whole[:, :, None] - (cases - 1) * _left_out(asked)
    readers, treatments, _ = pseudo.shape

    def mean(*axes: int) -> Array:
        return pseudo.mean(axis=axes, keepdims=True)

    grand, t, r, c = mean(0, 1, 2), mean(0, 2), mean(1, 2), mean(0, 1)
    tr, tc, rc = mean(2), mean(0), mean(1)
    ms_t = readers * cases * np.sum((t - grand) ** 2) / (treatments - 1)
    ms_tr = cases * np.sum((tr - t - r + grand) ** 2) / ((treatments - 1) * (readers - 1))
    ms_tc = readers * np.sum((tc - t - c + grand) ** 2) / ((treatments - 1) * (cases - 1))
    rest = np.sum((pseudo - tr - tc - rc + t + r + c - grand) ** 2)
    ms_trc = rest / ((treatments - 1) * (readers - 1) * (cases - 1))
    error = ms_tr + max(ms_tc - ms_trc, 0.0)
    df = error**2 / (ms_tr**2 / ((treatments - 1) * (readers - 1)))
    return ms_t / error, df, float(stats.f.sf(ms_t / error, treatments - 1, df))


def _numbers(found: Analysis) -> list[float]:
    """Every figure of an analysis."""
    parts = [astuple(one) for one in found.areas] + [astuple(one) for one in found.differences]
    parts += [astuple(found.components)] + ([astuple(found.test)] if found.test else [])
    return [value for part in parts for value in part if not isinstance(value, str)]


def _published(value: float, printed: str) -> bool:
    """The value, rounded to as many places as were printed, is what was printed."""
    return f"{value:.{len(printed.partition('.')[2])}f}" == printed


def test_van_dykes_study_gives_the_published_figures_to_all_digits(van_dyke: Study) -> None:
    """DeLong covariances, random readers and cases, as the R package MRMCaov prints them."""
    found = analyse(reader_areas(van_dyke))
    first, second = found.areas
    pair = found.differences[0]
    for value, printed in (
        (first.value, "0.8970370"),
        (first.low, "0.8253461"),
        (first.high, "0.9687280"),
        (second.value, "0.9408374"),
        (second.low, "0.8942155"),
        (second.high, "0.9874592"),
        (pair.value, "-0.0438003"),
        (pair.df, "15.06611"),
        (pair.p, "0.05123303"),
    ):
        assert _published(value, printed), (value, printed)
    assert found.test is not None
    assert (found.test.p, found.test.df_error) == pytest.approx((pair.p, pair.df), rel=1e-12)
    assert found.test.f == pytest.approx(pair.t**2, rel=1e-12)


def test_van_dykes_study_by_jackknife_gives_the_published_figures_of_all_three_analyses(
    van_dyke: Study,
) -> None:
    """As printed by the R package RJafroc in its author's book (Chakraborty, dataset 2)."""
    areas = reader_areas(van_dyke, "jackknife")
    parts = components(areas)
    assert areas.auc.T.round(4).tolist() == [
        [0.9196, 0.8588, 0.9039, 0.9731, 0.8298],
        [0.9478, 0.9053, 0.9217, 0.9994, 0.9300],
    ]
    printed = "0.00479617 0.003836 0.00055103062 0.00080228827 0.00034661371 0.00034407483 0.00023902837"
    for value, digits in zip(astuple(parts), [*printed.split(), "0.0015350", "0.0002004"], strict=True):
        assert _published(value, digits), (value, digits)
    published: dict[Random, str] = {  # F, then standard error, degrees of freedom and p of the difference,
        # then standard error, degrees of freedom and interval of each treatment
        "both": "4.456 0.0207 15.26 0.05167 0.03317 12.74 0.8252 0.9689 0.02157 12.71 0.8941 0.9875",
        "cases": "5.47595324 0.01872 inf 0.01928 0.02429 inf 0.8494 0.9446 0.01678 inf 0.9080 0.9737",
        "readers": "8.704 0.01485 4 0.04196 0.02483 4 0.8281 0.9660 0.01615 4 0.8960 0.9857",
    }
    for random, line in published.items():
        found = analyse(areas, random)
        pair = found.differences[0]
        assert found.test is not None
        values = [found.test.f, pair.standard_error, pair.df, pair.p]
        values += [v for one in found.areas for v in (one.standard_error, one.df, one.low, one.high)]
        for value, digits in zip(values, line.split(), strict=True):
            assert _published(value, digits), (random, value, digits)
    assert analyse(areas, "cases").differences[0].t == pytest.approx(-2.34007543, abs=5e-8)


def test_van_dykes_study_is_the_same_by_a_second_implementation(van_dyke: Study) -> None:
    areas = reader_areas(van_dyke, "jackknife")
    assert areas.covariance == pytest.approx(_brute_jackknife(van_dyke), abs=1e-9)
    test = analyse(areas).test
    assert test is not None
    assert (test.f, test.df_error, test.p) == pytest.approx(_by_pseudovalues(van_dyke), abs=1e-9)


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6), readers=st.integers(2, 4), treatments=st.integers(2, 3))
def test_the_jackknife_and_its_analysis_are_those_by_brute_force(
    seed: int, readers: int, treatments: int
) -> None:
    asked = _study(seed, readers, treatments, cases=16)
    areas = reader_areas(asked, "jackknife")
    assert areas.auc == pytest.approx(
        np.array([[_area(row, asked.truth) for row in reader] for reader in asked.ratings]), abs=1e-12
    )
    assert areas.covariance == pytest.approx(_brute_jackknife(asked), abs=1e-9)
    found = analyse(areas)
    assume(found.differences[0].standard_error > 0)
    f, df, p = _by_pseudovalues(asked)
    df = np.inf if df > 1e12 else df  # readers who differ alike, but for rounding
    assert found.test is not None
    assert (found.test.f, found.test.df_error, found.test.p) == pytest.approx((f, df, p), rel=1e-7)


def test_the_jackknife_leaves_out_whole_patients() -> None:
    ratings, truth = _readings(1, cases=24)
    asked = study(ratings, truth, groups=np.arange(24) // 3)  # patients have cases of both classes
    assert reader_areas(asked, "jackknife").covariance == pytest.approx(_brute_jackknife(asked), abs=1e-9)


def test_the_bootstrap_is_the_covariance_of_aucs_of_cases_copied_out() -> None:
    asked = _study(2, readers=2, cases=14)
    found = reader_areas(asked, "bootstrap", replicates=60, rng=np.random.default_rng(5)).covariance
    draws = np.concatenate(list(resampled_weights(14, 60, np.random.default_rng(5))), axis=1)
    copies = [np.repeat(np.arange(14), one.astype(int)) for one in draws.T]
    aucs = [[_area(row[one], asked.truth[one]) for row in asked.ratings.reshape(4, 14)] for one in copies]
    assert found.reshape(4, 4) == pytest.approx(np.cov(np.array(aucs).T), abs=1e-9)


def test_three_ways_to_the_covariance_tell_nearly_the_same() -> None:
    asked = _study(3, cases=200)
    by_delong = reader_areas(asked).covariance
    assert reader_areas(asked, "jackknife").covariance == pytest.approx(by_delong, rel=0.05, abs=2e-5)
    drawn = reader_areas(asked, "bootstrap", replicates=4000, rng=np.random.default_rng(0)).covariance
    assert drawn == pytest.approx(by_delong, rel=0.15, abs=5e-5)


@pytest.mark.parametrize("method", ["delong", "jackknife"])
def test_repeating_each_patients_cases_does_not_narrow_an_interval(method: Method) -> None:
    ratings, truth = _readings(4)
    once = analyse(reader_areas(study(ratings, truth), method))
    again = study(np.repeat(ratings, 3, axis=2), np.repeat(truth, 3), groups=np.repeat(np.arange(30), 3))
    assert _numbers(analyse(reader_areas(again, method))) == pytest.approx(
        _numbers(once), rel=1e-9, abs=1e-12
    )


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), random=st.sampled_from(RANDOM), data=st.data())
def test_neither_the_order_of_readers_and_cases_nor_the_scale_of_a_reader_matters(
    seed: int, random: Random, data: st.DataObject
) -> None:
    ratings, truth = _readings(seed, treatments=3)
    readers, cases = data.draw(st.permutations(range(4))), data.draw(st.permutations(range(30)))
    moved = ratings[readers][:, :, cases]
    moved[0] = np.exp(moved[0] / 4) + 7
    expected = _numbers(analyse(reader_areas(study(ratings, truth)), random))
    found = _numbers(analyse(reader_areas(study(moved, truth[cases])), random))
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-12)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), random=st.sampled_from(RANDOM), cases=st.integers(5, 40))
def test_intervals_hold_their_estimate_and_agree_with_their_test(
    seed: int, random: Random, cases: int
) -> None:
    found = analyse(reader_areas(_study(seed, 3, 3, cases)), random, confidence=0.9)
    assert all(one.low <= one.value <= one.high for one in found.areas)
    assert all(one.low <= one.value <= one.high for one in found.differences)
    assert [(one.first, one.second) for one in found.differences] == [("1", "2"), ("1", "3"), ("2", "3")]
    for pair in found.differences:
        assert 0 <= pair.p <= 1
        if pair.standard_error > 0:
            assert (pair.p < 0.1) == (pair.low > 0 or pair.high < 0)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), random=st.sampled_from(RANDOM), readers=st.integers(2, 5))
def test_two_treatments_with_the_same_readings_do_not_differ(seed: int, random: Random, readers: int) -> None:
    ratings, truth = _readings(seed, readers)
    ratings[:, 1] = ratings[:, 0]
    found = analyse(reader_areas(study(ratings, truth)), random)
    pair = found.differences[0]
    assert (pair.value, pair.standard_error, pair.p) == (0.0, 0.0, 1.0)
    assert found.test is not None
    assert (found.test.f, found.test.p) == (0.0, 1.0)
    assert astuple(found.areas[0])[1:] == pytest.approx(astuple(found.areas[1])[1:], abs=1e-12)


def test_swapping_the_treatments_turns_the_difference_around() -> None:
    ratings, truth = _readings(6)
    one = analyse(reader_areas(study(ratings, truth))).differences[0]
    other = analyse(reader_areas(study(ratings[:, ::-1], truth))).differences[0]
    assert (one.value, one.low, one.p) == pytest.approx((-other.value, -other.high, other.p), abs=1e-12)


def test_one_fixed_reader_is_delongs_test() -> None:
    ratings, truth = _readings(7, readers=1)
    areas = reader_areas(study(ratings, truth))
    found = analyse(areas, "cases")
    expected = delong_test(truth, ratings[0, 0], ratings[0, 1])
    pair = found.differences[0]
    assert (pair.value, pair.low, pair.high, pair.p) == pytest.approx(astuple(expected), abs=1e-12)
    assert found.areas[1].standard_error == pytest.approx(np.sqrt(areas.covariance[0, 1, 0, 1]))
    assert np.isnan([found.components.ms_reader, found.components.cov2, found.components.cov3]).all()
    for random in ("both", "readers"):
        with pytest.raises(CutisError, match=r"one reader .'1'. cannot stand for others"):
            analyse(areas, random)


def test_with_fixed_readers_the_error_is_that_of_the_difference_of_means() -> None:
    areas = reader_areas(_study(8, readers=5))
    contrast = np.array([[0.2, -0.2]] * 5)
    expected = np.einsum("rt,rtsu,su->", contrast, areas.covariance, contrast)
    assert components(areas).cov2 > components(areas).cov3  # otherwise their difference counts as none
    assert analyse(areas, "cases").differences[0].standard_error == pytest.approx(np.sqrt(expected))


def test_with_fixed_cases_the_test_is_the_paired_t_and_the_repeated_measures_f() -> None:
    areas = reader_areas(_study(9, readers=6))
    pair = analyse(areas, "readers").differences[0]
    expected = stats.ttest_rel(areas.auc[:, 0], areas.auc[:, 1])
    interval = expected.confidence_interval(0.95)
    assert (pair.t, pair.df, pair.p) == pytest.approx((expected.statistic, 5, expected.pvalue))
    assert (pair.low, pair.high) == pytest.approx((interval.low, interval.high))
    three = reader_areas(_study(10, readers=6, treatments=3))
    rows = [(r, t, three.auc[r, t]) for r, t in np.ndindex(6, 3)]
    table = pd.DataFrame(rows, columns=["reader", "treatment", "auc"])  # comes with statsmodels
    by_library = AnovaRM(table, "auc", "reader", within=["treatment"]).fit().anova_table.iloc[0]
    assert (test := analyse(three, "readers").test) is not None
    assert astuple(test) == pytest.approx([by_library[k] for k in ("F Value", "Num DF", "Den DF", "Pr > F")])


@pytest.mark.parametrize("random", RANDOM)
def test_one_treatment_alone_has_the_interval_it_has_among_others(random: Random) -> None:
    ratings, truth = _readings(11)
    whole = analyse(reader_areas(study(ratings, truth)), random)
    alone = analyse(reader_areas(study(ratings[:, 1:], truth, treatments=["2"])), random)
    assert astuple(alone.areas[0])[1:] == pytest.approx(astuple(whole.areas[1])[1:], rel=1e-12)
    assert (alone.test, alone.differences) == (None, ())
    parts = alone.components
    assert np.isnan([parts.ms_treatment, parts.ms_interaction, parts.cov1, parts.cov3]).all()
    assert parts.reader_variance == pytest.approx(parts.ms_reader - parts.variance + parts.cov2)


@pytest.mark.parametrize("random", RANDOM)
def test_a_model_against_readers_is_the_analysis_of_each_readers_distance_from_it(random: Random) -> None:
    """Chakraborty's other form: one treatment, whose figure is a reader's AUC minus the model's."""
    ratings, truth = _readings(12, readers=5, treatments=1, cases=60)
    model = _readings(13, 1, 1, 60)[0][0, 0]
    pair = analyse(reader_areas(with_model(study(ratings, truth), model)), random).differences[0]
    aucs, covariance = delong(truth, np.concatenate([ratings[:, 0], model[None]]))
    minus = np.concatenate([np.eye(5), -np.ones((5, 1))], axis=1)
    apart = minus @ covariance @ minus.T
    distance = ReaderAreas(
        (minus @ aucs)[:, None], apart[:, None, :, None], tuple("abcde"), ("distance",), "delong"
    )
    expected = analyse(distance, random).areas[0]
    assert (pair.value, pair.standard_error, pair.df) == pytest.approx(
        (expected.value, expected.standard_error, expected.df), rel=1e-9
    )
    if random == "readers":
        test = stats.ttest_1samp(aucs[:5], aucs[5])
        assert (pair.t, pair.p) == pytest.approx((test.statistic, test.pvalue))


def test_a_model_has_the_interval_that_it_has_alone() -> None:
    ratings, truth = _readings(14, treatments=1)
    model = _readings(15, 1, 1)[0][0, 0]
    asked = with_model(study(ratings, truth, treatments=["readers"]), model, name="cutis")
    found = analyse(reader_areas(asked)).areas[1]
    auc, covariance = delong(truth, model)
    assert (found.treatment, found.df) == ("cutis", np.inf)
    assert (found.value, found.standard_error) == pytest.approx((auc[0], np.sqrt(covariance[0, 0])))


def test_without_a_difference_one_study_in_twenty_finds_one() -> None:
    """200 studies of 5 readers and 60 cases, treatments alike; the limits are wide for so few."""
    p = [analyse(reader_areas(_study(1000 + n, 5, 2, 60))).differences[0].p for n in range(200)]
    assert 0.01 <= np.mean(np.array(p) < 0.05) <= 0.10


def test_perfect_readers_have_a_defined_answer() -> None:
    truth = np.array([0, 0, 0, 1, 1, 1])
    perfect = np.broadcast_to(truth, (3, 2, 6)).copy()
    for random in RANDOM:
        found = analyse(reader_areas(study(perfect, truth)), random)
        assert [(one.value, one.low, one.high) for one in found.areas] == [(1.0, 1.0, 1.0)] * 2
        assert found.differences[0].p == 1
    perfect[:, 1] = 1 - truth  # all perfect under one treatment, all wrong under the other
    found = analyse(reader_areas(study(perfect, truth)))
    assert (found.differences[0].value, found.differences[0].p) == (1.0, 1.0)
    assert found.test is not None and found.test.p == 1.0


def test_perfect_readers_of_four_cases_do_not_prove_non_inferiority() -> None:
    truth = np.array([0, 0, 1, 1])
    found = analyse(reader_areas(study(np.broadcast_to(truth, (2, 2, 4)), truth)))
    test = non_inferiority(found, 0.05, new="2", reference="1")
    assert (test.value, test.p, test.shown) == (0.0, 1.0, False)
    assert np.isnan(test.low)


def test_a_missing_reading_is_refused_with_reader_and_treatment() -> None:
    ratings, truth = _readings(16)
    ratings[2, 1, [4, 9]] = nan
    names = {"readers": ["ann", "bob", "cem", "dea"], "treatments": ["without", "with"]}
    with pytest.raises(
        CutisError,
        match=r"reader 'cem' under treatment 'with' did not rate 2 of 30 cases, .* 'c4'; 2 readings",
    ):
        study(ratings, truth, **names, cases=[f"c{n}" for n in range(30)])


def test_a_reader_of_one_class_is_named() -> None:
    ratings, truth = _readings(17)
    ratings[3, 0, truth == 1] = nan
    with pytest.raises(
        OneClassError, match=r"reader '4' under treatment '1' read only negative cases .15 of 30"
    ):
        study(ratings, truth)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"truth": [0, 1, nan, 1]}, "case '3' has no truth"),
        ({"truth": [0, 1, 2, 1]}, "case '3' has the truth 2"),
        ({"truth": [1, 1, 1, 1]}, "all 4 cases are positive"),
        ({"truth": [0, 1, 1, 1]}, "all negative cases are of 1 patient"),
        ({"groups": [1, 2, 3, 2]}, "all positive cases are of 1 patient"),
        ({"groups": [1, 2]}, "need as many groups"),
        ({"truth": [0, 1]}, "expected .readers, treatments, cases."),
        ({"ratings": np.zeros((2, 4))}, "expected .readers, treatments, cases."),
        ({"ratings": [[["low", "high"]]]}, "not an array of numbers"),
        ({"readers": ["ann"]}, "2 readers and 1 names"),
        ({"readers": ["ann", "ann"]}, "reader 'ann' is there more than once"),
        ({"ratings": np.full((2, 1, 4), np.inf)}, "the rating is inf"),
    ],
)
def test_what_cannot_be_analysed_is_refused(change: dict[str, object], message: str) -> None:
    good = {"ratings": np.arange(8.0).reshape(2, 1, 4), "truth": [0, 1, 0, 1]}
    study(**good)  # type: ignore[arg-type]
    with pytest.raises(CutisError, match=message):
        study(**(good | change))  # type: ignore[arg-type]


def test_wrong_questions_are_refused() -> None:
    asked = _study(18)
    areas = reader_areas(asked)
    with pytest.raises(CutisError, match="method is 'magic'"):
        reader_areas(asked, "magic")  # type: ignore[arg-type]
    with pytest.raises(CutisError, match=r"needs a numpy\.random.Generator"):
        reader_areas(asked, "bootstrap")
    with pytest.raises(CutisError, match="random is 'nobody'"):
        analyse(areas, "nobody")  # type: ignore[arg-type]
    with pytest.raises(CutisError, match="confidence is 95"):
        analyse(areas, confidence=95)
    with pytest.raises(CutisError, match="this study has 2: 1, 2"):
        with_model(asked, np.zeros(30))
    with pytest.raises(CutisError, match="a finite score for each case"):
        with_model(_study(18, treatments=1), np.full(30, nan))
