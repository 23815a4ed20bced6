"""What several raters said of the same cases: checked, counted, and put to the vote.

Everywhere in cutis ratings are a (cases, raters) array. Categories are numbered 0 .. categories-1,
lowest grade first where they are grades; **a rating that was not given is not a number (nan)**, never
-1 and never 0. Whole arrays of numbers, such as lists with None, are accepted as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.resampling import number_groups

Codes = NDArray[np.intp]  # (cases, raters), -1 where there is no rating; only inside cutis.stats
Ties = Literal["missing", "lowest", "highest"]


@dataclass(frozen=True)
class Panel:
    """Raters and the cases they rated.

    Attributes:
        codes: (cases, raters) 0 .. categories-1, or -1 where there is no rating.
        categories: how many there are, used or not.
        names: (raters,).
        index: (cases,) group of each case, see `resampling.number_groups`.
        count: number of groups.
    """

    codes: Codes
    categories: int
    names: tuple[str, ...]
    index: NDArray[np.intp]
    count: int

    def groups_where(self, cases: NDArray[np.bool_]) -> int:
        """The number of groups with at least one of these cases."""
        return len(np.unique(self.index[cases]))


def panel(
    ratings: ArrayLike,
    categories: int,
    *,
    names: Sequence[str] | None = None,
    groups: ArrayLike | None = None,
) -> Panel:
    """Check ratings and put names and groups to them.

    Args:
        ratings: (cases, raters) 0 .. categories-1, nan where there is no rating.
        categories: how many there are, used or not.
        names: (raters,) of the raters; 1, 2, 3 ... when None.
        groups: (cases,) patient or lesion of each case; none means that cases are independent.

    Raises:
        CutisError: a rating is no category; names or groups do not fit; there are no cases or raters.
    """
    codes = category_codes(ratings, categories)
    cases, raters = codes.shape
    called = tuple(str(n + 1) for n in range(raters)) if names is None else tuple(names)
    if len(called) != raters or len(set(called)) != raters:
        raise CutisError(f"{raters} raters need as many names, all different; got {', '.join(called)}.")
    grouped = np.arange(cases) if groups is None else np.asarray(groups)
    if grouped.shape != (cases,):
        raise CutisError(f"{cases} cases need as many groups; got an array of shape {grouped.shape}.")
    index, count = number_groups(grouped)
    return Panel(codes, categories, called, index, count)


def category_codes(ratings: ArrayLike, categories: int) -> Codes:
    """Check ratings.

    Args:
        ratings: (cases, raters) 0 .. categories-1, nan where there is no rating.
        categories: how many there are, used or not.

    Returns:
        (cases, raters) whole numbers, -1 where there is no rating.

    Raises:
        CutisError: names the first rating that is no category.
    """
    if categories < 1:
        raise CutisError(f"ratings need at least one category, not {categories}.")
    values = rating_numbers(ratings)
    given = ~np.isnan(values)
    filled = np.where(given, values, 0.0)
    wrong = (filled != np.round(filled)) | (filled < 0) | (filled >= categories)
    if np.any(wrong):
        case, rater = np.argwhere(wrong)[0]
        raise CutisError(
            f"ratings[{case}, {rater}] is {values[case, rater]:g}, not one of the categories 0 .. "
            f"{categories - 1}. Number the categories from 0, lowest first, and write nan where a rater "
            "did not rate a case."
        )
    return np.where(given, filled, -1).astype(np.intp)


def rating_numbers(ratings: ArrayLike) -> NDArray[np.float64]:
    """Ratings as (cases, raters) numbers, nan where there is none.

    Raises:
        CutisError: not numbers, not a table, or a table without cases or raters.
    """
    try:
        values = np.asarray(ratings, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CutisError(
            "ratings are not a (cases, raters) array of numbers. Give each category its number, from 0, and "
            "write nan where a rater did not rate a case."
        ) from error
    if values.ndim != 2 or 0 in values.shape:
        raise CutisError(
            f"ratings have the shape {values.shape}; expected (cases, raters), at least one of each."
        )
    return values


def votes(codes: Codes, categories: int) -> NDArray[np.float64]:
    """How many raters named each category: (cases, categories)."""
    cases = len(codes)
    cell = np.arange(cases)[:, None] * categories + codes
    counted = np.bincount(cell[codes >= 0], minlength=cases * categories)
    return counted.reshape(cases, categories).astype(np.float64)


def majority(ratings: ArrayLike, categories: int, *, ties: Ties = "missing") -> NDArray[np.float64]:
    """The category that most raters named, for each case.

    Most means more than any other category, not more than half.

    Args:
        ratings: (cases, raters) 0 .. categories-1, nan where there is no rating.
        categories: how many there are.
        ties: what two categories with as many votes mean: no answer ("missing"), or the lower or the
            higher of them ("lowest", "highest"), which for grades is to be strict or lenient by rule.

    Returns:
        (cases,) category, nan for a tie left open and for a case that nobody rated.

    Raises:
        CutisError: a rating is no category, or there is no such rule for ties.
    """
    return vote(category_codes(ratings, categories), categories, ties)


def vote(codes: Codes, categories: int, ties: Ties) -> NDArray[np.float64]:
    """`majority` of ratings that were checked before."""
    if ties not in ("missing", "lowest", "highest"):
        raise CutisError(f"ties are '{ties}', not one of missing, lowest, highest.")
    counted = votes(codes, categories)
    most = counted.max(axis=1, keepdims=True)
    leading = (counted == most) & (most > 0)
    first = leading.argmax(axis=1)
    last = categories - 1 - leading[:, ::-1].argmax(axis=1)
    found: NDArray[np.float64] = (last if ties == "highest" else first).astype(np.float64)
    open_ = ~leading.any(axis=1) | ((ties == "missing") & (first != last))
    found[open_] = np.nan
    return found
