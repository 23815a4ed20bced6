"""Where a source is wrong: what it takes for what, how sure it was of it, and whether readers erred too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.evaluation.assessment import Draws
from cutis.evaluation.study import Source, Study
from cutis.stats.intervals import percentile
from cutis.stats.resampling import Weights, bootstrap

SURE = 0.9  # an answer given with at least this probability is a sure one
_MOST = 10
_SHARES = np.linspace(0.1, 1.0, 37)
_CURVE_DRAWS = 500  # a band is looked at, not read off to a digit


@dataclass(frozen=True)
class Confusion:
    """One way to be wrong.

    Attributes:
        truth: class number.
        named: class number.
        photos: how often.
        share: of the photos that show the true class.
        sureness: mean probability of the named class; None without probabilities.
    """

    truth: int
    named: int
    photos: int
    share: float
    sureness: float | None


@dataclass(frozen=True, eq=False)
class Abstention:
    """How often a source is right if it answers only the photos that it is most sure of.

    Attributes:
        share: (points,) of photos that it answers.
        right: (points,) of these, the share that is right.
        band: (points, 2) 95% interval.
    """

    share: NDArray[np.float64]
    right: NDArray[np.float64]
    band: NDArray[np.float64]


@dataclass(frozen=True)
class WithReaders:
    """Errors of a source beside those of readers, on photos that at least half of the readers answered.

    Attributes:
        photos: such photos.
        both_right: right, and most readers right.
        source_wrong: wrong, but most readers right.
        readers_wrong: right, but not most readers.
        both_wrong: wrong, and not most readers right.
        all_wrong: wrong, and every reader too: the hardest.
    """

    photos: int
    both_right: int
    source_wrong: int
    readers_wrong: int
    both_wrong: int
    all_wrong: int


@dataclass(frozen=True, eq=False)
class Failures:
    """What can be said of a source's wrong answers.

    Attributes:
        photos: answered.
        wrong: of these.
        confusions: the most frequent ways to be wrong, most frequent first.
        sure: answers given with at least `SURE`; None without probabilities.
        sure_wrong: of these, how many were wrong.
        abstention: None without probabilities.
        beside: None without readers.
    """

    photos: int
    wrong: int
    confusions: tuple[Confusion, ...]
    sure: int | None
    sure_wrong: int | None
    abstention: Abstention | None
    beside: WithReaders | None


def failures(study: Study, source: Source, readers: Sequence[Source], draws: Draws) -> Failures:
    """Look into a source's wrong answers.

    Args:
        study: the photos.
        source: one of its sources.
        readers: others of its sources.
        draws: how the band of the abstention curve is drawn.
    """
    truth = study.target[source.rows]
    right = source.prediction == truth
    confidence = _confidence(source)
    sure = None if confidence is None else confidence >= SURE
    return Failures(
        photos=len(truth),
        wrong=int(np.sum(~right)),
        confusions=_confusions(study, source, confidence),
        sure=None if sure is None else int(sure.sum()),
        sure_wrong=None if sure is None else int(np.sum(sure & ~right)),
        abstention=None if confidence is None else _abstention(study, source, confidence, right, draws),
        beside=_beside(study, source, right, readers) if readers else None,
    )


def _confidence(source: Source) -> NDArray[np.float64] | None:
    """(answered,) probability of the named class."""
    if source.probabilities is None:
        return None
    return np.asarray(source.probabilities[np.arange(len(source.rows)), source.prediction])


def _confusions(
    study: Study, source: Source, confidence: NDArray[np.float64] | None
) -> tuple[Confusion, ...]:
    truth, classes = study.target[source.rows], len(study.labels)
    cell = truth * classes + source.prediction
    counts = np.bincount(cell, minlength=classes**2)
    shown = np.bincount(truth, minlength=classes)
    wrong = [k for k in np.argsort(-counts, kind="stable") if counts[k] and k // classes != k % classes]
    return tuple(
        Confusion(
            int(k // classes),
            int(k % classes),
            int(counts[k]),
            float(counts[k] / shown[k // classes]),
            None if confidence is None else float(confidence[cell == k].mean()),
        )
        for k in wrong[:_MOST]
    )


def _abstention(
    study: Study,
    source: Source,
    confidence: NDArray[np.float64],
    right: NDArray[np.bool_],
    draws: Draws,
) -> Abstention:
    """Photos of like confidence count together: ties are answered, or left, in the mean."""
    order = np.argsort(-confidence, kind="stable")
    index = study.index[source.rows][order]
    _, tie = np.unique(-confidence[order], return_inverse=True)
    hits = right[order].astype(np.float64)

    def statistic(weights: Weights) -> NDArray[np.float64]:
        drawn = weights[index].astype(np.float64)  # (photos, replicates), surest first
        photos, found = (np.zeros((tie.max() + 1, weights.shape[1])) for _ in range(2))
        np.add.at(photos, tie, drawn)
        np.add.at(found, tie, drawn * hits[:, None])
        photos, found = np.cumsum(photos, axis=0), np.cumsum(found, axis=0)
        rows = []
        for replicate in range(weights.shape[1]):
            wanted = _SHARES * photos[-1, replicate]
            got = np.interp(wanted, np.r_[0.0, photos[:, replicate]], np.r_[0.0, found[:, replicate]])
            rows.append(got / wanted)
        return np.array(rows).T

    value = statistic(np.ones((study.count, 1), np.float32))[:, 0]
    band = percentile(bootstrap(statistic, study.count, _CURVE_DRAWS, draws.rng()))
    return Abstention(_SHARES, value, band)


def _beside(
    study: Study, source: Source, right: NDArray[np.bool_], readers: Sequence[Source]
) -> WithReaders | None:
    answered, hits = np.zeros(study.size), np.zeros(study.size)
    for reader in readers:
        answered[reader.rows] += 1
        hits[reader.rows] += reader.prediction == study.target[reader.rows]
    read = answered[source.rows] >= max(1, len(readers) / 2)
    if not read.any():
        return None
    most = hits[source.rows] > answered[source.rows] / 2
    none = hits[source.rows] == 0

    def number(cases: NDArray[np.bool_]) -> int:
        return int(np.sum(cases & read))

    return WithReaders(
        photos=int(read.sum()),
        both_right=number(right & most),
        source_wrong=number(~right & most),
        readers_wrong=number(right & ~most),
        both_wrong=number(~right & ~most),
        all_wrong=number(~right & none),
    )
