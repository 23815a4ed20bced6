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
    Interval,
    NonInferiority,
    OverallTest,
    Random,
    TreatmentArea,
    TreatmentDifference,
)
from cutis.stats.mrmc_spread import Spread, least_of, quantile, spread, tail

__all__ = [
    "Analysis",
    "Components",
    "Figure",
    "Interval",
    "Method",
    "NonInferiority",
    "OverallTest",
    "Random",
    "ReaderAreas",
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
    areas: ReaderAreas, random: Random = "both", *, confidence: float = 0.95, interval: Interval = "published"
) -> Analysis:
    """Compare treatments by the readers' mean AUC, or other figure.

    Covariances that come out with the wrong sign count as none, as Hillis advises. Where nothing varies
    at all, the interval is the figure itself and p is 1: a few cases may all come out alike by chance, so
    that there is nothing to hold a difference against.

    Args:
        areas: from `reader_areas`.
        random: what the answer is meant for, see the top of this module.
        confidence: of the two-sided intervals.
        interval: "published" takes Hillis's degrees of freedom. "bounded" minds that readers cannot truly
            vary by less than cases alone make them, where the degrees of freedom are found (see
            `mrmc_spread`), and computes the interval of each treatment's mean on the logit scale, so that
            its ends stay between 0 and 1. Better for few readers; with many it comes to the same.

    Raises:
        CutisError: there is no such analysis or interval, the confidence is not between 0 and 1, or one
            reader is to stand for others.

    Source: Obuchowski & Rockette 1995, Commun Stat Simul Comput 24:285; Hillis 2007, Stat Med 26:596;
        Hillis, Berbaum & Metz 2008, Acad Radiol 15:647; for nested and split-plot designs Hillis 2014, Stat
        Med 33:330; for the logit scale Pepe 2003, The Statistical Evaluation of Medical Tests, section 5.2.
        The bound is our own; docs/reader_studies.md tells how it was judged.
    """
    _check_question(random, interval, confidence)
    sides = [_side(areas, number, random) for number in range(len(areas.treatments))]
    alone = tuple(_area(side, random, confidence, interval) for side in sides)
    pool = compared(areas)
    parts = components(pool)
    if len(areas.treatments) == 1:
        return Analysis(random, confidence, None, alone, (), parts, pool.readers, interval)
    if len(pool.readers) == 1 and random != "cases":
        raise CutisError(_LONELY.format(f"'{pool.readers[0]}', who alone read under every treatment"))
    error, _ = _error(pool, parts, random, interval)
    test = _overall(parts.ms_treatment, len(areas.treatments) - 1, error, least_of(parts.variance))
    means = np.nanmean(pool.auc, axis=0)
    pairs = []
    for a, b in combinations(range(len(areas.treatments)), 2):
        of_pair, size = _error(pool, parts, random, interval, (a, b))
        width = float(np.sqrt(2 * of_pair.mean_square / size))
        names = (areas.treatments[a], areas.treatments[b])
        pairs.append(_difference(names, float(means[a] - means[b]), width, of_pair, confidence))
    return Analysis(random, confidence, test, alone, tuple(pairs), parts, pool.readers, interval)


def non_inferiority(found: Analysis, margin: float, *, new: str, reference: str) -> NonInferiority:
    """Test one treatment against a reference and a margin, at half the error of the two-sided interval.

    Args:
        found: from `analyse`; at a confidence of 95% the test is at 2.5%.
        margin: by how much worse the new treatment may be; above 0.
        new: name of the treatment.
        reference: name of that which it is compared with.

    Raises:
        CutisError: the margin is not above 0, or there is no such pair of treatments.

    Source: Chen, Petrick & Sahiner 2012, Acad Radiol 19:1158.
    """
    if not margin > 0 or not np.isfinite(margin):
        raise CutisError(f"the margin is {margin:g}; name how much worse is still acceptable, such as 0.05.")
    pairs = [pair for pair in found.differences if {pair.first, pair.second} == {new, reference}]
    if not pairs:
        names = ", ".join(area.treatment for area in found.areas)
        raise CutisError(f"'{new}' and '{reference}' are not two of the treatments: {names}.")
    pair = pairs[0]
    value, low = (pair.value, pair.low) if new == pair.first else (-pair.value, -pair.high)
    if pair.standard_error == 0:  # few cases that all come out alike are no proof
        return NonInferiority(new, reference, margin, value, np.nan, 1.0, shown=False)
    p = tail(-(value + margin) / pair.standard_error, Spread(np.nan, pair.df))
    return NonInferiority(new, reference, margin, value, low, p, low > -margin)


