"""The named figures of a source that grades several conditions at once, and their means.

Names follow ``metrics.json``: ``<figure>_<condition>`` is that of one condition, ``<figure>`` the mean over
the conditions that have it. Which figures there are depends on the scale: grades have their deviation and
quadratic kappa, what is present or absent has the area under its curve, sensitivity and specificity.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cutis.stats.classification import Answers, Figures, figures
from cutis.stats.resampling import Weights, observed

_BOTH = ("accuracy", "balanced_accuracy")
OF_GRADES = (*_BOTH, "quadratic_kappa", "mean_absolute_deviation", "mean_absolute_deviation_normalised")
OF_PRESENCE = (*_BOTH, "auc", "average_precision", "sensitivity", "specificity")


def by_condition(asked: Mapping[str, Answers]) -> Figures:
    """Figures of each condition and their means, as one statistic, so that all come from the same draws.

    Args:
        asked: answers by condition, of those cases whose truth is known. All number the same groups, so that
            a draw of groups is the same draw for every condition.
    """
    parts = {name: _own(answers) for name, answers in asked.items()}
    names: list[str] = []
    places: dict[str, list[int]] = {}  # of a figure that has a meaning for a condition
    for condition, part in parts.items():
        values = observed(part.statistic, asked[condition].count)
        for name, value in zip(part.names, values, strict=True):
            if not np.isnan(value):
                places.setdefault(name, []).append(len(names))
            names.append(f"{name}_{condition}")
    heads = tuple(places)

    def statistic(weights: Weights) -> NDArray[np.float64]:
        table = np.concatenate([part.statistic(weights) for part in parts.values()], axis=0)
        return np.concatenate([np.stack([table[places[name]].mean(axis=0) for name in heads]), table], axis=0)

    own = [number for part in parts.values() for number in part.support]
    means = [min(own[place] for place in places[name]) for name in heads]
    shares = frozenset(
        f"{name}_{condition}" for condition, part in parts.items() for name in part.proportions
    )
    return Figures((*heads, *names), (*means, *own), statistic, shares)


def _own(answers: Answers) -> Figures:
    return figures(answers, OF_PRESENCE if answers.binary else OF_GRADES)
