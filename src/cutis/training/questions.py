"""From a manifest's cells to a network's targets, and from its outputs to probabilities, by question."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.core.labels import Labels
from cutis.core.manifest import Manifest
from cutis.stats.calibration import fit_temperature

UNKNOWN = -1  # in place of an answer's index


def answer_indices(part: Manifest, labels: Labels) -> NDArray[np.int64]:
    """Which answer is true of each photo.

    Args:
        part: rows with one target per question, in the order of the questions.
        labels: what may be answered.

    Returns:
        (rows,) indices; of several conditions (rows, conditions), `UNKNOWN` where a cell is empty.
    """
    index = {name: number for number, name in enumerate(labels.answers.names)}
    columns = [
        [UNKNOWN if cell is None else index[cell] for cell in part.table[name]] for name in part.targets
    ]
    found = np.array(columns, dtype=np.int64).T  # (rows, questions)
    return found if labels.several else found[:, 0]


def shares(truth: NDArray[np.int64], labels: Labels) -> NDArray[np.float32]:
    """Certain probabilities of what is true.

    Args:
        truth: from `answer_indices`.
        labels: what may be answered.

    Returns:
        (rows, outputs) 1 and 0; NaN for all answers of a question that is not known.
    """
    flat = truth.reshape(len(truth), -1)
    certain: NDArray[np.float32] = np.eye(len(labels.answers), dtype=np.float32)[flat.clip(0)]
    certain[flat == UNKNOWN] = np.nan
    return certain.reshape(len(truth), -1)


def counts(truth: NDArray[np.int64], chances: NDArray[np.float64], labels: Labels) -> NDArray[np.float64]:
    """How often an epoch shows each answer: (questions, answers).

    Args:
        truth: from `answer_indices`.
        chances: (rows,) of each photo to be drawn, see `cutis.training.loading.sampling_chances`.
        labels: what may be answered.
    """
    flat = truth.reshape(len(truth), -1)
    return np.array(
        [
            np.bincount(column[column >= 0], chances[column >= 0], len(labels.answers)) * len(truth)
            for column in flat.T
        ]
    )


def best_temperature(logits: NDArray[np.floating], truth: NDArray[np.int64], labels: Labels) -> float:
    """The one temperature that makes what is known most likely.

    Args:
        logits: (rows, outputs).
        truth: from `answer_indices`.
        labels: what may be answered.
    """
    known = truth.reshape(len(truth), -1)  # (rows, questions)
    there = known != UNKNOWN
    return fit_temperature(labels.by_question(logits)[there], known[there])


def probabilities(
    logits: NDArray[np.floating], labels: Labels, temperature: float = 1.0
) -> NDArray[np.float64]:
    """(rows, outputs) logits -> probabilities, those of each question adding up to one."""
    scaled = labels.by_question(logits).astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    sums: NDArray[np.float64] = powers / powers.sum(-1, keepdims=True)
    return sums.reshape(np.shape(logits))