_LONELY = "one reader ({}) cannot stand for others: random readers need two or more. " + (
    'Analyse with random="cases".'
)


def _check_question(random: Random, interval: Interval, confidence: float) -> None:
    asked = (("random", random, get_args(Random)), ("interval", interval, get_args(Interval)))
    for name, given, known in asked:
        if given not in known:
            raise CutisError(f"{name} is '{given}', not one of {', '.join(known)}.")
    if not 0 < confidence < 1:
        raise CutisError(f"confidence is {confidence:g}, not between 0 and 1.")


def _error(
    areas: ReaderAreas,
    parts: Components,
    random: Random,
    interval: Interval,
    pair: tuple[int, int] | None = None,
) -> tuple[Spread, float]:
    """Of the differences between treatments, or between two of them, and how many readers each is worth."""
    readers, treatments = areas.auc.shape
    shared, bounded = _zero(parts.cov2) - _zero(parts.cov3), interval == "bounded"
    if not nested(areas):
        free = (readers - 1) * (treatments - 1)
        apart = parts.variance - parts.cov1
        size = float(readers)
        found = spread(parts.ms_interaction, free, apart, shared, size, random, bounded=bounded)
        return found, size
    numbers = np.sum(~np.isnan(areas.auc), axis=0)
    size = harmonic_readers(numbers[list(pair) if pair else slice(None)].tolist())
    free, apart = int(np.sum(numbers - 1)), parts.variance - parts.cov3
    return spread(parts.ms_reader, free, apart, shared, size, random, bounded=bounded), size


def _zero(value: float) -> float:
    return 0.0 if np.isnan(value) else value


def _side(areas: ReaderAreas, number: int, random: Random) -> ReaderAreas:
    """One treatment with those who read under it."""
    there = ~np.isnan(areas.auc[:, number])
    side = areas.of(there, np.arange(len(areas.treatments)) == number)
    if len(side.readers) == 1 and random != "cases":
        raise CutisError(_LONELY.format(f"'{side.readers[0]}'"))
    return side


def _area(alone: ReaderAreas, random: Random, confidence: float, interval: Interval) -> TreatmentArea:
    readers, parts = len(alone.readers), components(alone)
    error = spread(
        parts.ms_reader,
        readers - 1,
        parts.variance,
        parts.cov2,
        readers,
        random,
        bounded=interval == "bounded",
    )
    value, width = float(alone.auc.mean()), float(np.sqrt(error.mean_square / readers))
    half = quantile(error, confidence) * width
    low, high = value - half, value + half
    if interval == "bounded" and 0 < value < 1:
        away = half / (value * (1 - value))
        low, high = (value / (value + (1 - value) * np.exp(turn)) for turn in (away, -away))
    return TreatmentArea(alone.treatments[0], value, width, error.df, float(low), float(high), readers)


def _overall(mean_square: float, df: int, error: Spread, least: float) -> OverallTest:
    from scipy.special import chdtrc, fdtrc  # scipy.stats takes seconds to import

    if error.mean_square == 0:
        return OverallTest(0.0 if mean_square <= least else float("inf"), df, error.df, 1.0)
    f = mean_square / error.mean_square
    p = fdtrc(df, error.df, f) if np.isfinite(error.df) else chdtrc(df, df * f)
    return OverallTest(f, df, error.df, float(p))


def _difference(
    names: tuple[str, str], value: float, width: float, error: Spread, confidence: float
) -> TreatmentDifference:
    if width == 0:
        t, p = 0.0 if abs(value) < 1e-12 else float(np.copysign(np.inf, value)), 1.0
    else:
        t = value / width
        p = 2 * tail(-abs(t), error)
    half = quantile(error, confidence) * width
    return TreatmentDifference(*names, value, width, t, error.df, p, value - half, value + half)
