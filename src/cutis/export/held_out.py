"""What a graph is worth, measured through the runtime that will run it: temperature, thresholds, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle import Bundle, FittedOn, OperatingPoint
from cutis.core.bundle_info import GOOD
from cutis.core.errors import CutisError, ImageError, OneClassError
from cutis.core.labels import Label, Labels
from cutis.core.manifest import Manifest
from cutis.runtime.engine import Engine
from cutis.stats.thresholds import ChosenPoint, by_ppv, by_sensitivity, by_youden
from cutis.training.questions import answer_indices, best_temperature, probabilities
from cutis.training.worth import gate_metrics

GATE_PPV = 0.9  # of what passes a gate, as published
Floats = NDArray[np.float64]
LEAST_CASES = 20  # of a class, below which a sensitivity of 95% cannot be told from 85%


@dataclass(frozen=True, eq=False)
class Answers:
    """What a graph says of one split.

    Attributes:
        part: the rows of the split.
        truth: as `cutis.training.questions.answer_indices` gives it.
        probabilities: (rows, outputs).
    """

    part: Manifest
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]


def answers(bundle: Bundle, part: Manifest, progress: Callable[[int], None] | None = None) -> Answers:
    """Ask a graph about every photo of a split.

    Args:
        bundle: only its graph and labels are used.
        part: rows of one split, whose target is known in every row.
        progress: called with 1 after each photo.

    Raises:
        CutisError: a photo cannot be read.
    """
    labels = bundle.info.labels
    part = part.labelled()
    rows = []
    for _, answer in Engine(bundle).stream(part.paths):
        if isinstance(answer, ImageError):
            raise CutisError(
                f"{answer}\nThe photos of the run's tune and test splits are needed to measure the graph. "
                "Put them back, or export with --no-measure."
            )
        rows.append(labels.expand(answer.probabilities))
        if progress:
            progress(1)
    return Answers(part, answer_indices(part, labels), np.array(rows, dtype=np.float64))


def temperature_of(tune: Answers, labels: Labels) -> float:
    """What makes softmax(log p / temperature) most likely on the tune split."""
    return best_temperature(np.log(np.maximum(tune.probabilities, 1e-12)), tune.truth, labels)


def at_temperature(said: Answers, temperature: float, labels: Labels) -> Answers:
    """The same answers, cooled or warmed as the graph does it."""
    logits = np.log(np.maximum(said.probabilities, 1e-12))
    return Answers(said.part, said.truth, probabilities(logits, labels, temperature))


def operating_points(tune: Answers, labels: Labels) -> tuple[OperatingPoint, ...]:
    """Thresholds on each label's probability, chosen on the tune split.

    The decision that a bundle makes by itself is the most probable label; these are for those who look for
    one of them. Labels with too few cases get none.
    """
    points = []
    for label, here, score in _looked_for(tune, labels):
        fitted = FittedOn("tune", tune.part.split_hash, len(here))
        if here.sum() < LEAST_CASES:
            continue
        try:
            found = {
                "youden": ("best balance", by_youden(here, score)),
                "sensitivity >= 0.95": ("finds 95 of 100", by_sensitivity(here, score, 0.95)),
            }
        except OneClassError:
            continue
        points += [
            OperatingPoint(f"{label.text}, {title}", label.name, point.threshold, rule, fitted)
            for rule, (title, point) in found.items()
        ]
    return tuple(points)


def _looked_for(tune: Answers, labels: Labels) -> Iterator[tuple[Label, NDArray[np.bool_], Floats]]:
    """What someone may look for: each label; of several conditions each that is present or absent.

    Yields:
        The label, whether it was there, and its probability, of the photos of which that is known.
    """
    if not labels.several:
        for number, label in enumerate(labels.items):
            yield label, tune.truth == number, tune.probabilities[:, number]
    elif len(labels.answers) == 2:
        truth = tune.truth.reshape(len(tune.truth), -1)
        for number, label in enumerate(labels.items):
            known = truth[:, number] >= 0
            yield label, truth[known, number] == 1, tune.probabilities[known, labels.told[label.name]]


def gate_points(tune: Answers, good: Sequence[str], labels: Labels) -> tuple[OperatingPoint, ...]:
    """Thresholds on the probability that a photo is good, chosen on the tune split; none without a gate.

    Raises:
        CutisError: all photos of the tune split are good, or none is.
    """
    if not good:
        return ()
    fitted = FittedOn("tune", tune.part.split_hash, len(tune.truth))
    here, score = good_or_not(tune, good, labels)
    try:
        found = {
            f"ppv >= {GATE_PPV}": ("9 of 10 that pass are good", by_ppv(here, score, GATE_PPV)),
            "youden": ("best balance", by_youden(here, score)),
        }
    except OneClassError as error:
        raise CutisError(
            "the tune split has good photos only, or none; a gate's threshold needs both. Split again."
        ) from error
    return tuple(
        OperatingPoint(
            f"Good photo, {title}", GOOD, point.threshold, rule, fitted, _rates(tune, here, score, point)
        )
        for rule, (title, point) in found.items()
    )


def _rates(
    tune: Answers, here: NDArray[np.bool_], score: NDArray[np.float64], point: ChosenPoint
) -> dict[str, dict[str, float]]:
    """Sensitivity and specificity at a point, with intervals by patient or lesion."""
    groups = tune.part.table[tune.part.group].to_numpy()
    said = gate_metrics(groups, here, score, point.threshold)
    return {kind: said[f"{kind}_{GOOD}"] for kind in ("sensitivity", "specificity")}


def good_or_not(
    said: Answers, good: Sequence[str], labels: Labels
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """(rows,) whether each photo's grade passes, and the probability of that."""
    passing = np.isin(labels.names, good)
    return passing[said.truth], np.minimum(said.probabilities[:, passing].sum(1), 1.0)
