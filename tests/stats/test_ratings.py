"""Ratings are checked before anything is made of them, and put to the vote."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cutis.core.errors import CutisError
from cutis.stats.agreement import fleiss_kappa
from cutis.stats.ratings import majority, panel

nan = np.nan


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        ([[0, 1], [5, 0]], r"ratings\[1, 0\] is 5, not one of the categories 0 .. 2"),
        ([[0, -1], [1, 0]], r"ratings\[0, 1\] is -1.*write nan"),
        ([[0, 1.5]], r"ratings\[0, 1\] is 1.5"),
        ([[0, np.inf]], r"ratings\[0, 1\] is inf"),
        ([["good", "bad"]], "not a .* array of numbers"),
        ([0, 1, 2], r"shape \(3,\)"),
        (np.empty((0, 3)), r"shape \(0, 3\)"),
    ],
)
def test_wrong_ratings_are_named(ratings: object, message: str) -> None:
    with pytest.raises(CutisError, match=message):
        fleiss_kappa(ratings, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: panel([[0, 1]], 2, names=["a", "a"]), "all different"),
        (lambda: panel([[0, 1]], 2, groups=[1, 2]), "1 cases need as many groups"),
        (lambda: panel([[0, 1]], 0), "at least one category"),
        (lambda: majority([[0, 1]], 2, ties="coin"), "ties are 'coin'"),  # type: ignore[arg-type]
    ],
)
def test_wrong_requests_are_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(CutisError, match=message):
        call()


def test_a_missing_rating_may_be_written_as_none() -> None:
    assert fleiss_kappa([[0, 0, None], [1, 1, 0]], 2) == fleiss_kappa([[0, 0, nan], [1, 1, 0]], 2)


def test_the_majority_is_the_most_votes_and_ties_follow_the_rule() -> None:
    ratings = np.array([[0, 0, 1, 2], [0, 2, 2, 0], [1, nan, nan, nan], [nan] * 4, [0, 1, 2, 3]])
    assert majority(ratings, 4) == pytest.approx([0, nan, 1, nan, nan], nan_ok=True)
    assert majority(ratings, 4, ties="lowest") == pytest.approx([0, 0, 1, nan, 0], nan_ok=True)
    assert majority(ratings, 4, ties="highest") == pytest.approx([0, 2, 1, nan, 3], nan_ok=True)
