"""How far the raters of a manifest agree, and one answer from all of them.

What they said comes from `cutis.data.panel`, the statistics from `cutis.stats`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.data.panel import RatedPhotos
from cutis.stats import icc
from cutis.stats.agreement import estimates, with_intervals
from cutis.stats.classification import Figures
from cutis.stats.graded_raters import graded_raters
from cutis.stats.intervals import Estimate
from cutis.stats.pairwise import rater_pairs
from cutis.stats.rater_models import dawid_skene
from cutis.stats.ratings import majority, panel

RATERS_EACH = 10  # with more of them only means over pairs are told
Method = Literal["majority", "dawid-skene", "graded"]

_ALIKE = "everybody said the same"
_NO_ESTIMATE = Estimate(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Agreement:
    """One figure of agreement.

    Attributes:
        figure: as in `cutis.stats.agreement.figures` and `cutis.stats.icc.KINDS`.
        raters: whose; all of them for a figure of the panel.
        mean: it is the mean over the pairs of these raters.
        photos: how many it rests on.
        estimate: with its interval by group; not a number where the figure is not defined, and in its ends
            where it rests on one group.
        why: it is not defined; empty where it is.
    """

    figure: str
    raters: tuple[str, ...]
    mean: bool
    photos: int
    estimate: Estimate
    why: str


@dataclass(frozen=True, eq=False)
class Consensus:
    """One answer from many.

    Attributes:
        answer: (photos,) position in the labels, nan where there is none.
        probability: (photos,) of that answer; None for a vote.
        tied: photos of which two labels had as many votes; 0 for a model, which weighs the raters.
        settled: the model came to rest; always true for a vote.
    """

    answer: NDArray[np.float64]
    probability: NDArray[np.float64] | None
    tied: int
    settled: bool


def agreement(rated: RatedPhotos, replicates: int, rng: np.random.Generator) -> tuple[Agreement, ...]:
    """How far the raters agree: each pair, their means, the panel, and for grades the correlations.

    Grades have quadratic weights, and a step from one to the next counts the same everywhere.

    Args:
        rated: from `read_ratings`.
        replicates: bootstrap draws of groups.
        rng: source of the draws.
    """
    raters, each = rated.raters, len(rated.raters) <= RATERS_EACH
    # By numbers, as names that hold underscores could make the same name of two pairs.
    numbers = [str(number) for number in range(len(raters))]
    asked = panel(rated.ratings, len(rated.labels), names=numbers, groups=rated.groups)
    told = estimates(asked, replicates, rng, ordinal=rated.graded, pairs="each" if each else "mean")
    given = asked.codes >= 0
    compared = int(np.sum(given.sum(axis=1) > 1))
    lines = []
    for kind in ("quadratic_kappa" if rated.graded else "cohen_kappa", "exact_agreement"):
        pairs = rater_pairs(len(raters)) if each else []
        for a, b in pairs:
            shared = int(np.sum(given[:, a] & given[:, b]))
            why = _ALIKE if shared else "no photo that both rated"
            lines.append(_line(kind, (raters[a], raters[b]), shared, told[f"{kind}_{a}_{b}"], why))
        if len(pairs) != 1:
            lines.append(replace(_line(kind, raters, compared, told[kind]), mean=True))
    level = "ordinal" if rated.graded else "nominal"
    chance = "gwet_ac2" if rated.graded else "gwet_ac1"
    whole = ("fleiss_kappa", f"krippendorff_alpha_{level}", chance)
    lines += [_line(kind, raters, compared, told[kind]) for kind in whole]
    return (*lines, *(_correlations(rated, replicates, rng) if rated.graded else ()))


def consensus(rated: RatedPhotos, method: Method = "majority") -> Consensus:
    """One answer for each photo that somebody rated.

    Args:
        rated: from `read_ratings`.
        method: "majority": most votes, a tie going to the lower grade, or without an answer for classes;
            "dawid-skene" and "graded" (grades only) find raters and truth together, see `cutis.stats`.

    Raises:
        CutisError: there is no such method, or it does not fit the labels.
    """
    if method not in get_args(Method):
        raise CutisError(f"there is no consensus '{method}'. Choose one of {', '.join(get_args(Method))}.")
    if method == "graded" and not rated.graded:
        raise CutisError(
            f"the consensus 'graded' needs grades, and {', '.join(rated.labels.names)} have no order. "
            "Choose dawid-skene, or name the task whose grades they are."
        )
    categories = len(rated.labels)
    there = ~np.isnan(rated.ratings).all(axis=1)
    if method == "majority":
        answer = majority(rated.ratings, categories, ties="lowest" if rated.graded else "missing")
        tied = int(np.sum(np.isnan(majority(rated.ratings, categories)) & there))
        return Consensus(answer, None, tied, settled=True)
    found = (graded_raters if method == "graded" else dawid_skene)(rated.ratings, categories)
    answer = np.where(there, found.answer, np.nan)
    probability = np.where(there, found.posterior.max(axis=1), np.nan)
    return Consensus(answer, probability, 0, found.converged)


def _line(
    kind: str, raters: tuple[str, ...], photos: int, estimate: Estimate, why: str = _ALIKE
) -> Agreement:
    return Agreement(kind, raters, False, photos, estimate, why if np.isnan(estimate.value) else "")


def _correlations(rated: RatedPhotos, replicates: int, rng: np.random.Generator) -> list[Agreement]:
    """ICC(2,1) and ICC(2,k) over the photos that all rated."""
    kinds = ("icc_2_1", "icc_2_k")
    whole = ~np.isnan(rated.ratings).any(axis=1)
    ratings, groups = rated.ratings[whole], rated.groups[whole]
    if len(ratings) < 2:
        why = "fewer than 2 photos that all rated"
        return [_line(kind, rated.raters, len(ratings), _NO_ESTIMATE, why) for kind in kinds]
    found, count = icc.figures(ratings, groups=groups)
    rows = [icc.KINDS.index(kind) for kind in kinds]
    wanted = Figures(kinds, (count, count), lambda weights: found.statistic(weights)[rows])
    numbers = [str(number) for number in range(len(rated.raters))]
    asked = panel(ratings, len(rated.labels), names=numbers, groups=groups)
    told = with_intervals(wanted, asked, replicates, rng)
    why = "the raters contradict each other" if np.ptp(ratings) else _ALIKE
    return [_line(kind, rated.raters, len(ratings), told[kind], why) for kind in kinds]
