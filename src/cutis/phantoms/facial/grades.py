"""Which grades a person's areas have: in combinations as people have them, and each grade often enough."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.canvas import Rng
from cutis.phantoms.facial.areas import AREAS, CONDITIONS, GRADES

if TYPE_CHECKING:
    from cutis.phantoms.facial.person import Person

WITHIN = 0.3  # a severity strays this far from its grade
_SHARES = (0.52, 0.12, 0.12, 0.12, 0.12)  # of the grades, wherever the condition occurs
_OF_THE_PERSON = 0.6  # share of the variance of a grade that all areas of a person have in common
# Correlations of what people tend to have; pairs that are left out are independent.
_TOGETHER = {
    ("dryness", "texture"): 0.3,
    ("dryness", "dermatitis"): 0.3,
    ("dryness", "pores"): -0.3,
    ("texture", "pores"): 0.35,
    ("wrinkles", "lentigo"): 0.3,
    ("wrinkles", "texture"): 0.2,
    ("melasma", "ephelides"): -0.3,
    ("melasma", "dermatitis"): -0.25,
    ("ephelides", "dermatitis"): -0.2,
    ("ephelides", "lentigo"): -0.15,
}
_WITH_AGE = {
    "wrinkles": 0.7,
    "lentigo": 0.5,
    "dryness": 0.25,
    "texture": 0.2,
    "pores": -0.15,
    "ephelides": -0.2,
}
_WITH_TONE = {"ephelides": -0.45, "melasma": 0.2, "lentigo": -0.15, "wrinkles": -0.1}


def draw_leaning(age: int, skin_type: int, rng: Rng) -> dict[str, float]:
    """How far a person is from having each condition, standard deviations; evenly spread over people."""
    older = (age - 51.5) / 19.6
    darker = (skin_type - 3.5) / 1.71
    own = _mixing() @ rng.standard_normal(len(CONDITIONS))
    leaning = {}
    for name, value in zip(CONDITIONS, own, strict=True):
        with_age, with_tone = _WITH_AGE.get(name, 0.0), _WITH_TONE.get(name, 0.0)
        rest = np.sqrt(1 - with_age**2 - with_tone**2)
        leaning[name] = float(with_age * older + with_tone * darker + rest * value)
    return leaning


def draw_grades(area: str, person: Person, rng: Rng) -> dict[str, int]:
    """The grades of one area, 0 to 4 by condition; 0 where a condition does not occur."""
    grades = dict.fromkeys(CONDITIONS, 0)
    cut = _cuts()
    for name in CONDITIONS:
        value = np.sqrt(_OF_THE_PERSON) * person.leaning[name]
        value += np.sqrt(1 - _OF_THE_PERSON) * float(rng.standard_normal())
        if name in AREAS[area].conditions:
            grades[name] = int(np.searchsorted(cut, value))
    return grades


def draw_severity(grades: Mapping[str, int], rng: Rng) -> dict[str, float]:
    """A severity within `WITHIN` of each grade, not below 0. Below `WITHIN` nothing is to be seen."""
    strays = rng.uniform(-WITHIN, WITHIN, len(CONDITIONS))
    return {
        name: max(float(grades.get(name, 0)) + float(stray), 0.0)
        for name, stray in zip(CONDITIONS, strays, strict=True)
    }


@lru_cache(maxsize=1)
def _mixing() -> NDArray[np.float64]:
    matrix = np.eye(len(CONDITIONS))
    for (one, other), value in _TOGETHER.items():
        row, column = CONDITIONS.index(one), CONDITIONS.index(other)
        matrix[row, column] = matrix[column, row] = value
    return np.asarray(np.linalg.cholesky(matrix))


@lru_cache(maxsize=1)
def _cuts() -> NDArray[np.float64]:
    from scipy.stats import norm

    return np.asarray(norm.ppf(np.cumsum(_SHARES)[: GRADES - 1]))
