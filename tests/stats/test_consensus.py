"""Each rater, and a model, against the vote of the others."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.stats.consensus import leave_one_out, leave_one_out_estimates, others_majority
from cutis.stats.ratings import Ties, majority, panel
from cutis.stats.resampling import observed

Array = NDArray[np.float64]
nan = np.nan


@pytest.fixture(autouse=True)
def _no_warning_leaks() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


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


@settings(max_examples=40)
@given(ratings=tables, ties=st.sampled_from(get_args(Ties)))
def test_each_rater_is_judged_by_the_vote_of_the_others(ratings: Array, ties: Ties) -> None:
    asked = panel(ratings, 4)
    wanted = leave_one_out(asked, ties=ties)
    found = dict(zip(wanted.names, observed(wanted.statistic, asked.count), strict=True))
    verdicts, shares = others_majority(asked, ties=ties), []
    for rater in range(ratings.shape[1]):
        others = majority(np.delete(ratings, rater, axis=1), 4, ties=ties)
        assert verdicts[:, rater] == pytest.approx(others, nan_ok=True)
        judged = ~np.isnan(others) & ~np.isnan(ratings[:, rater])
        share = float(np.mean(others[judged] == ratings[judged, rater])) if judged.any() else nan
        assert found[f"exact_agreement_{rater + 1}"] == pytest.approx(share, nan_ok=True)
        shares.append(share)
    mean = np.mean([share for share in shares if not np.isnan(share)]) if not all(np.isnan(shares)) else nan
    assert found["exact_agreement"] == pytest.approx(mean, nan_ok=True)


def test_a_model_that_copies_a_rater_is_that_rater_in_their_place() -> None:
    ratings = _ratings(10, 80, 4, 4)
    asked = panel(ratings, 4, names=list("abcd"))
    found = leave_one_out_estimates(asked, 100, np.random.default_rng(0), model=ratings[:, 1], ordinal=True)
    assert found["quadratic_kappa_model_for_b"] == found["quadratic_kappa_b"]


def test_the_lead_of_a_model_tells_a_better_rater_from_a_worse_one() -> None:
    rng = np.random.default_rng(11)
    truth = rng.integers(0, 4, 400)
    asked = panel(np.where(rng.random((400, 4)) < 0.75, truth[:, None], rng.integers(0, 4, (400, 4))), 4)
    noise = rng.integers(0, 4, 400)
    better = leave_one_out_estimates(asked, 300, rng, model=np.where(rng.random(400) < 0.95, truth, noise))
    alike = leave_one_out_estimates(asked, 300, rng, model=np.where(rng.random(400) < 0.75, truth, noise))
    worse = leave_one_out_estimates(asked, 300, rng, model=np.where(rng.random(400) < 0.5, truth, noise))
    name = "exact_agreement_model_lead"
    assert better[name].low > 0 > worse[name].high
    assert alike[name].low < 0 < alike[name].high
    assert better[name].value == pytest.approx(
        better["exact_agreement_model"].value - better["exact_agreement"].value
    )


def test_a_model_needs_an_answer_for_each_case() -> None:
    with pytest.raises(CutisError, match="1 cases need as many answers"):
        leave_one_out(panel([[0, 1]], 2), model=[0, 1])


def test_cases_that_the_model_left_out_count_for_nobody() -> None:
    ratings = _ratings(12, 50, 4, 4)
    answers = np.where(np.arange(50) < 30, ratings[:, 0], nan)
    asked, first = panel(ratings, 4), panel(ratings[:30], 4)
    left_out = leave_one_out(asked, model=answers)
    absent = leave_one_out(first, model=answers[:30])
    assert observed(left_out.statistic, 50) == pytest.approx(observed(absent.statistic, 30), nan_ok=True)
