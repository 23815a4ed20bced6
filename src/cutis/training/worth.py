"""What a run is worth on its test split, for its card; `cutis evaluate` says it at length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.core.labels import Labels
from cutis.core.manifest import Manifest
from cutis.stats import calibration, confusion, discrimination
from cutis.stats.intervals import percentile
from cutis.stats.resampling import Statistic, Weights, bootstrap, number_groups, observed

REPLICATES = 2000


def test_metrics(
    part: Manifest, probabilities: NDArray[np.float64], truth: NDArray[np.int64], labels: Labels
) -> dict[str, dict[str, float]]:
    """Figures with 95% intervals, resampled by patient or lesion.

    Args:
        part: rows of the test split, for their groups.
        probabilities: (rows, classes).
        truth: (rows,) class indices.
        labels: names of the classes.

    Returns:
        ``{metric: {value, low, high}}`` with ``accuracy``, ``balanced_accuracy``, ``auc_macro``,
        ``expected_calibration_error`` and ``sensitivity_<label>``.
    """
    index, count = number_groups(part.table[part.group].to_numpy())
    statistic = _statistic(probabilities, truth, len(labels), index, count)
    values = observed(statistic, count)
    ends = percentile(bootstrap(statistic, count, REPLICATES, np.random.default_rng(0)))
    names = ["accuracy", "balanced_accuracy", "auc_macro", "expected_calibration_error"]
    names += [f"sensitivity_{name}" for name in labels.names]
    return {
        name: {"value": float(value), "low": float(low), "high": float(high)}
        for name, value, (low, high) in zip(names, values, ends, strict=True)
        if not np.isnan(value)
    }


def _statistic(
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    classes: int,
    index: NDArray[np.intp],
    count: int,
) -> Statistic:
    chosen = probabilities.argmax(1)
    grouped = confusion.grouped_confusion(truth, chosen, classes, index, count)
    ladders = [
        discrimination.ladder(truth == k, probabilities[:, k], index, count)
        for k in range(classes)
        if (truth == k).any()
    ]
    binned = calibration.confidence_bins(probabilities.max(1), chosen == truth, index, count)

    def figures(weights: Weights) -> NDArray[np.float64]:
        matrix = confusion.weighted_confusion(grouped, weights, classes)
        found = confusion.sensitivity(matrix)  # (classes, replicates)
        areas = np.stack([discrimination.weighted_auc(ladder, weights) for ladder in ladders])
        return np.vstack(
            [
                confusion.accuracy(matrix),
                np.nanmean(found, axis=0),
                np.nanmean(areas, axis=0),
                calibration.weighted_calibration_error(binned, weights),
                found,
            ]
        )

    return figures
