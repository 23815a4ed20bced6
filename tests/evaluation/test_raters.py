"""Agreement of the raters of a manifest, and one answer from all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.core.labels import Categorical, Labels, Ordinal
from cutis.core.manifest import Manifest, read_manifest
from cutis.data.panel import RatedPhotos
from cutis.evaluation.raters import Agreement, Method, agreement, consensus
from cutis.stats.graded_raters import answer_tables

Ask = Callable[..., RatedPhotos]
NAN = np.nan
FIVE = Ordinal(("0", "1", "2", "3", "4"))


@pytest.fixture
def asked(tmp_path: Path) -> Ask:
    """Put ratings beside photos, of which each two are one lesion."""

    def make(ratings: object, labels: Labels = FIVE, *, each: int = 2) -> RatedPhotos:
        codes = np.array(ratings, dtype=np.float64)
        rows = [f"{n}.png,L{n // each}" for n in range(len(codes))]
        (tmp_path / "m.csv").write_text("\n".join(["image,lesion_id", *rows]) + "\n")
        manifest: Manifest = read_manifest(tmp_path / "m.csv", find_images=False)
        names = ("a", "b", "a_b", *"cdefghijk")[: codes.shape[1]]
        return RatedPhotos(manifest, names, (), labels, codes)

    return make


def told(rated: RatedPhotos, replicates: int = 200) -> dict[tuple[str, tuple[str, ...], bool], Agreement]:
    """Figures by name, raters and whether they are means."""
    lines = agreement(rated, replicates, np.random.default_rng(0))
    return {(line.figure, line.raters, line.mean): line for line in lines}


def simulated(cases: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """True grades, and what a lenient, an ordinary and two unsteady strict raters say; a tenth missing."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 5, cases)
    habits = answer_tables([-0.6, 0.0, 0.2, 0.5], [0.4, 0.4, 0.9, 0.9], 5)
    ratings = np.array([[rng.choice(5, p=habit[grade]) for habit in habits] for grade in truth], dtype=float)
    ratings[rng.random(ratings.shape) < 0.1] = NAN
    return truth, ratings


def test_figures_equal_those_of_scikit_learn(asked: Ask) -> None:
    from sklearn.metrics import cohen_kappa_score

    _, ratings = simulated(60, 1)
    found = told(asked(ratings))
    both = ~np.isnan(ratings[:, :2]).any(axis=1)
    first, second = ratings[both, 0].astype(int), ratings[both, 1].astype(int)
    line = found["quadratic_kappa", ("a", "b"), False]
    expected = cohen_kappa_score(first, second, weights="quadratic", labels=range(5))
    assert line.estimate.value == pytest.approx(expected)
    assert line.photos == both.sum()
    assert line.estimate.low < expected < line.estimate.high
    mean = found["exact_agreement", ("a", "b", "a_b", "c"), True].estimate.value
    pairs = [line.estimate.value for key, line in found.items() if key[0] == "exact_agreement" and not key[2]]
    assert len(pairs) == 6
    assert float(np.mean(pairs)) == pytest.approx(mean)


def test_raters_whose_names_run_together_keep_their_own_figures(asked: Ask) -> None:
    # a with b_c and a_b with c would both be called a_b_c
    names = ("a", "b_c", "a_b", "c")
    rated = asked([[0, 0, 1, 2], [1, 1, 2, 1], [2, 2, 0, 1], [3, 3, 3, 1], [4, 4, 2, 3]])
    rated = RatedPhotos(rated.manifest, names, (), rated.labels, rated.ratings)
    found = told(rated)
    assert found["exact_agreement", ("a", "b_c"), False].estimate.value == 1
    assert found["exact_agreement", ("a_b", "c"), False].estimate.value == 0


def test_icc_is_over_the_photos_that_all_rated_and_redraws_groups(asked: Ask) -> None:
    # Shrout & Fleiss 1979: 6 targets, 4 judges: ICC(2,1) .29, ICC(2,k) .62
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    scale = Ordinal([str(n) for n in range(11)])
    once = told(asked([*table, [NAN, 1, 1, 1]], scale, each=1))
    twice = told(asked([row for row in table for _ in range(2)], scale, each=2))
    line = once["icc_2_1", ("a", "b", "a_b", "c"), False]
    assert (round(line.estimate.value, 2), line.photos) == (0.29, 6)
    assert round(once["icc_2_k", ("a", "b", "a_b", "c"), False].estimate.value, 2) == 0.62
    again = twice["icc_2_1", ("a", "b", "a_b", "c"), False].estimate
    assert again.high - again.low > 0.8 * (line.estimate.high - line.estimate.low)  # a copy is no evidence


