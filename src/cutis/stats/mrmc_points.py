"""Operating points: where each reader's decisions lie, and whether a model passes above or below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.comparison import Difference, holm, paired_bootstrap
from cutis.stats.discrimination import ladder, roc_replicates
from cutis.stats.intervals import Estimate, wilson
from cutis.stats.mrmc_covariance import ReaderAreas, reader_areas
from cutis.stats.mrmc_design import Study
from cutis.stats.mrmc_figures import Figure, statistic
from cutis.stats.resampling import Statistic, Weights, stacked

Array = NDArray[np.float64]
Place = Literal["above", "below", "not told apart"]


@dataclass(frozen=True)
class ReaderPoint:
    """Where a reader's decisions under one treatment lie.

    Attributes:
        reader: name.
        treatment: name.
        sensitivity: with Wilson's interval; where patients have several cases, for as many independent cases
            as would vary so.
        specificity: likewise.
        positives: cases read that are positive.
        negatives: cases read that are negative.
    """

    reader: str
    treatment: str
    sensitivity: Estimate
    specificity: Estimate
    positives: int
    negatives: int


@dataclass(frozen=True)
class AgainstReader:
    """A model against one reader's operating point, on the cases that the reader read.

    Attributes:
        reader: name.
        reader_sensitivity: of the reader's decisions.
        reader_specificity: of the reader's decisions.
        model_sensitivity: of the model at the reader's specificity, on its ROC curve.
        sensitivity: model minus reader there.
        specificity: model minus reader at the reader's sensitivity.
        p_corrected: p of the difference of sensitivities, corrected by Holm for the number of readers.
        place: whether the model's curve passes above or below the reader's point, where corrected p is below
            one minus the confidence.
    """

    reader: str
    reader_sensitivity: float
    reader_specificity: float
    model_sensitivity: float
    sensitivity: Difference
    specificity: Difference
    p_corrected: float
    place: Place


def operating_points(asked: Study, threshold: float, confidence: float = 0.95) -> tuple[ReaderPoint, ...]:
    """Sensitivity and specificity of every reader under every treatment.

    Args:
        asked: from `mrmc_design.study`.
        threshold: a case is called positive at this rating or above.
        confidence: of the two-sided intervals.
    """
    figures = [
        reader_areas(asked, figure=name, threshold=threshold) for name in ("sensitivity", "specificity")
    ]
    found = []
    for r, t in np.argwhere(asked.took_part):
        read = asked.read[r, t]
        sizes = [int(np.sum(read & members)) for members in (asked.truth, ~asked.truth)]
        patients = [len(np.unique(asked.index[read & members])) for members in (asked.truth, ~asked.truth)]
        both = [
            _interval(one, r, t, size, most, confidence)
            for one, size, most in zip(figures, sizes, patients, strict=True)
        ]
        found.append(ReaderPoint(asked.readers[r], asked.treatments[t], both[0], both[1], sizes[0], sizes[1]))
    return tuple(found)


def model_against_readers(
    asked: Study,
    scores: ArrayLike,
    threshold: float,
    *,
    replicates: int = 2000,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> tuple[AgainstReader, ...]:
    """Compare a model with each reader's operating point.

    The model's score has no threshold of its own here: it is given that at which it has the reader's
    specificity, and what it then finds is compared with what the reader found, and likewise at the reader's
    sensitivity. In every draw of patients the reader's point and the model's curve are both found anew.

    Args:
        asked: readers under one treatment.
        scores: (cases,) the model's, of the same cases in the same order.
        threshold: a case is called positive by a reader at this rating or above.
        replicates: draws of patients.
        rng: source of the draws.
        confidence: of the two-sided intervals.

    Raises:
        CutisError: the study has several treatments, or the scores do not fit or are not finite.
    """
    values = np.asarray(scores, dtype=np.float64)
    if len(asked.treatments) != 1:
        raise CutisError("a model is set beside readers under one treatment. Make a study of one of them.")
    if values.shape != asked.truth.shape or not np.all(np.isfinite(values)):
        raise CutisError(f"the model needs a finite score for each of {len(asked.truth)} cases.")
    rows = []
    for number in range(len(asked.readers)):
        points = [statistic(asked, number, 0, figure, threshold) for figure in _POINT]
        first, second = _model_at(asked, number, values, stacked(points)), stacked(points)
        differences = paired_bootstrap(first, second, asked.count, replicates, rng, confidence=confidence)
        ones = np.ones((asked.count, 1), dtype=np.float32)
        rows.append((second(ones)[:, 0], float(first(ones)[0, 0]), differences))
    corrected = holm([differences[0].p for _, _, differences in rows])
    return tuple(
        AgainstReader(
            name,
            float(point[0]),
            float(point[1]),
            there,
            differences[0],
            differences[1],
            float(p),
            _place(differences[0].value, float(p), 1 - confidence),
        )
        for name, (point, there, differences), p in zip(asked.readers, rows, corrected, strict=True)
    )


_POINT: tuple[Figure, Figure] = ("sensitivity", "specificity")


def _model_at(asked: Study, reader: int, values: Array, points: Statistic) -> Statistic:
    """The model's sensitivity at a reader's specificity, and its specificity at the reader's sensitivity."""
    read = asked.read[reader, 0]
    truth, index = asked.truth[read], asked.index[read]
    forward = ladder(truth, values[read], index, asked.count)
    backward = ladder(~truth, -values[read], index, asked.count)  # found and left alone change places

    def both(weights: Weights) -> Array:
        found, spared = points(weights)
        return np.concatenate(
            [
                roc_replicates(forward, weights, 1 - spared[None]),
                roc_replicates(backward, weights, 1 - found[None]),
            ]
        )

    return both


def _place(value: float, p: float, level: float) -> Place:
    if p >= level:
        return "not told apart"
    return "above" if value > 0 else "below"


def _interval(
    areas: ReaderAreas, reader: int, treatment: int, cases: int, patients: int, confidence: float
) -> Estimate:
    """Wilson's, for as many independent cases as would vary as these do."""
    share = float(areas.auc[reader, treatment])
    variance = float(areas.covariance[reader, treatment, reader, treatment])
    if patients == cases or not 0 < share < 1 or variance <= 0:
        return wilson(share * patients, patients, confidence)
    worth = min(float(cases), share * (1 - share) / variance)
    return wilson(share * worth, worth, confidence)
