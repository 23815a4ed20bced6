"""Figures of grades, from their confusion matrix: how far answers lie from the truth, not only how often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.stats.confusion import Matrix


def mean_absolute_deviation(matrix: Matrix) -> NDArray[np.float64]:
    """Mean distance of the answer from the truth, in grades: 0 .. classes - 1.

    Divided by classes - 1 it is on a scale from 0 to 1, which is how 0.037 of a five-grade scale is meant.

    Args:
        matrix: (grades, grades, ...), rows are the truth, lowest grade first.

    Returns:
        (...); not a number where there are no cases.
    """
    steps = np.abs(_steps(len(matrix)))
    total = matrix.sum(axis=(0, 1))
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = np.tensordot(steps, matrix, 2) / total
    return found


def quadratic_kappa(matrix: Matrix) -> NDArray[np.float64]:
    """Agreement beyond chance, where a miss by two grades counts four times one by one grade.

    Args:
        matrix: (grades, grades, ...), lowest grade first.

    Returns:
        (...), 1 for perfect agreement, 0 for chance; not a number where all cases have one grade.

    Source: Cohen 1968, Psychological Bulletin 70:213.
    """
    squares = _steps(len(matrix)) ** 2
    rows, columns = matrix.sum(axis=1), matrix.sum(axis=0)
    by_chance = np.einsum("ij,i...,j...->...", squares, rows, columns)
    total = matrix.sum(axis=(0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[np.float64] = 1 - np.tensordot(squares, matrix, 2) * total / by_chance
    return found


def _steps(grades: int) -> NDArray[np.float64]:
    rank = np.arange(grades, dtype=np.float64)
    return rank[:, None] - rank[None, :]
