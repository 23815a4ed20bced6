"""How far a panel of raters agrees beyond chance, with ratings missing, and with intervals.

Every coefficient is 1 where all agree and 0 where they agree as often as chance would have it; what
they take for chance is what sets them apart. A coefficient is **not a number** where chance leaves
nothing to disagree about (everybody says the same of every case), where there is one category only, or
where no case has two ratings to compare. Gwet's coefficient alone is defined, and 1, when everybody
names the same one of several categories.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from cutis.core.errors import CutisError
from cutis.stats.classification import Figures
from cutis.stats.intervals import Estimate, percentile, wilson
from cutis.stats.pairwise import (
    Array,
    PairFigure,
    Weighting,
    beyond_chance,
    disagreement,
    kappa,
    pair_figures,
    rater_pairs,
    same,
)
from cutis.stats.ratings import Panel, panel, votes
from cutis.stats.resampling import Statistic, Weights, bootstrap, observed

Level = Literal["nominal", "ordinal", "interval"]
Pairs = Literal["each", "mean", "none"]


def fleiss_kappa(ratings: ArrayLike, categories: int) -> float:
    """Agreement of two ratings of a case, by whomever, beyond chance.

    Cases may have unequal numbers of raters. Each case with two ratings or more counts once in the
    agreement, and each case with a rating counts once in the shares of the categories.

    Args:
        ratings: (cases, raters) 0 .. categories-1, nan where there is no rating.
        categories: how many there are.

    Source: Fleiss 1971, Psychol Bull 76:378; for missing ratings Gwet 2014, Handbook of Inter-Rater
        Reliability, 4th edition, chapter 2.
    """
    return _one(ratings, categories, _fleiss)


def gwet_ac(ratings: ArrayLike, categories: int, *, weights: Weighting = "nominal") -> float:
    """Gwet's AC1 ("nominal") or AC2: chance counts only for cases that are hard to rate.

    Args:
        ratings: (cases, raters) 0 .. categories-1, nan where there is no rating.
        categories: how many there are, used or not: it matters for chance.
        weights: how much of a disagreement a miss is, see `pairwise`.

    Source: Gwet 2008, Br J Math Stat Psychol 61:29; Gwet 2014 as for `fleiss_kappa`.
    """
    return _one(ratings, categories, lambda asked: _gwet(asked, weights))


def krippendorff_alpha(ratings: ArrayLike, categories: int, *, level: Level = "nominal") -> float:
    """Disagreement of two ratings of a case against that of any two ratings; ratings may be missing.

    Args:
        ratings: (cases, raters) 0 .. categories-1, nan where there is no rating.
        categories: how many there are.
        level: what lies between two categories: nothing to measure ("nominal"), the ratings that fall
            between them ("ordinal"), or the steps from one to the other ("interval").

    Raises:
        CutisError: a rating is no category, or there is no such level.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
    """
    return _one(ratings, categories, lambda asked: _alpha(asked, level))


def figures(asked: Panel, *, ordinal: bool = False, pairs: Pairs = "each") -> Figures:
    """Every coefficient by name, as one statistic of the weights of groups.

    `exact_agreement` and `cohen_kappa` (for grades also `linear_kappa` and `quadratic_kappa`) are means
    over the pairs of raters that have them; `<name>_<rater>_<rater>` is one pair. Then `fleiss_kappa`,
    `gwet_ac1` and `krippendorff_alpha_nominal`; for grades also `gwet_ac2` (quadratic weights),
    `krippendorff_alpha_ordinal` and `krippendorff_alpha_interval`.

    Args:
        asked: from `ratings.panel`.
        ordinal: the categories are grades.
        pairs: figures of "each" pair and their means, the "mean" only, or "none"; with hundreds of raters
            each are too many for the memory and the means take minutes.
    """
    classes = asked.categories
    kinds: dict[str, PairFigure] = {"exact_agreement": same, "cohen_kappa": kappa(classes, "nominal")}
    whole: dict[str, Statistic] = {
        "fleiss_kappa": _fleiss(asked),
        "gwet_ac1": _gwet(asked, "nominal"),
        "krippendorff_alpha_nominal": _alpha(asked, "nominal"),
    }
    if ordinal:
        kinds |= {"linear_kappa": kappa(classes, "linear"), "quadratic_kappa": kappa(classes, "quadratic")}
        whole["gwet_ac2"] = _gwet(asked, "quadratic")
        whole["krippendorff_alpha_ordinal"] = _alpha(asked, "ordinal")
        whole["krippendorff_alpha_interval"] = _alpha(asked, "interval")
    given = asked.codes >= 0
    compared = asked.groups_where(given.sum(axis=1) > 1)
    names, support, parts = list(whole), [compared] * len(whole), list(whole.values())
    if pairs not in get_args(Pairs):
        raise CutisError(f"pairs are '{pairs}', not one of {', '.join(get_args(Pairs))}.")
    if pairs != "none":
        both = rater_pairs(len(asked.names)) if pairs == "each" else []
        ends = ["", *(f"_{asked.names[a]}_{asked.names[b]}" for a, b in both)]
        groups = [compared, *(asked.groups_where(given[:, a] & given[:, b]) for a, b in both)]
        names = [f"{kind}{end}" for kind in kinds for end in ends] + names
        support = groups * len(kinds) + support
        parts = [pair_figures(asked, list(kinds.values()), each=pairs == "each"), *parts]

    def every(weights: Weights) -> Array:
        return np.concatenate([part(weights) for part in parts])

    return Figures(tuple(names), tuple(support), every)


def estimates(
    asked: Panel,
    replicates: int,
    rng: np.random.Generator,
    *,
    ordinal: bool = False,
    pairs: Pairs = "each",
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """All of `figures`, with intervals from drawing groups of cases; raters are taken as they are.

    Where all agree, so that every draw agrees too, the lower end is the largest share of cases rated at
    random that would still be likely to show no disagreement (Wilson's). A coefficient that is not a
    number has an interval that is none either; so has one that rests on a single group.

    Args:
        asked: from `ratings.panel`.
        replicates: how many draws.
        rng: source of the draws.
        ordinal: the categories are grades.
        pairs: figures of "each" pair and their means, the "mean" only, or "none".
        confidence: of the two-sided intervals.
    """
    return with_intervals(
        figures(asked, ordinal=ordinal, pairs=pairs), asked, replicates, rng, confidence=confidence
    )


def with_intervals(
    wanted: Figures, asked: Panel, replicates: int, rng: np.random.Generator, *, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Any figures of agreement of a panel with intervals; see `estimates`."""
    shares = votes(asked.codes, asked.categories).sum(axis=0)
    chance = 1.0 - float(np.sum((shares / max(shares.sum(), 1.0)) ** 2))
    values = observed(wanted.statistic, asked.count)
    ends = percentile(bootstrap(wanted.statistic, asked.count, replicates, rng), confidence)
    told = {}
    for name, groups, value, (low, high) in zip(wanted.names, wanted.support, values, ends, strict=True):
        if np.isnan(value) or groups < 2:
            low = high = np.nan
        elif value > 1 - 1e-12 and high - low < 1e-12:
            at_random = 1.0 if name.startswith(("exact", "gwet")) else chance
            low = max(-1.0, 1.0 - wilson(0, groups, confidence).high / at_random)
        told[name] = Estimate(float(value), float(low), float(high))
    return told


def _one(ratings: ArrayLike, categories: int, kind: Callable[[Panel], Statistic]) -> float:
    asked = panel(ratings, categories)
    return float(observed(kind(asked), asked.count)[0])


def _fleiss(asked: Panel) -> Statistic:
    cost = disagreement(asked.categories, "nominal")
    sums = _case_sums(asked, cost)

    def statistic(weights: Weights) -> Array:
        found, shares = _found_and_shares(sums @ weights)
        return beyond_chance(found, np.sum(shares * (cost @ shares), axis=0))[None]

    return statistic


def _gwet(asked: Panel, weights: Weighting) -> Statistic:
    cost, classes = disagreement(asked.categories, weights), asked.categories
    sums = _case_sums(asked, cost)
    per_hard_case = (1.0 - cost).sum() / (classes * (classes - 1)) if classes > 1 else np.nan

    def statistic(drawn: Weights) -> Array:
        found, shares = _found_and_shares(sums @ drawn)
        return beyond_chance(found, 1.0 - per_hard_case * np.sum(shares * (1 - shares), axis=0))[None]

    return statistic


def _alpha(asked: Panel, level: Level) -> Statistic:
    if level not in get_args(Level):
        raise CutisError(f"level is '{level}', not one of {', '.join(get_args(Level))}.")
    classes = asked.categories
    sums = _coincidences(asked)

    def statistic(weights: Weights) -> Array:
        seen = (sums @ weights).reshape(classes, classes, -1)
        each = seen.sum(axis=1)  # (categories, replicates)
        if level == "nominal":
            cost = np.broadcast_to(disagreement(classes, "nominal")[:, :, None], seen.shape)
        else:
            steps = np.broadcast_to(np.arange(float(classes))[:, None], each.shape)
            rank = np.cumsum(each, axis=0) - each / 2 if level == "ordinal" else steps
            cost = (rank[:, None] - rank[None]) ** 2
        by_chance = np.einsum("ijr,ir,jr->r", cost, each, each)
        found = np.sum(cost * seen, axis=(0, 1)) * (each.sum(axis=0) - 1)
        return beyond_chance(found, by_chance)[None]

    return statistic


def _case_sums(asked: Panel, cost: Array) -> Array:
    """Per group: cases with a pair, their mean disagreement, cases with a rating, shares of categories.

    Returns:
        (3 + categories, groups).
    """
    counted = votes(asked.codes, asked.categories)
    given = counted.sum(axis=1)
    pairs = given * (given - 1)
    apart = np.sum(counted * (counted @ cost), axis=1) / np.maximum(pairs, 1)
    shares = counted / np.maximum(given, 1)[:, None]
    rows = np.column_stack([pairs > 0, apart, given > 0, shares])
    return _by_group(rows, asked)


def _found_and_shares(sums: Array) -> tuple[Array, Array]:
    """Mean disagreement (replicates,) and shares of the categories (categories, replicates)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[1] / sums[0], sums[3:] / sums[2]


def _coincidences(asked: Panel) -> Array:
    """Krippendorff's pairs of ratings of one case, by group: (categories * categories, groups)."""
    counted = votes(asked.codes, asked.categories)
    given = counted.sum(axis=1)[:, None, None]
    together = counted[:, :, None] * counted[:, None] - counted[:, :, None] * np.eye(asked.categories)
    rows = np.where(given > 1, together / np.maximum(given - 1, 1), 0.0)
    return _by_group(rows.reshape(len(counted), -1), asked)


def _by_group(rows: Array, asked: Panel) -> Array:
    summed = np.zeros((asked.count, rows.shape[1]))
    np.add.at(summed, asked.index, rows)
    return np.ascontiguousarray(summed.T)