def test_classes_have_nominal_figures_only(asked: Ask) -> None:
    found = told(asked([[0, 1], [1, 1], [2, 0], [0, 0]], Categorical(("bcc", "mel", "nv"))))
    names = [figure for figure, _, _ in found]
    assert names == [
        "cohen_kappa",
        "exact_agreement",
        "fleiss_kappa",
        "krippendorff_alpha_nominal",
        "gwet_ac1",
    ]


def test_what_is_not_defined_says_why(asked: Ask) -> None:
    found = told(asked([[2, 2, NAN], [2, 2, NAN], [2, NAN, 2], [2, NAN, 2]]))
    everybody = ("a", "b", "a_b")
    assert found["quadratic_kappa", ("a", "b"), False].why == "everybody said the same"
    assert found["quadratic_kappa", ("b", "a_b"), False].why == "no photo that both rated"
    assert found["fleiss_kappa", everybody, False].why == "everybody said the same"
    assert found["gwet_ac2", everybody, False].why == ""
    assert found["icc_2_1", everybody, False].why == "fewer than 2 photos that all rated"
    assert (
        told(asked([[2, 2], [2, 2]], each=1))["icc_2_1", ("a", "b"), False].why == "everybody said the same"
    )
    apart = told(asked([[0, 4], [4, 0], [0, 4], [4, 0]], each=1))["icc_2_k", ("a", "b"), False]
    assert apart.why == "the raters contradict each other"


def test_one_group_has_figures_without_intervals(asked: Ask) -> None:
    line = told(asked([[0, 1], [3, 3], [4, 2]], each=3))["quadratic_kappa", ("a", "b"), False]
    assert 0 < line.estimate.value < 1
    assert np.isnan(line.estimate.low)


def test_many_raters_are_told_by_their_means(asked: Ask) -> None:
    ratings = np.random.default_rng(0).integers(0, 5, (12, 11))
    found = told(asked(ratings))
    assert [mean for figure, _, mean in found if figure == "quadratic_kappa"] == [True]


def test_a_tie_goes_to_the_lower_grade_and_leaves_classes_open(asked: Ask) -> None:
    ratings = [[1, 3], [2, 2], [NAN, NAN], [NAN, 4]]
    grades = consensus(asked(ratings))
    np.testing.assert_array_equal(grades.answer, [1, 2, NAN, 4])
    assert (grades.tied, grades.probability) == (1, None)
    classes = consensus(asked(ratings, Categorical("abcde")))
    np.testing.assert_array_equal(classes.answer, [NAN, 2, NAN, 4])


@pytest.mark.parametrize("seed", [2, 3])
def test_weighing_raters_is_not_worse_than_their_vote(asked: Ask, seed: int) -> None:
    truth, ratings = simulated(400, seed)
    rated = asked(ratings)
    there = ~np.isnan(ratings).all(axis=1)
    right = {}
    for method in get_args(Method):
        found = consensus(rated, method)
        right[method] = np.mean(found.answer[there] == truth[there])
        assert found.settled
    assert right["dawid-skene"] >= right["majority"]
    assert right["graded"] >= right["majority"] + 0.02


@pytest.mark.parametrize("method", ["dawid-skene", "graded"])
def test_nobody_rated_means_no_answer_whatever_is_usual(asked: Ask, method: Method) -> None:
    _, ratings = simulated(40, 4)
    ratings[3] = NAN
    found = consensus(asked(ratings), method)
    assert found.probability is not None
    assert np.isnan(found.answer[3])
    assert np.isnan(found.probability[3])
    assert np.nanmin(found.probability) >= 1 / 5
    assert np.nanmax(found.probability) <= 1


def test_a_consensus_must_fit_the_labels(asked: Ask) -> None:
    with pytest.raises(CutisError, match="needs grades, and mel, nv have no order"):
        consensus(asked([[0, 1]], Categorical(("mel", "nv"))), "graded")
    with pytest.raises(CutisError, match="no consensus 'mean'"):
        consensus(asked([[0, 1]]), "mean")  # type: ignore[arg-type]  # as Python callers may
