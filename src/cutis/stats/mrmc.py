"""Multi-reader multi-case analysis: do treatments differ, for readers and cases beyond those at hand?

Readers read the same cases under several treatments, so that their AUCs hang together in three ways.
Obuchowski and Rockette take the AUCs for an analysis of variance whose errors are correlated so; Hillis
gave the degrees of freedom. `random` says what the answer is meant for:

    both       other readers and other cases    F and t with Hillis's degrees of freedom
    cases      these readers, other cases       chi-squared (an F with infinite degrees) and normal
    readers    other readers, these cases       the usual repeated-measures F and paired t

Designs that are not fully crossed (blocks of readers with cases of their own, readers or cases nested in
treatments, readings that are missing) are told by what was read; see `mrmc_design.design_of`.

    >>> areas = reader_areas(study(ratings, truth))
    >>> analyse(areas).differences[0].p
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import get_args

import numpy as np

from cutis.core.errors import CutisError
from cutis.stats.mrmc_covariance import (
    Components,
    Method,
    ReaderAreas,
    compared,
    components,
    harmonic_readers,
    nested,
    reader_areas,
)
from cutis.stats.mrmc_design import Study, design_of, study, with_model
from cutis.stats.mrmc_figures import Figure
from cutis.stats.mrmc_results import (
    Analysis,
    NonInferiority,
    OverallTest,
    Random,
    Scale,
    TreatmentArea,
    TreatmentDifference,
)

__all__ = [
    "Analysis",
    "Components",
    "Figure",
    "Method",
    "NonInferiority",
    "OverallTest",
    "Random",
    "ReaderAreas",
    "Scale",
    "Study",
    "TreatmentArea",
    "TreatmentDifference",
    "analyse",
    "components",
    "design_of",
    "non_inferiority",
    "reader_areas",
    "study",
    "with_model",
]


def analyse(
    areas: ReaderAreas, random: Random = "both", *, confidence: float = 0.95, scale: Scale = "plain"
) -> Analysis:
    """Compare treatments by the readers' mean AUC, or other figure.

    Covariances that come out with the wrong sign count as none, as Hillis advises. Where nothing varies
    at all, the interval is the figure itself, p is 1 for equal treatments and 0 for others.

    Args:
        areas: from `reader_areas`.
        random: what the answer is meant for, see the top of this module.
        confidence: of the two-sided intervals.
        scale: on which the interval of each treatment's mean is computed: "plain", as published, or "logit",
            whose ends stay between 0 and 1. Differences are on the plain scale.

    Raises:
        CutisError: there is no such analysis or scale, the confidence is not between 0 and 1, or one reader
            is to stand for others.

    Source: Obuchowski & Rockette 1995, Commun Stat Simul Comput 24:285; Hillis 2007, Stat Med 26:596;
        Hillis, Berbaum & Metz 2008, Acad Radiol 15:647; for nested and split-plot designs Hillis 2014, Stat
        Med 33:330.
    """
    _check_question(random, scale, confidence)
    sides = [_side(areas, number, random) for number in range(len(areas.treatments))]
    alone = tuple(_area(side, random, confidence, scale) for side in sides)
    pool = compared(areas)
    parts = components(pool)
    if len(areas.treatments) == 1:
        return Analysis(random, confidence, None, alone, (), parts, pool.readers, scale)
    if len(pool.readers) == 1 and random != "cases":
        raise CutisError(_LONELY.format(f"'{pool.readers[0]}', who alone read under every treatment"))
    error, _ = _error(pool, parts, random, None)
    test = _overall(parts.ms_treatment, len(areas.treatments) - 1, error, _least(parts.variance))
    means = np.nanmean(pool.auc, axis=0)
    pairs = []
    for a, b in combinations(range(len(areas.treatments)), 2):
        of_pair, size = _error(pool, parts, random, (a, b))
        width = float(np.sqrt(2 * of_pair.mean_square / size))
        names = (areas.treatments[a], areas.treatments[b])
        pairs.append(_difference(names, float(means[a] - means[b]), width, of_pair.df, confidence))
    return Analysis(random, confidence, test, alone, tuple(pairs), parts, pool.readers, scale)


def non_inferiority(
    pair: TreatmentDifference, margin: float, *, reference: str, confidence: float = 0.95
) -> NonInferiority:
    """Test one treatment against a reference and a margin.

    Args:
        pair: a difference of an analysis.
        margin: by how much worse the new treatment may be; above 0.
        reference: name of that of the two which is compared with.
        confidence: of the two-sided interval whose lower end is the bound; 0.95 tests at 2.5%.

    Raises:
        CutisError: the margin is not above 0, or the reference is not one of the two.

    Source: Chen, Petrick & Sahiner 2012, Acad Radiol 19:1158.
    """
    if not margin > 0 or not np.isfinite(margin):
        raise CutisError(f"the margin is {margin:g}; name how much worse is still acceptable, such as 0.05.")
    if reference not in (pair.first, pair.second):
        raise CutisError(
            f"the reference '{reference}' is neither '{pair.first}' nor '{pair.second}'. Name one of them."
        )
    new = pair.second if reference == pair.first else pair.first
    value = -pair.value if reference == pair.first else pair.value
    half = _quantile(pair.df, confidence) * pair.standard_error
    low = value - half
    if pair.standard_error == 0:
        p = 0.0 if value > -margin else 1.0
    else:
        p = _tail(-(value + margin) / pair.standard_error, pair.df)
    return NonInferiority(new, reference, margin, value, low, p, low > -margin)


_LONELY = "one reader ({}) cannot stand for others: random readers need two or more. " + (
    'Analyse with random="cases".'
)


def _check_question(random: Random, scale: Scale, confidence: float) -> None:
    for name, given, known in (("random", random, get_args(Random)), ("scale", scale, get_args(Scale))):
        if given not in known:
            raise CutisError(f"{name} is '{given}', not one of {', '.join(known)}.")
    if not 0 < confidence < 1:
        raise CutisError(f"confidence is {confidence:g}, not between 0 and 1.")


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
    readers: float,
    random: Random,
    least: float,
) -> _Spread:
    """What a mean over readers varies by, times the number of readers.

    The same three sums serve the difference of two treatments (interaction, variance - cov1, cov2 - cov3;
    half of it), that of two groups of readers (readers, variance - cov3, cov2 - cov3; half of it) and one
    treatment alone (its readers, variance, cov2).
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


