"""Figures that follow from a confusion matrix, for one matrix or for thousands of replicates.

A matrix is (classes, classes, ...): first axis the truth, second the prediction, and any further
axes (such as replicates) are carried along. A figure without meaning, such as the sensitivity for a
class without cases, is not a number; macro averages leave such classes out.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.stats.resampling import Weights, sums_by_group

Matrix = NDArray[np.float64]  # (classes, classes, ...)


def confusion_matrix(truth: ArrayLike, prediction: ArrayLike, classes: int) -> Matrix:
    """Count the cases of each truth (row) and prediction (column).

    Args:
        truth: (cases,) 0 .. classes-1.
        prediction: (cases,) 0 .. classes-1.
        classes: number of classes.

    Returns:
        (classes, classes) counts.
    """
    cell = _cell(truth, prediction, classes)
    return np.bincount(cell, minlength=classes * classes).reshape(classes, classes).astype(np.float64)


def grouped_confusion(
    truth: ArrayLike, prediction: ArrayLike, classes: int, index: ArrayLike, count: int
) -> Any:
    """The confusion counts of every group, for `weighted_confusion`.

    Returns:
        Sparse (classes * classes, count) matrix.
    """
    return sums_by_group(_cell(truth, prediction, classes), index, count, classes * classes)


def weighted_confusion(grouped: Any, weights: Weights, classes: int) -> Matrix:
    """Confusion matrices of all replicates: (classes, classes, replicates)."""
    return np.asarray(grouped @ weights, dtype=np.float64).reshape(classes, classes, -1)


def accuracy(matrix: Matrix) -> NDArray[np.float64]:
    """Share of cases that are right."""
    return _ratio(np.einsum("kk...->...", matrix), matrix.sum(axis=(0, 1)))


def sensitivity(matrix: Matrix) -> NDArray[np.float64]:
    """Per class: of the cases that are of the class, the share that is found. (classes, ...)."""
    return _ratio(np.einsum("kk...->k...", matrix), matrix.sum(axis=1))


def specificity(matrix: Matrix) -> NDArray[np.float64]:
    """Per class: of the cases that are not of the class, the share that is not called so. (classes, ...)."""
    right = np.einsum("kk...->k...", matrix)
    elsewhere = matrix.sum(axis=(0, 1)) - matrix.sum(axis=1)
    return _ratio(elsewhere - (matrix.sum(axis=0) - right), elsewhere)


def ppv(matrix: Matrix) -> NDArray[np.float64]:
    """Per class: of the cases called so, the share that is. (classes, ...)."""
    return _ratio(np.einsum("kk...->k...", matrix), matrix.sum(axis=0))


def npv(matrix: Matrix) -> NDArray[np.float64]:
    """Per class: of the cases not called so, the share that is not. (classes, ...)."""
    right = np.einsum("kk...->k...", matrix)
    called_other = matrix.sum(axis=(0, 1)) - matrix.sum(axis=0)
    return _ratio(called_other - (matrix.sum(axis=1) - right), called_other)


def macro(per_class: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the classes for which the figure is defined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no class defined: not a number, as documented
        return np.asarray(np.nanmean(per_class, axis=0))


def balanced_accuracy(truth: ArrayLike, prediction: ArrayLike, classes: int) -> float:
    """Mean sensitivity over the classes that have cases.

    Args:
        truth: (cases,) 0 .. classes-1.
        prediction: (cases,) 0 .. classes-1.
        classes: number of classes.
    """
    return float(macro(sensitivity(confusion_matrix(truth, prediction, classes))))


def _cell(truth: ArrayLike, prediction: ArrayLike, classes: int) -> NDArray[np.intp]:
    rows, columns = np.asarray(truth, dtype=np.intp), np.asarray(prediction, dtype=np.intp)
    if rows.shape != columns.shape or rows.ndim != 1:
        raise ValueError(f"truth {rows.shape} and prediction {columns.shape} are not one list of cases.")
    if rows.size and (min(rows.min(), columns.min()) < 0 or max(rows.max(), columns.max()) >= classes):
        raise ValueError(f"a class number lies outside 0 .. {classes - 1}.")
    return rows * classes + columns


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan))
