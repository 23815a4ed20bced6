"""AUC of every reader under every treatment, how these vary together over cases, and what that is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.stats.mrmc_design import Study
from cutis.stats.mrmc_figures import Figure, Shares, check_figure, shares, statistic
from cutis.stats.resampling import Statistic, bootstrap, stacked

Array = NDArray[np.float64]
Method = Literal["delong", "jackknife", "bootstrap"]

_BLOCK = 128  # patients left out at once


@dataclass(frozen=True)
class ReaderAreas:
    """AUCs of a study, or another figure of merit, with their covariance over cases.

    Attributes:
        auc: (readers, treatments) area under each empirical ROC curve, ties one half; the sensitivity or
            specificity where `figure` says so; not a number where a reader did not take part.
        covariance: (readers, treatments, readers, treatments) of the figures, readers as they are.
        readers: (readers,) names.
        treatments: (treatments,) names.
        method: how the covariance was found.
        figure: which figure it is.
    """

    auc: Array
    covariance: Array
    readers: tuple[str, ...]
    treatments: tuple[str, ...]
    method: Method
    figure: Figure = "auc"

    def of(self, readers: NDArray[np.bool_], treatments: NDArray[np.bool_]) -> ReaderAreas:
        """Those of some readers under some treatments.

        Args:
            readers: (readers,) which.
            treatments: (treatments,) which.
        """
        r, t = np.flatnonzero(readers), np.flatnonzero(treatments)
        return replace(
            self,
            auc=self.auc[np.ix_(r, t)],
            covariance=self.covariance[np.ix_(r, t, r, t)],
            readers=tuple(self.readers[n] for n in r),
            treatments=tuple(self.treatments[n] for n in t),
        )


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
    figure: Figure = "auc",
    threshold: float | None = None,
    replicates: int = 2000,
    rng: np.random.Generator | None = None,
) -> ReaderAreas:
    """AUC, or another figure, of every reader under every treatment, and their covariance over cases.

    All three ways take whole patients as the units: DeLong's with Obuchowski's extension, the jackknife
    by leaving out a patient at a time, the bootstrap by drawing patients (draws that lack a class are
    left out). Readers are as they are. Where two readers read different patients, only those that both
    read make their figures vary together; with none in common the covariance is 0.

    Args:
        asked: from `mrmc_design.study`.
        method: "delong", "jackknife" or "bootstrap".
        figure: "auc", "sensitivity" or "specificity".
        threshold: the rating from which a case counts as called positive; not for the AUC.
        replicates: draws of the bootstrap.
        rng: source of the draws; the bootstrap needs one.

    Raises:
        CutisError: there is no such method or figure, the threshold is missing, or the bootstrap has no
            source of draws or too few of them.

    Source: DeLong et al. 1988, Biometrics 44:837; Obuchowski 1997, Biometrics 53:567; Efron & Tibshirani
        1993, An Introduction to the Bootstrap, chapters 6 and 11; for readers with cases of their own
        Gallas et al. 2009, Commun Stat Theory Methods 38:2586.
    """
    if method not in get_args(Method):
        raise CutisError(f"method is '{method}', not one of {', '.join(get_args(Method))}.")
    check_figure(figure, threshold)
    cells = np.argwhere(asked.took_part)  # (there, 2) reader and treatment
    parts = [shares(asked, r, t, figure, threshold) for r, t in cells]
    if method == "delong":
        found = _delong(parts)
    else:
        ways = [statistic(asked, r, t, figure, threshold) for r, t in cells]
        if method == "jackknife":
            found = _jackknife(stacked(ways), parts)
        elif rng is None or replicates < 2:
            raise CutisError("the bootstrap needs a numpy.random.Generator (rng) and at least 2 replicates.")
        else:
            found = _bootstrap(stacked(ways), asked.count, replicates, rng)
    shape = asked.ratings.shape[:2]
    places = np.ravel_multi_index((cells[:, 0], cells[:, 1]), shape)
    values, covariance = np.full(shape, np.nan), np.full((np.prod(shape),) * 2, np.nan)
    values.flat[places] = [part.value for part in parts]
    covariance[np.ix_(places, places)] = found
    return ReaderAreas(
        values, covariance.reshape(shape + shape), asked.readers, asked.treatments, method, figure
    )


def components(areas: ReaderAreas) -> Components:
    """What the AUCs vary by.

    Of readers who are nested in treatments there is no interaction to be told from the readers themselves,
    and no covariance of one reader's AUCs under two treatments. Of a partially crossed study the readers who
    took part in every treatment count. Readers who share no cases have a covariance of 0, which counts in
    the means of cov2 and cov3, so that split-plot designs need no formula of their own.

    Raises:
        CutisError: no reader took part in every treatment, nor is each in one only.

    Source: Obuchowski & Rockette 1995, Commun Stat Simul Comput 24:285; Hillis et al. 2008, Acad Radiol
        15:647; for nested readers and split-plot designs Obuchowski, Gallas & Hillis 2012, Acad Radiol
        19:1508, and Hillis 2014, Stat Med 33:330.
    """
    if nested(areas):
        return _nested_components(areas)
    areas = compared(areas)
    between, within, left = _mean_squares(areas.auc)
    variance, cov1, cov2, cov3 = _covariances(areas)
    if len(areas.treatments) > 1:
        treatments = len(areas.treatments)
        of_readers, of_both = (within - left) / treatments - cov1 + cov3, left - variance + cov1 + cov2 - cov3
    else:
        of_readers, of_both = within - variance + cov2, np.nan
    return Components(between, within, left, variance, cov1, cov2, cov3, of_readers, of_both)


def nested(areas: ReaderAreas) -> bool:
    """Each reader took part in one treatment only, and there are several treatments."""
    return len(areas.treatments) > 1 and bool(np.all(np.sum(~np.isnan(areas.auc), axis=1) == 1))


def compared(areas: ReaderAreas) -> ReaderAreas:
    """Those readers on whom a comparison of treatments rests: all if nested, else who read under each.

    Raises:
        CutisError: nobody did.
    """
    there = ~np.isnan(areas.auc)
    if there.all() or nested(areas):
        return areas
    whole = np.asarray(there.all(axis=1))
    if not whole.any():
        raise CutisError(
            f"no reader read under every treatment ({', '.join(areas.treatments)}), nor does each read under "
            "one only. Analyse two treatments at a time, or leave some readers out."
        )
    return areas.of(np.asarray(whole), np.ones(len(areas.treatments), dtype=bool))


def harmonic_readers(numbers: Sequence[int]) -> float:
    """How many readers each of several groups of readers is worth, for the spread between their means."""
    return len(numbers) / sum(1 / number for number in numbers)


def _nested_components(areas: ReaderAreas) -> Components:
    there = ~np.isnan(areas.auc)
    numbers = there.sum(axis=0)
    means = np.nanmean(areas.auc, axis=0)
    size = harmonic_readers(numbers.tolist())
    between = size * float(np.sum((means - means.mean()) ** 2)) / (len(means) - 1)
    free = int(np.sum(numbers - 1))
    within = float(np.nansum((areas.auc - means) ** 2)) / free if free else np.nan
    variance, _, cov2, cov3 = _covariances(areas)
    return Components(between, within, np.nan, variance, np.nan, cov2, cov3, within - variance + cov2, np.nan)


def _covariances(areas: ReaderAreas) -> tuple[float, float, float, float]:
    """Variance, and the covariances of Obuchowski and Rockette, each the mean of all that there are."""
    readers, treatments = areas.auc.shape
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
    return variance, cov1, cov2, cov3


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
    found = found[~np.isnan(found)]  # of readers who were not there
    return float(found.mean()) if found.size else float("nan")


def _delong(parts: list[Shares]) -> Array:
    """Sums over the patients that two figures share, freed of the bias of having estimated both means."""
    ups, downs = (np.stack([getattr(p, name) for p in parts]) for name in ("positives", "negatives"))
    with_ups, with_downs = (
        np.stack([getattr(p, f"with_{name}") for p in parts]).astype(np.float64)
        for name in ("positives", "negatives")
    )
    read = np.maximum(with_ups, with_downs)
    crossed = (ups @ downs.T + downs @ ups.T) / _left(read)
    return np.asarray(ups @ ups.T / _left(with_ups) + downs @ downs.T / _left(with_downs) + crossed)


def _left(present: Array) -> Array:
    """(figures, figures) what is left of a covariance when both means are taken off.

    With the same n patients behind both it is (n - 1) / n.
    """
    number = present.sum(axis=1)
    common = present @ present.T
    left = 1 - 1 / number[:, None] - 1 / number[None, :] + common / np.outer(number, number)
    return np.asarray(np.where(common > 0, left, 1.0))  # where nothing is shared, nothing is divided


def _jackknife(figures: Statistic, parts: list[Shares]) -> Array:
    """A patient whom a reader did not read leaves the reader's figure as it is, and does not count."""
    count, blocks = len(parts[0].positives), []
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        weights = np.ones((count, size), dtype=np.float32)
        weights[start + np.arange(size), np.arange(size)] = 0.0
        blocks.append(figures(weights))
    left_out = np.concatenate(blocks, axis=1)  # (figures, patients)
    read = np.stack([part.with_positives | part.with_negatives for part in parts])
    number = read.sum(axis=1, keepdims=True)
    means = np.sum(left_out, axis=1, where=read, keepdims=True) / number
    apart = np.where(read, left_out - means, 0.0) * np.sqrt((number - 1) / number)
    return np.asarray(apart @ apart.T)


def _bootstrap(statistic: Statistic, count: int, replicates: int, rng: np.random.Generator) -> Array:
    draws = bootstrap(statistic, count, replicates, rng)
    defined = draws[:, ~np.isnan(draws).any(axis=0)]
    if defined.shape[1] < 2:
        raise CutisError(
            f"only {defined.shape[1]} of {replicates} bootstrap draws hold both classes. Draw more, or use "
            "DeLong's covariance."
        )
    return np.atleast_2d(np.cov(defined))
