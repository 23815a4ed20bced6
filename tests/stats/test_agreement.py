"""Agreement beyond chance: published examples, other libraries, and everything counted again by hand."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterator
from itertools import combinations, permutations
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from cutis.core.errors import CutisError
from cutis.stats.agreement import Level, estimates, figures, fleiss_kappa, gwet_ac, krippendorff_alpha
from cutis.stats.consensus import leave_one_out_estimates
from cutis.stats.pairwise import Weighting, by_pair, cohen_kappa, exact_agreement, rater_pairs
from cutis.stats.ratings import panel
from cutis.stats.resampling import bootstrap, observed, resampled_weights

Array = NDArray[np.float64]
nan = np.nan
WEIGHTS: tuple[Weighting, ...] = get_args(Weighting)
LEVELS: tuple[Level, ...] = get_args(Level)

# Krippendorff's example of 12 units and 4 observers, also used by Gwet; categories 1 to 5.
KRIPPENDORFF = np.array(
    [
        [1, 1, nan, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
        [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [nan, 5, 5, 5], [nan, nan, 1, 1], [nan, nan, 3, nan],
    ]
)  # fmt: skip
# Fleiss 1971, table 1: votes of six psychiatrists for each of five diagnoses, by patient.
FLEISS = """00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
            00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"""


@pytest.fixture(autouse=True)
def _no_warning_leaks() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def _spread(votes: str) -> list[int]:
    return [category for category, count in enumerate(votes) for _ in range(int(count))]


def _ratings(seed: int, cases: int, raters: int, categories: int, missing: float = 0.2) -> Array:
    """Raters who see the truth through a fog, some ratings missing."""
    rng = np.random.default_rng(seed)
    seen = rng.integers(0, categories, (cases, 1)) + rng.normal(0, 0.8, (cases, raters))
    ratings = np.clip(np.rint(seen), 0, categories - 1)
    ratings[rng.random(ratings.shape) < missing] = nan
    return ratings


tables = st.builds(
    _ratings,
    seed=st.integers(0, 10**6),
    cases=st.integers(2, 14),
    raters=st.integers(2, 5),
    categories=st.just(4),
    missing=st.sampled_from([0.0, 0.3, 0.6]),
)


def _given(row: Array) -> list[float]:
    return [float(value) for value in row if not np.isnan(value)]


def _cost(a: float, b: float, weights: str, categories: int) -> float:
    apart = abs(a - b) / (categories - 1)
    return {"nominal": float(a != b), "linear": apart, "quadratic": apart**2}[weights]


def _found_and_shares(ratings: Array, weights: str, categories: int) -> tuple[float, list[float]]:
    """Mean disagreement of the pairs within a case, and mean share of each category, case by case."""
    rows = [_given(row) for row in ratings]
    pairs = [[_cost(a, b, weights, categories) for a, b in combinations(row, 2)] for row in rows]
    means = [np.mean(one) for one in pairs if one]
    shares = [float(np.mean([row.count(c) / len(row) for row in rows if row])) for c in range(categories)]
    return (float(np.mean(means)) if means else nan), shares


def _fleiss_by_hand(ratings: Array, categories: int) -> float:
    found, shares = _found_and_shares(ratings, "nominal", categories)
    chance = 1 - sum(share**2 for share in shares)
    return 1 - found / chance if chance > 1e-12 else nan


def _gwet_by_hand(ratings: Array, categories: int, weights: str) -> float:
    found, shares = _found_and_shares(ratings, weights, categories)
    numbers = range(categories)
    agreeing = sum(1 - _cost(a, b, weights, categories) for a in numbers for b in numbers)
    chance = agreeing / (categories * (categories - 1)) * sum(share * (1 - share) for share in shares)
    return (1 - found - chance) / (1 - chance)


def _alpha_by_hand(ratings: Array, level: str) -> float:
    """Every pair of ratings of one case against every pair of ratings at all, one by one."""
    rows = [_given(row) for row in ratings if len(_given(row)) > 1]
    every = [value for row in rows for value in row]

    def apart(a: float, b: float) -> float:
        low, high = sorted((a, b))
        between = sum(low <= value <= high for value in every)
        ends = (every.count(low) + every.count(high)) / 2
        return {"nominal": float(a != b), "interval": (a - b) ** 2, "ordinal": (between - ends) ** 2}[level]

    total = len(every)
    if total == 0 or len(set(every)) == 1:
        return nan
    within = sum(apart(a, b) / (len(row) - 1) for row in rows for a, b in permutations(row, 2)) / total
    at_all = sum(apart(a, b) for a, b in permutations(every, 2)) / (total * (total - 1))
    return 1 - within / at_all


def test_krippendorffs_example_gives_his_alphas() -> None:
    alphas = [krippendorff_alpha(KRIPPENDORFF - 1, 5, level=level) for level in LEVELS]
    assert alphas == pytest.approx([0.743, 0.815, 0.849], abs=5e-4)


def test_gwets_example_gives_his_coefficients() -> None:
    """As printed by his own package irrCAC for the table cac.raw4raters."""
    assert gwet_ac(KRIPPENDORFF - 1, 5) == pytest.approx(0.77544, abs=5e-6)
    assert gwet_ac(KRIPPENDORFF - 1, 5, weights="quadratic") == pytest.approx(0.91400, abs=5e-6)
    assert fleiss_kappa(KRIPPENDORFF - 1, 5) == pytest.approx(0.76117, abs=5e-6)
    first15 = np.array([_spread(votes) for votes in FLEISS.split()[:15]])
    assert gwet_ac(first15, 5) == pytest.approx(0.4448007, abs=5e-8)
    assert fleiss_kappa(first15, 5) == pytest.approx(0.4139265, abs=5e-8)


def test_two_raters_of_gwets_table_agree_as_he_prints() -> None:
    """The table of 100 patients by two abstractors: AIU and NIU are confused 7 and 4 times."""
    cells = [(0, 0, 13), (1, 1, 20), (1, 2, 7), (2, 1, 4), (2, 2, 56)]
    ratings = np.concatenate([np.tile([a, b], (n, 1)) for a, b, n in cells])
    assert cohen_kappa(ratings, 3)[0] == pytest.approx(0.7964094, abs=5e-8)
    assert gwet_ac(ratings, 3) == pytest.approx(0.8493305, abs=5e-8)
    assert krippendorff_alpha(ratings, 3) == pytest.approx(0.7972585, abs=5e-8)
    assert exact_agreement(ratings, 3)[0] == pytest.approx(0.89)


def test_fleiss_table_gives_his_kappa_and_that_of_statsmodels() -> None:
    counts = np.array([[int(digit) for digit in votes] for votes in FLEISS.split()])
    ratings = np.array([_spread(votes) for votes in FLEISS.split()])
    assert fleiss_kappa(ratings, 5) == pytest.approx(0.430, abs=5e-4)
    assert fleiss_kappa(ratings, 5) == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-12)


@settings(max_examples=20)
@given(ratings=tables)
def test_pairs_are_those_of_scikit_learn(ratings: Array) -> None:
    found = {w: cohen_kappa(ratings, 4, weights=w) for w in WEIGHTS}
    for number, (a, b) in enumerate(rater_pairs(ratings.shape[1])):
        both = ratings[~np.isnan(ratings[:, [a, b]]).any(axis=1)][:, [a, b]]
        same = exact_agreement(ratings, 4)[number]
        assert np.isnan(same) if not len(both) else same == pytest.approx(np.mean(both[:, 0] == both[:, 1]))
        for weights, values in found.items():
            if len(np.unique(both)) < 2:
                assert np.isnan(values[number])
                continue
            told = None if weights == "nominal" else weights
            expected = cohen_kappa_score(both[:, 0], both[:, 1], labels=range(4), weights=told)
            assert values[number] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), cases=st.integers(5, 60))
def test_kappas_are_those_of_statsmodels(seed: int, cases: int) -> None:
    ratings = _ratings(seed, cases, 2, 3, missing=0)
    ratings[:3] = [[0, 0], [1, 2], [2, 1]]
    table = np.zeros((3, 3))
    np.add.at(table, tuple(ratings.astype(int).T), 1)
    for weights, power in (("nominal", None), ("linear", 1), ("quadratic", 2)):
        kind = {} if power is None else {"weights": np.arange(3) ** power, "wt": "toeplitz"}
        expected = inter_rater.cohens_kappa(table, return_results=False, **kind)
        assert cohen_kappa(ratings, 3, weights=weights)[0] == pytest.approx(expected, abs=1e-9)
    counts = np.stack([(ratings == c).sum(axis=1) for c in range(3)], axis=1)
    assert fleiss_kappa(ratings, 3) == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-9)


@settings(max_examples=40)
@given(ratings=tables)
def test_coefficients_are_those_counted_pair_by_pair(ratings: Array) -> None:
    found = [fleiss_kappa(ratings, 4), *(gwet_ac(ratings, 4, weights=w) for w in WEIGHTS)]
    expected = [nan] * 4
    if (~np.isnan(ratings)).sum(axis=1).max() > 1:
        expected = [_fleiss_by_hand(ratings, 4), *(_gwet_by_hand(ratings, 4, w) for w in WEIGHTS)]
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)
    for level in LEVELS:
        alpha = krippendorff_alpha(ratings, 4, level=level)
        assert alpha == pytest.approx(_alpha_by_hand(ratings, level), abs=1e-9, nan_ok=True)


def test_every_replicate_is_the_coefficient_of_the_drawn_cases_copied_out() -> None:
    ratings, groups = _ratings(3, 24, 3, 4), np.arange(24) % 9
    asked = panel(ratings, 4, groups=groups)
    wanted = figures(asked, ordinal=True)
    draws = np.concatenate(list(resampled_weights(9, 6, np.random.default_rng(1))), axis=1)
    found = bootstrap(wanted.statistic, 9, 6, np.random.default_rng(1))
    for column, values in zip(draws.T, found.T, strict=True):
        copied = np.concatenate([np.tile(ratings[groups == g], (int(n), 1)) for g, n in enumerate(column)])
        again = observed(figures(panel(copied, 4), ordinal=True).statistic, len(copied))
        assert values == pytest.approx(again, abs=1e-9, nan_ok=True)


def test_repeating_each_case_does_not_narrow_an_interval() -> None:
    ratings, patients = _ratings(4, 60, 3, 4), np.arange(60)
    once = estimates(panel(ratings, 4, groups=patients), 300, np.random.default_rng(5), ordinal=True)
    repeated = panel(np.repeat(ratings, 3, axis=0), 4, groups=np.repeat(patients, 3))
    thrice = estimates(repeated, 300, np.random.default_rng(5), ordinal=True)
    for name, estimate in once.items():
        if not name.startswith("krippendorff"):  # which corrects for few ratings, and there are more now
            assert thrice[name].to_dict() == pytest.approx(estimate.to_dict(), abs=1e-9), name
    widths = [found["krippendorff_alpha_ordinal"] for found in (once, thrice)]
    one, three = (estimate.high - estimate.low for estimate in widths)
    assert three == pytest.approx(one, rel=0.02)


def test_figures_have_the_names_of_their_raters_and_the_mean_is_over_pairs() -> None:
    ratings = _ratings(6, 50, 3, 5)
    asked = panel(ratings, 5, names=["ann", "bob", "cem"])
    found = estimates(asked, 50, np.random.default_rng(0), ordinal=True)
    pairs = by_pair(cohen_kappa(ratings, 5, weights="quadratic"), ["ann", "bob", "cem"])
    assert found["quadratic_kappa_ann_cem"].value == pytest.approx(pairs["ann", "cem"])
    assert found["quadratic_kappa"].value == pytest.approx(np.mean(list(pairs.values())))
    nominal = estimates(panel(ratings, 5), 50, np.random.default_rng(0), pairs="none")
    assert set(nominal) == {"fleiss_kappa", "gwet_ac1", "krippendorff_alpha_nominal"}
    means = estimates(asked, 50, np.random.default_rng(0), ordinal=True, pairs="mean")
    assert means == {name: one for name, one in found.items() if "_ann" not in name and "_bob" not in name}


def test_an_interval_covers_the_truth_nineteen_times_in_twenty() -> None:
    """Three raters who are right in four cases of five; the truth is measured on 200,000 cases."""

    def draw(cases: int, rng: np.random.Generator) -> Array:
        truth = rng.integers(0, 3, (cases, 1))
        return np.where(rng.random((cases, 3)) < 0.8, truth, rng.integers(0, 3, (cases, 3))).astype(float)

    rng = np.random.default_rng(7)
    truth = fleiss_kappa(draw(200_000, rng), 3)
    told = [estimates(panel(draw(120, rng), 3), 300, rng, pairs="none")["fleiss_kappa"] for _ in range(200)]
    assert np.mean([one.low <= truth <= one.high for one in told]) == pytest.approx(0.95, abs=0.035)


def test_two_thousand_replicates_of_a_thousand_cases_take_seconds() -> None:
    started = time.process_time()
    estimates(panel(_ratings(8, 1000, 4, 5), 5), 2000, np.random.default_rng(0), ordinal=True)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("raters", [1, 2, 4])
def test_when_all_say_the_same_only_gwet_has_a_figure(raters: int) -> None:
    found = estimates(panel(np.full((20, raters), 2.0), 4), 50, np.random.default_rng(0), ordinal=True)
    if raters == 1:
        assert all(np.isnan([one.value, one.low, one.high]).all() for one in found.values())
        return
    assert found["exact_agreement"].value == found["gwet_ac1"].value == found["gwet_ac2"].value == 1
    assert 0.8 < found["gwet_ac1"].low < 0.9  # twenty cases do not prove that raters never differ
    undefined = {name for name, one in found.items() if np.isnan(one.value)}
    assert undefined == {name for name in found if "kappa" in name or "alpha" in name}


def test_perfect_agreement_on_few_cases_leaves_doubt() -> None:
    few, many = (
        estimates(panel(np.tile(np.arange(n)[:, None] % 2, 3), 2), 100, np.random.default_rng(0))
        for n in (10, 500)
    )
    assert few["fleiss_kappa"].value == many["fleiss_kappa"].value == 1
    assert few["fleiss_kappa"].low < 0.5
    assert many["fleiss_kappa"].low > 0.98
    assert few["exact_agreement"].low == pytest.approx(1 / (1 + 1.959964**2 / 10), abs=1e-6)  # Wilson


@pytest.mark.parametrize(
    ("ratings", "categories"),
    [
        ([[1.0, nan], [nan, 0.0]], 2),  # nobody shares a case
        ([[nan, nan], [nan, nan]], 3),  # all missing
        ([[0.0], [1.0]], 2),  # one rater
        ([[0.0, 0.0], [0.0, 0.0]], 1),  # one category
    ],
)
def test_what_cannot_be_compared_is_not_a_number(ratings: list[list[float]], categories: int) -> None:
    found = estimates(panel(ratings, categories), 20, np.random.default_rng(0), ordinal=True)
    kappas = [one for name, one in found.items() if not name.startswith("exact")]
    assert np.isnan([[one.value, one.low, one.high] for one in kappas]).all()
    told = leave_one_out_estimates(panel(ratings, categories), 20, np.random.default_rng(0))
    assert np.isnan([one.value for name, one in told.items() if "kappa" in name]).all()


def test_one_case_has_a_figure_and_no_interval() -> None:
    found = estimates(panel([[0, 1, 1]], 3), 20, np.random.default_rng(0))
    assert found["exact_agreement"].value == pytest.approx(1 / 3)
    assert found["fleiss_kappa"].value == pytest.approx(1 - (2 / 3) / (4 / 9))
    assert np.isnan([[one.low, one.high] for one in found.values()]).all()


def test_a_rater_without_ratings_changes_nothing_but_their_own_pairs() -> None:
    ratings = _ratings(9, 40, 3, 4)
    silent = np.column_stack([ratings, np.full(40, nan)])
    names = ["a", "b", "c"]
    without = estimates(panel(ratings, 4, names=names), 50, np.random.default_rng(1))
    found = estimates(panel(silent, 4, names=[*names, "d"]), 50, np.random.default_rng(1))
    for name, estimate in without.items():
        assert found[name].to_dict() == pytest.approx(estimate.to_dict(), abs=1e-12), name
    assert np.isnan(found["cohen_kappa_a_d"].value)


def test_levels_weights_and_pairs_that_do_not_exist_are_refused() -> None:
    with pytest.raises(CutisError, match="level is 'ratio', not one of nominal, ordinal, interval"):
        krippendorff_alpha([[0, 1]], 2, level="ratio")  # type: ignore[arg-type]
    with pytest.raises(CutisError, match="weights are 'cubic', not one of nominal, linear, quadratic"):
        cohen_kappa([[0, 1]], 2, weights="cubic")  # type: ignore[arg-type]
    with pytest.raises(CutisError, match="pairs are 'all', not one of each, mean, none"):
        figures(panel([[0, 1]], 2), pairs="all")  # type: ignore[arg-type]


def test_the_page_on_raters_runs_as_printed(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "raters.md").read_text(encoding="utf-8")
    code, printed = re.findall(r"```(?:python|text)\n(.*?)```", page, re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out == printed
