"""How far two raters agree, for every pair of a panel.

Weights say how much of a disagreement a miss is: "nominal" all of it, "linear" in proportion to the
distance between grades, "quadratic" to its square.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.confusion import macro
from cutis.stats.ratings import Panel, panel
from cutis.stats.resampling import Statistic, Weights, observed, sums_by_group

Weighting = Literal["nominal", "linear", "quadratic"]
Array = NDArray[np.float64]
PairFigure = Callable[[Array], Array]  # (categories, categories, ...) tables of two raters -> (...)

_CELLS = 4_000_000  # of the tables held at once


def rater_pairs(raters: int) -> list[tuple[int, int]]:
    """Pairs of raters in the order of everything here that is per pair: 0-1, 0-2, ... 1-2, ..."""
    return list(combinations(range(raters), 2))


def exact_agreement(ratings: ArrayLike, categories: int) -> Array:
    """Per pair of raters, the share of the cases that both rated of which they said the same.

    Args:
        ratings: (cases, raters) 0 .. categories-1, nan where there is no rating.
        categories: how many there are.

    Returns:
        (pairs,) in the order of `rater_pairs`; nan where no case was rated by both.
    """
    return _each(ratings, categories, same)


def cohen_kappa(ratings: ArrayLike, categories: int, *, weights: Weighting = "nominal") -> Array:
    """Per pair of raters, agreement beyond what their own habits give by chance.

    Args:
        ratings: (cases, raters) 0 .. categories-1, nan where there is no rating.
        categories: how many there are; with weights, all grades of the scale, used or not.
        weights: see the top of this module.

    Returns:
        (pairs,) in the order of `rater_pairs`, each over the cases that both rated; nan where there is no
        such case, or where both said one and the same of all.

    Source: Cohen 1960, Educ Psychol Meas 20:37; Cohen 1968, Psychol Bull 70:213.
    """
    return _each(ratings, categories, kappa(categories, weights))


def disagreement(categories: int, weights: Weighting) -> Array:
    """How much of a disagreement each pair of categories is: (categories, categories), 0 to 1.

    Raises:
        CutisError: there are no such weights.
    """
    if weights not in get_args(Weighting):
        raise CutisError(f"weights are '{weights}', not one of {', '.join(get_args(Weighting))}.")
    steps = np.abs(np.subtract.outer(np.arange(categories), np.arange(categories))) / max(categories - 1, 1)
    powers = {"nominal": 0, "linear": 1, "quadratic": 2}
    return np.where(steps > 0, steps ** powers[weights], 0.0)


def beyond_chance(found: Array, by_chance: Array) -> Array:
    """1 - disagreement found / disagreement by chance; nan where chance gives none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(by_chance > 0, 1.0 - found / by_chance, np.nan))


def same(tables: Array) -> Array:
    """Share of the cases on the diagonal of (categories, categories, ...) tables: (...)."""
    cases = tables.sum(axis=(0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(cases > 0, np.einsum("kk...->...", tables) / cases, np.nan))


def kappa(categories: int, weights: Weighting) -> PairFigure:
    """Cohen's kappa of (categories, categories, ...) tables."""
    cost = disagreement(categories, weights)

    def figure(tables: Array) -> Array:
        cases, rows, columns = tables.sum(axis=(0, 1)), tables.sum(axis=1), tables.sum(axis=0)
        by_chance = np.sum(rows * np.tensordot(cost, columns, 1), axis=0)
        return beyond_chance(np.tensordot(cost, tables, 2) * cases, by_chance)

    return figure


def pair_tables(
    first: NDArray[np.intp], second: NDArray[np.intp], categories: int, index: NDArray[np.intp], count: int
) -> Any:
    """Tables of raters against others, by group.

    Args:
        first: (cases, pairs) what one of each pair said, -1 for nothing.
        second: (cases, pairs) what the other said.
        categories: how many there are.
        index: (cases,) group of each case.
        count: number of groups.

    Returns:
        Sparse (categories * categories * pairs, count); cases that one of them did not rate are left out.
    """
    pairs = first.shape[1]
    cell = (first * categories + second) * pairs + np.arange(pairs)
    both = (first >= 0) & (second >= 0)
    group = np.broadcast_to(index[:, None], cell.shape)
    return sums_by_group(cell[both], group[both], count, categories * categories * pairs)


def pair_figures(asked: Panel, kinds: Sequence[PairFigure], *, each: bool = True) -> Statistic:
    """Figures of all pairs of a panel, as a statistic of the weights of groups.

    Args:
        asked: from `ratings.panel`.
        kinds: what a pair's table comes to.
        each: with the figures of each pair; hundreds of raters have more pairs than memory holds.

    Returns:
        Per kind the mean over the pairs that have it, then each pair: (kinds * (1 + pairs), replicates).
    """
    pairs = np.array(rater_pairs(asked.codes.shape[1]), dtype=np.intp).reshape(-1, 2)
    step = max(1, _CELLS // (128 * asked.categories**2))
    blocks = [
        pair_tables(
            asked.codes[:, pairs[start : start + step, 0]], asked.codes[:, pairs[start : start + step, 1]],
            asked.categories, asked.index, asked.count,
        )
        for start in range(0, len(pairs), step)
    ]  # fmt: skip

    def statistic(weights: Weights) -> Array:
        nothing = np.empty((0, weights.shape[1]))
        found: list[list[Array]] = [[nothing] for _ in kinds]
        for block in blocks:
            tables = table_sums(block, weights, asked.categories)
            for rows, kind in zip(found, kinds, strict=True):
                rows.append(kind(tables))
        whole = [np.concatenate(rows) for rows in found]  # (pairs, replicates)
        return np.concatenate([part for rows in whole for part in (macro(rows)[None], rows)[: 1 + each]])

    return statistic


def table_sums(tables: Any, weights: Weights, categories: int) -> Array:
    """`pair_tables` of all replicates: (categories, categories, pairs, replicates)."""
    sums = np.asarray(tables @ weights, dtype=np.float64)
    return sums.reshape(categories, categories, -1, weights.shape[1])


def by_pair(values: Array, names: Sequence[str]) -> Mapping[tuple[str, str], float]:
    """Name the (pairs,) of `exact_agreement` or `cohen_kappa` by the names of their raters."""
    both = rater_pairs(len(names))
    return {(names[a], names[b]): float(value) for (a, b), value in zip(both, values, strict=True)}


def _each(ratings: ArrayLike, categories: int, kind: PairFigure) -> Array:
    asked = panel(ratings, categories)
    return observed(pair_figures(asked, [kind]), asked.count)[1:]