def _error(
    areas: ReaderAreas, parts: Components, random: Random, pair: tuple[int, int] | None
) -> tuple[_Spread, float]:
    """Of the differences between treatments, or between two of them, and how many readers each is worth."""
    readers, treatments = areas.auc.shape
    least, shared = _least(parts.variance), _zero(parts.cov2) - _zero(parts.cov3)
    if not nested(areas):
        free = (readers - 1) * (treatments - 1)
        apart = parts.variance - parts.cov1
        return _spread(parts.ms_interaction, free, apart, shared, readers, random, least), readers
    numbers = np.sum(~np.isnan(areas.auc), axis=0)
    size = harmonic_readers(numbers[list(pair) if pair else slice(None)].tolist())
    free, apart = int(np.sum(numbers - 1)), parts.variance - parts.cov3
    return _spread(parts.ms_reader, free, apart, shared, size, random, least), size


def _zero(value: float) -> float:
    return 0.0 if np.isnan(value) else value


def _side(areas: ReaderAreas, number: int, random: Random) -> ReaderAreas:
    """One treatment with those who read under it."""
    there = ~np.isnan(areas.auc[:, number])
    side = areas.of(there, np.arange(len(areas.treatments)) == number)
    if len(side.readers) == 1 and random != "cases":
        raise CutisError(_LONELY.format(f"'{side.readers[0]}'"))
    return side


def _area(alone: ReaderAreas, random: Random, confidence: float, scale: Scale) -> TreatmentArea:
    readers, parts = len(alone.readers), components(alone)
    least = _least(parts.variance)
    spread = _spread(parts.ms_reader, readers - 1, parts.variance, parts.cov2, readers, random, least)
    value, width = float(alone.auc.mean()), float(np.sqrt(spread.mean_square / readers))
    half = _quantile(spread.df, confidence) * width
    low, high = value - half, value + half
    if scale == "logit" and 0 < value < 1:
        away = half / (value * (1 - value))
        low, high = (value / (value + (1 - value) * np.exp(turn)) for turn in (away, -away))
    return TreatmentArea(alone.treatments[0], value, width, spread.df, float(low), float(high), readers)


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
    if width == 0:
        alike = abs(value) < 1e-12
        t, p = (0.0, 1.0) if alike else (float(np.copysign(np.inf, value)), 0.0)
    else:
        t = value / width
        p = 2 * _tail(-abs(t), df)
    half = _quantile(df, confidence) * width
    return TreatmentDifference(*names, value, width, t, df, p, value - half, value + half)


def _quantile(df: float, confidence: float) -> float:
    from scipy.special import ndtri, stdtrit

    share = 0.5 + confidence / 2
    return float(stdtrit(df, share) if np.isfinite(df) else ndtri(share))


def _tail(t: float, df: float) -> float:
    """Share of the distribution below t."""
    from scipy.special import ndtr, stdtr

    return float(stdtr(df, t) if np.isfinite(df) else ndtr(t))
