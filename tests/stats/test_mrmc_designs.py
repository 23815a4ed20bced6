"""Studies that are not fully crossed, and decisions instead of ratings, against plainer ways to the same."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from cutis.core.errors import CutisError, OneClassError
from cutis.stats.comparison import delong
from cutis.stats.mrmc import (
    Method,
    ReaderAreas,
    Study,
    analyse,
    design_of,
    non_inferiority,
    reader_areas,
    study,
)
from cutis.stats.mrmc_design import under

Array = NDArray[np.float64]
nan = np.nan


def _ratings(seed: int, readers: int, treatments: int, cases: int) -> tuple[Array, Array]:
    """Ratings with ties, alike between readers and between treatments; and the truth."""
    rng = np.random.default_rng(seed)
    truth = (np.arange(cases) % 2).astype(float)
    shift = 1.2 + 0.3 * rng.normal(size=(readers, treatments, 1))
    noise = rng.normal(size=cases) + 0.5 * rng.normal(size=(1, treatments, cases))
    own = 0.8 * rng.normal(size=(readers, treatments, cases))
    return np.round(2 * (shift * truth + noise + own)), truth


def _area(scores: Array, truth: NDArray[np.bool_]) -> float:
    gap = scores[truth][:, None] - scores[~truth][None, :]
    return float(np.mean((gap > 0) + 0.5 * (gap == 0)))


def _brute_jackknife(asked: Study) -> Array:
    """Each reader's figure without each patient whom the reader read, one by one."""
    readers, treatments, _ = asked.ratings.shape
    left = np.zeros((readers, treatments, asked.count))
    factor = np.zeros((readers, treatments))
    for r, t in np.ndindex(readers, treatments):
        read = ~np.isnan(asked.ratings[r, t])
        patients = np.unique(asked.index[read])
        for patient in patients:
            kept = read & (asked.index != patient)
            left[r, t, patient] = _area(asked.ratings[r, t, kept], asked.truth[kept])
        left[r, t, patients] -= left[r, t, patients].mean()
        factor[r, t] = (len(patients) - 1) / len(patients)
    found = np.einsum("rtk,suk->rtsu", left, left)
    return found * np.sqrt(factor[:, :, None, None] * factor[None, None])


def _brute_delong(asked: Study) -> Array:
    """Covariances of all pairs of placements, over the cases that both readers read."""
    cells = list(np.ndindex(*asked.ratings.shape[:2]))
    found = np.zeros((len(cells), len(cells)))
    placed = [{} for _ in cells]
    for cell, (r, t) in enumerate(cells):
        read = np.flatnonzero(~np.isnan(asked.ratings[r, t]))
        for case in read:
            others = [o for o in read if asked.truth[o] != asked.truth[case]]
            gaps = [asked.ratings[r, t, case] - asked.ratings[r, t, o] for o in others]
            sign = 1 if asked.truth[case] else -1
            placed[cell][int(case)] = np.mean([(sign * g > 0) + 0.5 * (g == 0) for g in gaps])
    for a, b in np.ndindex(*found.shape):
        for kind in (True, False):
            mine, its = ({c: v for c, v in placed[n].items() if asked.truth[c] == kind} for n in (a, b))
            both = set(mine) & set(its)
            m, n, s = len(mine), len(its), len(both)
            centre = np.mean(list(mine.values())), np.mean(list(its.values()))
            total = sum((mine[c] - centre[0]) * (its[c] - centre[1]) for c in both) / (m * n)
            found[a, b] += total / (1 - 1 / m - 1 / n + s / (m * n)) if s else 0.0
    return found.reshape(*asked.ratings.shape[:2], *asked.ratings.shape[:2])


