"""What a test's answers are worth where it is used: at the share of positives that people have there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError


@dataclass(frozen=True)
class PredictiveValues:
    """Predictive values at a prevalence.

    Attributes:
        ppv: share of those called positive that are; not a number where nobody is called so.
        npv: share of those called negative that are; not a number where nobody is called so.
    """

    ppv: NDArray[np.float64]
    npv: NDArray[np.float64]


def predictive_values(
    sensitivity: ArrayLike, specificity: ArrayLike, prevalence: ArrayLike
) -> PredictiveValues:
    """Predictive values of a test at a prevalence that is not that of the study.

    Args:
        sensitivity: 0..1, of any shape.
        specificity: 0..1, of a shape that broadcasts.
        prevalence: 0..1 share of positives where the test is used, of a shape that broadcasts.

    Raises:
        CutisError: a value is not from 0 to 1.

    Source: Altman, Bland 1994, BMJ 309:102.
    """
    named = {"sensitivity": sensitivity, "specificity": specificity, "prevalence": prevalence}
    found, left, share = (_share(name, value) for name, value in named.items())
    with np.errstate(invalid="ignore", divide="ignore"):
        hits, alarms = found * share, (1 - left) * (1 - share)
        cleared, missed = left * (1 - share), (1 - found) * share
        return PredictiveValues(np.asarray(hits / (hits + alarms)), np.asarray(cleared / (cleared + missed)))


def _share(name: str, value: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(value, dtype=np.float64)
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise CutisError(f"{name} is {wrong.flat[0]:g}, not a share from 0 to 1.")
    return values
