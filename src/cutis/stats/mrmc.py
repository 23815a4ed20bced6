"""Multi-reader multi-case analysis: do treatments differ, for readers and cases beyond those at hand?

Every reader reads the same cases under every treatment, so that their AUCs hang together in three ways.
Obuchowski and Rockette take the AUCs for an analysis of variance whose errors are correlated so; Hillis
gave the degrees of freedom. `random` says what the answer is meant for:

    both       other readers and other cases    F and t with Hillis's degrees of freedom
    cases      these readers, other cases       chi-squared (an F with infinite degrees) and normal
    readers    other readers, these cases       the usual repeated-measures F and paired t

    >>> areas = reader_areas(study(ratings, truth))
    >>> analyse(areas).differences[0].p
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

import numpy as np

from cutis.core.errors import CutisError
from cutis.stats.mrmc_covariance import Components, Method, ReaderAreas, components, reader_areas
from cutis.stats.mrmc_design import Study, study, with_model

__all__ = [
    "Analysis",
    "Components",
    "Method",
    "OverallTest",
    "Random",
    "ReaderAreas",
    "Study",
    "TreatmentArea",
    "TreatmentDifference",
    "analyse",
    "components",
    "reader_areas",
    "study",
    "with_model",
]

Random = Literal["both", "cases", "readers"]


@dataclass(frozen=True)
class OverallTest:
    """Are all treatments alike?

    Attributes:
        f: mean square of treatments over what it would be if they were.
        df_treatment: degrees of freedom above.
        df_error: degrees of freedom below; infinite where readers are fixed.
        p: chance of so large an f, or a larger one, if they were.
    """

    f: float
    df_treatment: float
    df_error: float
    p: float


@dataclass(frozen=True)
class TreatmentArea:
    """The readers' mean AUC under one treatment, from its readings alone.

    Attributes:
        treatment: name.
        value: mean AUC.
        standard_error: of the mean.
        df: degrees of freedom of the interval.
        low: lower end of the interval.
        high: upper end; not cut at 1.
    """

    treatment: str
    value: float
    standard_error: float
    df: float
    low: float
    high: float


@dataclass(frozen=True)
class TreatmentDifference:
    """Mean AUC under the first treatment minus that under the second.

    Attributes:
        first: name.
        second: name.
        value: the difference.
        standard_error: of the difference; the same for all pairs.
        t: their ratio.
        df: degrees of freedom.
        p: two-sided, not corrected for the number of pairs (see `comparison.holm`).
        low: lower end of the interval.
        high: upper end of the interval.
    """

    first: str
    second: str
    value: float
    standard_error: float
    t: float
    df: float
    p: float
    low: float
    high: float


@dataclass(frozen=True)
class Analysis:
    """One analysis of a study.

    Attributes:
        random: what the answer is meant for.
        confidence: of the two-sided intervals.
        test: of all treatments at once; None for a study of one.
        areas: one per treatment.
        differences: one per pair of treatments, in their order.
        components: what the AUCs vary by, the same in every analysis.
    """

    random: Random
    confidence: float
    test: OverallTest | None
    areas: tuple[TreatmentArea, ...]
    differences: tuple[TreatmentDifference, ...]
    components: Components


def analyse(areas: ReaderAreas, random: Random = "both", *, confidence: float = 0.95) -> Analysis:
    """Compare treatments by the readers' mean AUC.

    Covariances that come out with the wrong sign count as none, as Hillis advises. Where nothing varies
    at all, the interval is the figure itself, p is 1 for equal treatments and 0 for others.

    Args:
        areas: from `reader_areas`.
        random: what the answer is meant for, see the top of this module.
        confidence: of the two-sided intervals.

    Raises:
        CutisError: there is no such analysis, the confidence is not between 0 and 1, or one reader is to
            stand for others.

    Source: Obuchowski & Rockette 1995, Commun Stat Simul Comput 24:285; Hillis 2007, Stat Med 26:596;
        Hillis, Berbaum & Metz 2008, Acad Radiol 15:647.
    """
    readers, treatments = areas.auc.shape
    if random not in get_args(Random):
        raise CutisError(f"random is '{random}', not one of {', '.join(get_args(Random))}.")
    if not 0 < confidence < 1:
        raise CutisError(f"confidence is {confidence:g}, not between 0 and 1.")
    if readers == 1 and random != "cases":
        raise CutisError(
            f"one reader ('{areas.readers[0]}') cannot stand for others: random readers need two or more. "
            'Analyse with random="cases".'
        )
    parts = components(areas)
    alone = tuple(_area(areas, number, random, confidence) for number in range(treatments))
    if treatments == 1:
        return Analysis(random, confidence, None, alone, (), parts)
    error = _spread(
        parts.ms_interaction,
        (readers - 1) * (treatments - 1),
        parts.variance - parts.cov1,
        parts.cov2 - parts.cov3,
        readers,
        random,
        _least(parts.variance),
    )
    test = _overall(parts.ms_treatment, treatments - 1, error, _least(parts.variance))
    means = areas.auc.mean(axis=0)
    width = float(np.sqrt(2 * error.mean_square / readers))
    pairs = tuple(
        _difference(
            (areas.treatments[a], areas.treatments[b]),
            float(means[a] - means[b]),
            width,
            error.df,
            confidence,
        )
        for a, b in combinations(range(treatments), 2)
    )
    return Analysis(random, confidence, test, alone, pairs, parts)


@dataclass(frozen=True)
class _Spread:
    """Error mean square, and how many degrees of freedom it rests on."""

    mean_square: float
    df: float


def _spread(
    mean_square: float,
    df: float,
    variance: float,
    covariance: float,
    readers: int,
    random: Random,
    least: float,
) -> _Spread:
    """What a mean over readers varies by, times the number of readers.

    The same three sums serve the difference of two treatments (interaction, variance - cov1, cov2 - cov3;
    half of it) and one treatment alone (its readers, variance, cov2).
    """
    shared = max(covariance, 0.0) if readers > 1 else 0.0
    if random == "cases":
        total, df = max(variance, 0.0) + (readers - 1) * shared, float("inf")
    elif random == "readers":
        total = mean_square
    else:
        total = mean_square + readers * shared
        if total > least:
            df = df * (total / mean_square) ** 2 if mean_square > least else float("inf")
    return _Spread(total if total > least else 0.0, df)


def _least(variance: float) -> float:
    """The mean square that rounding leaves where there is none."""
    return 1e-24 + 1e-12 * abs(variance)


def _area(areas: ReaderAreas, number: int, random: Random, confidence: float) -> TreatmentArea:
    name = areas.treatments[number]
    picked = slice(number, number + 1)
    alone = ReaderAreas(
        areas.auc[:, picked], areas.covariance[:, picked, :, picked], areas.readers, (name,), areas.method
    )
    readers, parts = len(areas.readers), components(alone)
    least = _least(parts.variance)
    spread = _spread(parts.ms_reader, readers - 1, parts.variance, parts.cov2, readers, random, least)
    value, width = float(alone.auc.mean()), float(np.sqrt(spread.mean_square / readers))
    half = _quantile(spread.df, confidence) * width
    return TreatmentArea(name, value, width, spread.df, value - half, value + half)


def _overall(mean_square: float, df: int, error: _Spread, least: float) -> OverallTest:
    from scipy.special import chdtrc, fdtrc  # scipy.stats takes seconds to import

    if error.mean_square == 0:
        alike = mean_square <= least
        return OverallTest(0.0 if alike else float("inf"), df, error.df, 1.0 if alike else 0.0)
    f = mean_square / error.mean_square
    p = fdtrc(df, error.df, f) if np.isfinite(error.df) else chdtrc(df, df * f)
    return OverallTest(f, df, error.df, float(p))


def _difference(
    names: tuple[str, str], value: float, width: float, df: float, confidence: float
) -> TreatmentDifference:
    from scipy.special import ndtr, stdtr

    if width == 0:
        alike = abs(value) < 1e-12
        t, p = (0.0, 1.0) if alike else (float(np.copysign(np.inf, value)), 0.0)
    else:
        t = value / width
        p = 2 * float(stdtr(df, -abs(t)) if np.isfinite(df) else ndtr(-abs(t)))
    half = _quantile(df, confidence) * width
    return TreatmentDifference(*names, value, width, t, df, p, value - half, value + half)


def _quantile(df: float, confidence: float) -> float:
    from scipy.special import ndtri, stdtrit

    share = 0.5 + confidence / 2
    return float(stdtrit(df, share) if np.isfinite(df) else ndtri(share))