@settings(max_examples=6)
@given(seed=st.integers(0, 10**6))
def test_covariances_of_readers_who_read_a_part_are_those_by_brute_force(seed: int) -> None:
    ratings, truth = _ratings(seed, 3, 2, 20)
    rng = np.random.default_rng(seed)
    ratings[rng.random(ratings.shape) < 0.1] = nan
    asked = study(ratings, truth, partial=True)
    assert reader_areas(asked, "jackknife").covariance == pytest.approx(_brute_jackknife(asked), abs=1e-9)
    areas = reader_areas(asked)
    assert areas.covariance == pytest.approx(_brute_delong(asked), abs=1e-12)
    expected = [
        [_area(row[~np.isnan(row)], asked.truth[~np.isnan(row)]) for row in reader] for reader in ratings
    ]
    assert areas.auc == pytest.approx(np.array(expected), abs=1e-12)


def test_a_fully_crossed_study_has_delongs_covariance_also_where_it_may_be_partial() -> None:
    ratings, truth = _ratings(1, 3, 2, 40)
    groups = np.arange(40) // 3
    found = reader_areas(study(ratings, truth, groups=groups, partial=True))
    areas, covariance = delong(truth, ratings.reshape(6, 40), groups)
    assert found.auc.ravel() == pytest.approx(areas, abs=1e-12)
    assert found.covariance.reshape(6, 6) == pytest.approx(covariance, abs=1e-12)


def _blocks(seed: int, sizes: tuple[int, ...] = (2, 3), cases: int = 40) -> tuple[Study, list[Study]]:
    """Blocks of readers with cases of their own: as one study, and each alone."""
    parts = [_ratings(seed + n, size, 2, cases) for n, size in enumerate(sizes)]
    whole = np.full((sum(sizes), 2, cases * len(sizes)), nan)
    row = 0
    for n, (ratings, _) in enumerate(parts):
        whole[row : row + len(ratings), :, n * cases : (n + 1) * cases] = ratings
        row += len(ratings)
    truth = np.concatenate([truth for _, truth in parts])
    return study(whole, truth, partial=True), [study(*part) for part in parts]


@pytest.mark.parametrize("method", ["delong", "jackknife"])
def test_blocks_of_a_split_plot_study_vary_apart_and_each_as_it_does_alone(method: Method) -> None:
    asked, alone = _blocks(2)
    assert design_of(asked) == "split-plot"
    found = reader_areas(asked, method).covariance
    first, second = (reader_areas(part, method).covariance for part in alone)
    assert found[:2, :, :2] == pytest.approx(first, abs=1e-12)
    assert found[2:, :, 2:] == pytest.approx(second, abs=1e-12)
    assert np.all(found[:2, :, 2:] == 0)


def test_the_error_of_a_split_plot_study_counts_what_is_shared_within_blocks_only() -> None:
    """Of fixed readers it is that of the difference of means; of random ones the readers' spread and that."""
    asked, _ = _blocks(3)
    areas = reader_areas(asked)
    contrast = np.array([[0.2, -0.2]] * 5)
    expected = np.einsum("rt,rtsu,su->", contrast, areas.covariance, contrast)
    assert analyse(areas, "cases").differences[0].standard_error == pytest.approx(np.sqrt(expected))
    apart = areas.auc[:, 0] - areas.auc[:, 1]
    shared = [
        areas.covariance[r, 0, s, 0]
        + areas.covariance[r, 1, s, 1]
        - areas.covariance[r, 0, s, 1]
        - areas.covariance[r, 1, s, 0]
        for r, s in np.ndindex(5, 5)
        if r != s
    ]
    error = np.sqrt(apart.var(ddof=1) / 5 + np.mean(shared))
    assert analyse(areas).differences[0].standard_error == pytest.approx(error)


@pytest.fixture(scope="module")
def van_dyke(shared_data: Path) -> pl.DataFrame:
    path = shared_data / "readers" / "vandyke.csv"
    if not path.is_file():
        pytest.skip(f"no reader tables at {path.parent}")
    return pl.read_csv(path).sort("reader", "treatment", "case")


