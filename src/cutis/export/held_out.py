"""What a graph is worth, measured through the runtime that will run it: temperature, thresholds, figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle import Bundle, FittedOn, OperatingPoint
from cutis.core.bundle_info import GOOD
from cutis.core.errors import CutisError, ImageError, OneClassError
from cutis.core.labels import Labels
from cutis.core.manifest import Manifest
from cutis.runtime.engine import Engine
from cutis.stats.calibration import fit_temperature
from cutis.stats.thresholds import ChosenPoint, by_ppv, by_sensitivity, by_youden
from cutis.training.worth import gate_metrics

GATE_PPV = 0.9  # of what passes a gate, as published
LEAST_CASES = 20  # of a class, below which a sensitivity of 95% cannot be told from 85%


@dataclass(frozen=True, eq=False)
class Answers:
    """What a graph says of one split.

    Attributes:
        part: the rows of the split.
        truth: (rows,) class index.
        probabilities: (rows, classes).
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
    index = {name: number for number, name in enumerate(labels.names)}
    part = part.labelled()
    rows = []
    for _, answer in Engine(bundle).stream(part.paths):
        if isinstance(answer, ImageError):
            raise CutisError(
                f"{answer}\nThe photos of the run's tune and test splits are needed to measure the graph. "
                "Put them back, or export with --no-measure."
            )
        rows.append([answer.probabilities[name] for name in labels.names])
        if progress:
            progress(1)
    truth = np.array([index[value] for value in part.table[str(part.target)]], dtype=np.int64)
    return Answers(part, truth, np.array(rows, dtype=np.float64))


def best_temperature(tune: Answers) -> float:
    """What makes softmax(log p / temperature) most likely on the tune split."""
    return fit_temperature(np.log(np.maximum(tune.probabilities, 1e-12)), tune.truth)


def at_temperature(said: Answers, temperature: float) -> Answers:
    """The same answers, cooled or warmed as the graph does it."""
    powers = np.maximum(said.probabilities, 1e-12) ** (1 / temperature)
    return Answers(said.part, said.truth, powers / powers.sum(axis=1, keepdims=True))


def operating_points(tune: Answers, labels: Labels) -> tuple[OperatingPoint, ...]:
    """Thresholds on each label's probability, chosen on the tune split.

    The decision that a bundle makes by itself is the most probable label; these are for those who look for
    one of them. Labels with too few cases get none.
    """
    fitted = FittedOn("tune", tune.part.split_hash, len(tune.truth))
    points = []
    for number, label in enumerate(labels.items):
        here, score = tune.truth == number, tune.probabilities[:, number]
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
