"""AUC of every reader under every treatment, how these vary together over cases, and what that is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.stats.comparison import delong
from cutis.stats.discrimination import ladder, weighted_auc
from cutis.stats.mrmc_design import Study
from cutis.stats.resampling import Statistic, Weights, bootstrap

Array = NDArray[np.float64]
Method = Literal["delong", "jackknife", "bootstrap"]

_BLOCK = 128  # patients left out at once


@dataclass(frozen=True)
class ReaderAreas:
    """AUCs of a study with their covariance over cases.

    Attributes:
        auc: (readers, treatments) area under each empirical ROC curve, ties one half.
        covariance: (readers, treatments, readers, treatments) of the AUCs, readers as they are.
        readers: (readers,) names.
        treatments: (treatments,) names.
        method: how the covariance was found.
    """

    auc: Array
    covariance: Array
    readers: tuple[str, ...]
    treatments: tuple[str, ...]
    method: Method


@dataclass(frozen=True)
class Components:
    """Mean squares of the AUCs and the parts of their variance; not a number where there is no such part.

    Attributes:
        ms_treatment: mean square of treatments; none for one treatment.
        ms_reader: mean square of readers; none for one reader.
        ms_interaction: mean square of treatment by reader; none for one of either.
        variance: of one reader's AUC under one treatment over cases, the mean of all (the error variance).
        cov1: covariance over cases of one reader's AUCs under two treatments.
        cov2: of two readers' AUCs under one treatment.
        cov3: of two readers' AUCs under two treatments.
        reader_variance: of true AUCs between readers; for one treatment with that of the interaction in
            it. An estimate by moments, which may fall below zero.
        interaction_variance: of how true differences between treatments differ between readers; may too.
    """

    ms_treatment: float
    ms_reader: float
    ms_interaction: float
    variance: float
    cov1: float
    cov2: float
    cov3: float
    reader_variance: float
    interaction_variance: float


def reader_areas(
    asked: Study,
    method: Method = "delong",
    *,
    replicates: int = 2000,
    rng: np.random.Generator | None = None,
) -> ReaderAreas:
    """AUC of every reader under every treatment, and their covariance over cases.

    All three ways take whole patients as the units: DeLong's with Obuchowski's extension, the jackknife
    by leaving out a patient at a time, the bootstrap by drawing patients (draws that lack a class are
    left out).

    Args:
        asked: from `mrmc_design.study`.
        method: "delong", "jackknife" or "bootstrap".
        replicates: draws of the bootstrap.
        rng: source of the draws; the bootstrap needs one.

    Raises:
        CutisError: there is no such method, or the bootstrap has no source of draws or too few of them.

    Source: DeLong et al. 1988, Biometrics 44:837; Obuchowski 1997, Biometrics 53:567; Efron & Tibshirani
        1993, An Introduction to the Bootstrap, chapters 6 and 11.
    """
    if method not in get_args(Method):
        raise CutisError(f"method is '{method}', not one of {', '.join(get_args(Method))}.")
    shape = asked.ratings.shape[:2]
    scores = asked.ratings.reshape(-1, asked.ratings.shape[2])  # (readers * treatments, cases)
    areas, covariance = delong(asked.truth, scores, asked.index)
    if method == "jackknife":
        covariance = _jackknife(_statistic(asked, scores), asked.count)
    elif method == "bootstrap":
        if rng is None or replicates < 2:
            raise CutisError("the bootstrap needs a numpy.random.Generator (rng) and at least 2 replicates.")
        covariance = _bootstrap(_statistic(asked, scores), asked.count, replicates, rng)
    return ReaderAreas(
        areas.reshape(shape), covariance.reshape(shape + shape), asked.readers, asked.treatments, method
    )


def components(areas: ReaderAreas) -> Components:
    """What the AUCs vary by.

    Source: Obuchowski & Rockette 1995, Commun Stat Simul Comput 24:285; Hillis et al. 2008, Acad Radiol
        15:647.
    """
    readers, treatments = areas.auc.shape
    between, within, left = _mean_squares(areas.auc)
    same_reader = np.eye(readers, dtype=bool)[:, None, :, None]
    same_treatment = np.eye(treatments, dtype=bool)[None, :, None, :]
    variance, cov1, cov2, cov3 = (
        _mean(areas.covariance, chosen)
        for chosen in (
            same_reader & same_treatment,
            same_reader & ~same_treatment,
            ~same_reader & same_treatment,
            ~same_reader & ~same_treatment,
        )
    )
    if treatments > 1:
        of_readers, of_both = (within - left) / treatments - cov1 + cov3, left - variance + cov1 + cov2 - cov3
    else:
        of_readers, of_both = within - variance + cov2, np.nan
    return Components(between, within, left, variance, cov1, cov2, cov3, of_readers, of_both)


def _mean_squares(auc: Array) -> tuple[float, float, float]:
    """Of treatments, of readers and of what is left."""
    readers, treatments = auc.shape
    whole, by_reader, by_treatment = auc.mean(), auc.mean(axis=1), auc.mean(axis=0)
    left = auc - by_reader[:, None] - by_treatment[None, :] + whole
    sums = (
        (readers * float(np.sum((by_treatment - whole) ** 2)), treatments - 1),
        (treatments * float(np.sum((by_reader - whole) ** 2)), readers - 1),
        (float(np.sum(left**2)), (readers - 1) * (treatments - 1)),
    )
    between, within, rest = (total / free if free else np.nan for total, free in sums)
    return between, within, rest


def _mean(covariance: Array, chosen: NDArray[np.bool_]) -> float:
    found = covariance[np.broadcast_to(chosen, covariance.shape)]
    return float(found.mean()) if found.size else float("nan")


def _statistic(asked: Study, scores: Array) -> Statistic:
    """AUC of every row of scores as a function of how often each patient counts."""
    sorted_scores = [ladder(asked.truth, row, asked.index, asked.count) for row in scores]

    def statistic(weights: Weights) -> Array:
        return np.stack([weighted_auc(one, weights) for one in sorted_scores])

    return statistic


def _jackknife(statistic: Statistic, count: int) -> Array:
    blocks = []
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        weights = np.ones((count, size), dtype=np.float32)
        weights[start + np.arange(size), np.arange(size)] = 0.0
        blocks.append(statistic(weights))
    left_out = np.concatenate(blocks, axis=1)  # (readers * treatments, patients)
    apart = left_out - left_out.mean(axis=1, keepdims=True)
    return np.asarray(apart @ apart.T * ((count - 1) / count))


def _bootstrap(statistic: Statistic, count: int, replicates: int, rng: np.random.Generator) -> Array:
    draws = bootstrap(statistic, count, replicates, rng)
    defined = draws[:, ~np.isnan(draws).any(axis=0)]
    if defined.shape[1] < 2:
        raise CutisError(
            f"only {defined.shape[1]} of {replicates} bootstrap draws hold both classes. Draw more, or use "
            "DeLong's covariance."
        )
    return np.atleast_2d(np.cov(defined))