def test_van_dykes_cases_named_anew_for_each_reader_leave_the_paired_test_of_readers(
    van_dyke: pl.DataFrame,
) -> None:
    """Column case2: F is the ratio of the mean squares, as the R packages print it for fixed cases."""
    ratings = np.full((5, 2, 5, 114), nan)
    for r in range(5):
        ratings[r, :, r] = van_dyke["rating"].to_numpy().reshape(5, 2, 114)[r]
    truth = np.tile(van_dyke["truth"].to_numpy()[:114], 5)
    asked = study(ratings.reshape(5, 2, -1), truth, partial=True)
    assert design_of(asked) == "cases nested in readers"
    found = analyse(reader_areas(asked))
    assert found.test is not None
    assert (f"{found.test.f:.3f}", f"{found.test.p:.5f}", found.test.df_error) == ("8.704", "0.04196", 4)
    assert (found.components.cov2, found.components.cov3) == (0, 0)


def test_van_dykes_cases_named_anew_for_each_treatment_lose_what_the_treatments_share(
    van_dyke: pl.DataFrame,
) -> None:
    whole = van_dyke["rating"].to_numpy().reshape(5, 2, 114).astype(float)
    truth = van_dyke["truth"].to_numpy()[:114]
    ratings = np.full((5, 2, 2, 114), nan)
    for t in range(2):
        ratings[:, t, t] = whole[:, t]
    asked = study(ratings.reshape(5, 2, -1), np.tile(truth, 2), partial=True)
    assert design_of(asked) == "cases nested in treatments"
    crossed, found = (analyse(reader_areas(s)) for s in (study(whole, truth), asked))
    assert [astuple(a) for a in found.areas] == [pytest.approx(astuple(a)) for a in crossed.areas]
    parts, test = found.components, found.test
    assert test is not None
    assert (parts.cov1, parts.cov3, parts.cov2) == (0, 0, pytest.approx(crossed.components.cov2))
    error = parts.ms_interaction + 5 * parts.cov2
    assert (test.f, test.df_error) == pytest.approx(
        (parts.ms_treatment / error, (error / parts.ms_interaction) ** 2 * 4)
    )


def _nested(seed: int, numbers: tuple[int, ...], cases: int = 40) -> Study:
    ratings, truth = _ratings(seed, sum(numbers), len(numbers), cases)
    group = np.repeat(np.arange(len(numbers)), numbers)
    for treatment in range(len(numbers)):
        ratings[group != treatment, treatment] = nan
    return study(ratings, truth, partial=True)


@pytest.mark.parametrize("numbers", [(4, 4), (3, 6)])
def test_readers_of_their_own_under_each_treatment_with_fixed_cases_are_two_samples(
    numbers: tuple[int, int],
) -> None:
    asked = _nested(4, numbers)
    assert design_of(asked) == "readers nested in treatments"
    areas = reader_areas(asked)
    pair = analyse(areas, "readers").differences[0]
    first, second = areas.auc[: numbers[0], 0], areas.auc[numbers[0] :, 1]
    expected = stats.ttest_ind(first, second)
    interval = expected.confidence_interval(0.95)
    assert (pair.t, pair.p, pair.df) == pytest.approx((expected.statistic, expected.pvalue, sum(numbers) - 2))
    assert (pair.low, pair.high) == pytest.approx((interval.low, interval.high))


def test_three_groups_of_readers_with_fixed_cases_are_one_way_analysis_of_variance() -> None:
    areas = reader_areas(_nested(5, (3, 3, 3)))
    test = analyse(areas, "readers").test
    expected = stats.f_oneway(*(areas.auc[3 * n : 3 * n + 3, n] for n in range(3)))
    assert test is not None
    assert (test.f, test.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_nested_readers_add_what_cases_make_alike_within_a_treatment() -> None:
    areas = reader_areas(_nested(6, (4, 4), cases=60))
    found, parts = analyse(areas), analyse(areas).components
    error = parts.ms_reader + 4 * max(parts.cov2 - parts.cov3, 0)
    assert found.differences[0].standard_error == pytest.approx(np.sqrt(2 * error / 4))
    assert found.differences[0].df == pytest.approx(6 * (error / parts.ms_reader) ** 2)
    assert np.isnan([parts.cov1, parts.ms_interaction, parts.interaction_variance]).all()
    values = areas.covariance[:4, 0][:, :4, 0], areas.covariance[4:, 1][:, 4:, 1]
    within = [block[~np.eye(4, dtype=bool)].mean() for block in values]
    assert parts.cov2 == pytest.approx(np.mean(within))
    assert parts.cov3 == pytest.approx(areas.covariance[:4, 0][:, 4:, 1].mean())


def test_differences_rest_on_readers_who_read_under_every_treatment() -> None:
    ratings, truth = _ratings(7, 4, 2, 40)
    ratings[3, 1] = nan
    asked = study(ratings, truth, partial=True)
    assert design_of(asked) == "partially crossed"
    found, whole = analyse(reader_areas(asked)), analyse(reader_areas(study(ratings[:3], truth)))
    assert found.compared == ("1", "2", "3")
    assert astuple(found.differences[0]) == pytest.approx(astuple(whole.differences[0]))
    assert (found.areas[0].readers, found.areas[1].readers) == (4, 3)
    ratings[1:3, 0] = nan
    lonely = reader_areas(study(ratings, truth, partial=True))
    with pytest.raises(CutisError, match="'1', who alone read under every treatment"):
        analyse(lonely)
    assert analyse(lonely, "cases").compared == ("1",)


def test_designs_are_told_by_what_was_read() -> None:
    ratings, truth = _ratings(8, 3, 2, 24)
    assert design_of(study(ratings, truth)) == "crossed"
    ratings[0, 0, 3] = nan
    assert design_of(study(ratings, truth, partial=True)) == "partly read"


def test_one_treatment_of_a_study_is_the_study_of_it() -> None:
    asked = _nested(9, (3, 4))
    part, readers, cases = under(asked, 1)
    assert (part.readers, part.treatments) == (("4", "5", "6", "7"), ("2",))
    assert (readers.sum(), cases.all()) == (4, True)
    expected = reader_areas(asked).covariance[3:, 1][:, 3:, 1]
    assert reader_areas(part).covariance[:, 0, :, 0] == pytest.approx(expected)


@pytest.mark.parametrize("method", ["delong", "jackknife"])
@pytest.mark.parametrize("figure", ["sensitivity", "specificity"])
def test_decisions_vary_as_shares_of_cases_do(method: Method, figure: str) -> None:
    ratings, truth = _ratings(10, 3, 2, 60)
    areas = reader_areas(study(ratings, truth), method, figure=figure, threshold=1)  # type: ignore[arg-type]
    members = truth == (figure == "sensitivity")
    right = (ratings >= 1)[:, :, members] == (figure == "sensitivity")
    assert areas.auc == pytest.approx(right.mean(axis=2))
    size = int(members.sum())
    expected = np.cov(right.reshape(6, size)) / size
    if method == "jackknife":  # leaving out a case of the other class changes nothing, and counts
        expected *= size / (size - 1) * 59 / 60
    assert areas.covariance.reshape(6, 6) == pytest.approx(expected, rel=1e-6)


def test_a_threshold_is_needed_for_decisions() -> None:
    asked = study(*_ratings(11, 2, 2, 20))
    with pytest.raises(CutisError, match="sensitivity needs a threshold"):
        reader_areas(asked, figure="sensitivity")
    with pytest.raises(CutisError, match="figure is 'accuracy'"):
        reader_areas(asked, figure="accuracy")  # type: ignore[arg-type]


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), readers=st.integers(2, 5), alike=st.booleans())
def test_bounded_intervals_hold_the_published_ones_and_agree_with_their_tests(
    seed: int, readers: int, alike: bool
) -> None:
    ratings, truth = _ratings(seed, readers, 2, 40)
    if alike:  # readers vary by chance only, so that the bound is met
        ratings = np.random.default_rng(seed).normal(size=ratings.shape) + truth
    areas = reader_areas(study(ratings, truth))
    published, bounded = (analyse(areas, interval=name) for name in ("published", "bounded"))
    a, b = published.differences[0], bounded.differences[0]
    assert (b.value, b.standard_error) == (a.value, a.standard_error)
    assert b.df <= a.df
    parts = published.components
    shared = max(parts.cov2 - parts.cov3, 0)
    alone = parts.variance - parts.cov1 - shared
    assert (b.df < a.df) == (alone > parts.ms_interaction and shared > 0)
    assert (b.p < 0.05) == (b.low > 0 or b.high < 0)
    for one in bounded.areas:
        assert 0 <= one.low <= one.value <= one.high <= 1


def test_the_bound_is_what_cases_alone_make_of_readers() -> None:
    # Three readers whose differences happen to be the same: the mean square is 0, cases say otherwise.
    auc = np.array([[0.8, 0.75], [0.85, 0.80], [0.9, 0.85]])
    variance, cov1, cov2, cov3 = 0.0010, 0.0004, 0.0005, 0.0003
    covariance = np.empty((3, 2, 3, 2))
    for r, t, q, u in np.ndindex(covariance.shape):
        same_reader, same_treatment = r == q, t == u
        covariance[r, t, q, u] = (
            (variance if same_treatment else cov1) if same_reader else (cov2 if same_treatment else cov3)
        )
    areas = ReaderAreas(auc, covariance, ("a", "b", "c"), ("1", "2"), "delong")
    published, bounded = (analyse(areas, interval=name).differences[0] for name in ("published", "bounded"))
    assert published.df == np.inf
    raised = 0.4 * 0.0004  # from 0 towards variance - cov1 - (cov2 - cov3)
    share = raised / (raised + 3 * 0.0002)
    assert bounded.df == pytest.approx(2 / share**2)
    assert bounded.standard_error == published.standard_error == pytest.approx(np.sqrt(2 / 3 * 3 * 0.0002))
    half = stats.t.ppf(0.975, 2 / share**2) * bounded.standard_error
    assert (bounded.low, bounded.high) == pytest.approx((0.05 - half, 0.05 + half))


def test_a_margin_is_passed_where_the_interval_says_so() -> None:
    found = analyse(reader_areas(study(*_ratings(12, 5, 2, 80))))
    pair = found.differences[0]
    worst = -pair.high  # of the second treatment minus the first
    for margin, shown in ((-worst + 1e-6, True), (-worst - 1e-6, False)):
        if margin > 0:
            test = non_inferiority(found, margin, new="2", reference="1")
            assert (test.shown, test.p < 0.025) == (shown, shown)
            assert (test.value, test.low) == (-pair.value, worst)
    other = non_inferiority(found, 0.1, new="1", reference="2")
    assert (other.value, other.low) == (pair.value, pair.low)
    with pytest.raises(CutisError, match="the margin is 0"):
        non_inferiority(found, 0, new="2", reference="1")
    with pytest.raises(CutisError, match="'3' and '1' are not two of the treatments: 1, 2"):
        non_inferiority(found, 0.1, new="3", reference="1")


def test_what_a_partial_study_cannot_bear_is_refused() -> None:
    ratings, truth = _ratings(13, 3, 2, 20)
    idle = ratings.copy()
    idle[1] = nan
    with pytest.raises(CutisError, match="reader '2' has no reading at all"):
        study(idle, truth, partial=True)
    few = ratings.copy()
    few[2, 1, truth == 1] = nan
    few[2, 1, 1] = 3
    with pytest.raises(OneClassError, match="reader '3' under treatment '2' read positive cases of one"):
        study(few, truth, partial=True)
    cyclic, truth = _ratings(14, 3, 3, 20)
    for n in range(3):
        cyclic[n, n] = nan
    areas = reader_areas(study(cyclic, truth, partial=True))
    with pytest.raises(CutisError, match="no reader read under every treatment"):
        analyse(areas)


def test_areas_made_elsewhere_can_be_analysed() -> None:
    """Any figure with its covariance over cases, as other reports bring it."""
    covariance = np.einsum("rs,tu->rtsu", np.eye(3) * 0.001, np.eye(2))
    areas = ReaderAreas(
        np.array([[0.8, 0.7], [0.9, 0.8], [0.7, 0.65]]), covariance, ("a", "b", "c"), ("x", "y"), "delong"
    )
    assert analyse(areas, "readers").differences[0].value == pytest.approx(0.25 / 3)
