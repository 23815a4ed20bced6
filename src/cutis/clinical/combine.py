"""One number from the picture and the facts: only with a calibration made on the user's own patients.

No coefficients are shipped, because none are published for this pair. `fit` makes them, `combine` uses them
and always shows every part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite, log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.clinical.drugs import find
from cutis.clinical.facts import Facts
from cutis.clinical.flags import flags
from cutis.core.errors import CutisError
from cutis.core.files import write_text

FORMAT = 1
EVENTS_PER_FEATURE = 10  # Peduzzi et al. 1996, J Clin Epidemiol 49:1373
_CERTAIN = 1e-3  # a picture's score nearer to 0 or 1 says no more than this
_STEPS = 50
_95 = 1.959963984540054


@dataclass(frozen=True)
class Calibration:
    """A logistic model that was fitted on the patients of one place.

    Attributes:
        name: of the cohort, for people.
        patients: number of patients, one row each.
        severe: number of them whose reaction was severe.
        features: names, see `features`.
        coefficients: log odds per unit of each feature.
        intercept: log odds where all features are 0.
        covariance: of the intercept and the coefficients, row by row.
    """

    name: str
    patients: int
    severe: int
    features: tuple[str, ...]
    coefficients: tuple[float, ...]
    intercept: float
    covariance: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Part:
    """What one feature adds.

    Attributes:
        name: of the feature.
        value: of this patient.
        coefficient: log odds per unit.
        log_odds: their product.
    """

    name: str
    value: float
    coefficient: float
    log_odds: float


@dataclass(frozen=True)
class Combined:
    """A calibrated probability of a severe reaction, never without its parts.

    Attributes:
        probability: 0..1, in patients like those of the calibration.
        low: lower end of its 95% interval.
        high: upper end of its 95% interval.
        intercept: log odds where all features are 0.
        parts: one for each feature; with the intercept they add up to the log odds of the probability.
        calibration: on whom it was fitted.
    """

    probability: float
    low: float
    high: float
    intercept: float
    parts: tuple[Part, ...]
    calibration: str


def features(facts: Facts, picture: float | None = None) -> dict[str, float | None]:
    """What may be combined, as numbers; None where it is not known.

    Args:
        facts: of the patient.
        picture: the picture's score, 0..1; used as its log odds.
    """
    named = {flag.name.replace(" ", "_"): flag.present for flag in flags(facts)}
    truths = {name: None if present is None else float(present) for name, present in named.items()}
    seen = None if facts.mucosal_sites is None else float(len(facts.mucosal_sites))
    levels = [find(exposure.name).drug for exposure in facts.drugs if exposure.suspected]
    risky = any(drug is not None and drug.sjs_ten == "high_risk" for drug in levels)
    return {
        "picture_log_odds": None if picture is None else _log_odds(picture),
        **truths,
        "mucosal_sites": seen,
        "temperature_above_37": None if facts.temperature is None else max(0.0, facts.temperature - 37),
        "detached_percent": facts.detached_percent,
        "high_risk_drug": float(risky) if facts.drugs else None,
    }


def _log_odds(score: float) -> float:
    if not 0 <= score <= 1:
        raise CutisError(f"picture is {score:g}. Give its score as a share, 0 to 1.")
    inside = min(1 - _CERTAIN, max(_CERTAIN, score))
    return log(inside / (1 - inside))


def combine(values: Mapping[str, float | None], calibration: Calibration | None) -> Combined:
    """The calibrated probability of a severe reaction, with what each feature adds.

    Raises:
        CutisError: there is no calibration, or a feature that it needs is not known: neither is ever guessed.
    """
    if calibration is None:
        raise CutisError(
            "there is no calibration, so picture and facts are not combined. Fit one on your own patients "
            "with cutis.clinical.combine.fit, and give it with --calibration."
        )
    unknown = [name for name in calibration.features if values.get(name) is None]
    if unknown:
        raise CutisError(
            f"{', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} not known, and the calibration "
            f"'{calibration.name}' needs it. State it, or read the parts one by one."
        )
    row = np.array([1.0, *(float(values[name] or 0.0) for name in calibration.features)])
    weights = np.array([calibration.intercept, *calibration.coefficients])
    spread = float(np.sqrt(max(0.0, row @ np.array(calibration.covariance) @ row)))
    middle = float(row @ weights)
    probability, low, high = (_probability(middle + _95 * sides * spread) for sides in (0, -1, 1))
    parts = tuple(
        Part(name, float(value), float(weight), float(value * weight))
        for name, value, weight in zip(calibration.features, row[1:], weights[1:], strict=True)
    )
    return Combined(probability, low, high, calibration.intercept, parts, _described(calibration))


def _probability(log_odds: float) -> float:
    return float(np.exp(-np.logaddexp(0.0, -log_odds)))


def _described(calibration: Calibration) -> str:
    return f"{calibration.name}: {calibration.patients:,} patients, {calibration.severe:,} severe"


def fit(
    name: str,
    features: Sequence[str],
    values: ArrayLike,
    severe: ArrayLike,
    events_per_feature: int = EVENTS_PER_FEATURE,
) -> Calibration:
    """Fit the coefficients on patients of one's own, by maximum likelihood.

    Args:
        name: of the cohort, for people.
        features: names of `features`.
        values: (patients, features) one row per patient, nothing missing.
        severe: (patients,) 0 or 1, by a reference standard that did not use these features.
        events_per_feature: fewest patients of the rarer outcome for each feature.

    Raises:
        CutisError: shapes that do not fit, missing values, too few patients, or features that separate the
            outcomes completely, for which no coefficients exist.

    Source: Peduzzi et al. 1996, J Clin Epidemiol 49:1373 (events per feature).
    """
    X = np.asarray(values, dtype=np.float64)
    y = np.asarray(severe, dtype=np.float64)
    _check(features, X, y, events_per_feature)
    design = np.column_stack([np.ones(len(y)), X])
    weights, information = _newton(design, y)
    return Calibration(
        name=name,
        patients=len(y),
        severe=int(y.sum()),
        features=tuple(features),
        coefficients=tuple(float(weight) for weight in weights[1:]),
        intercept=float(weights[0]),
        covariance=tuple(tuple(float(cell) for cell in row) for row in np.linalg.inv(information)),
    )


def _check(features: Sequence[str], X: NDArray[np.float64], y: NDArray[np.float64], per_feature: int) -> None:
    if X.ndim != 2 or X.shape != (len(y), len(features)) or not len(features):
        raise CutisError(
            f"values {X.shape} and severe {y.shape} do not fit {len(features)} features. Give a row each."
        )
    if not np.isfinite(X).all():
        row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(X)))
        raise CutisError(f"row {row} has no {features[column]}. Leave the patient out, or the feature.")
    if not np.isin(y, (0, 1)).all():
        raise CutisError(
            "severe holds other values than 0 and 1. Write 1 for a severe reaction and 0 for none."
        )
    rarer, needed = int(min(y.sum(), (1 - y).sum())), per_feature * len(features)
    if rarer < max(1, needed):
        raise CutisError(
            f"the rarer outcome has {rarer} patients; {len(features)} features need {needed}. "
            "Use fewer features, or more patients."
        )


def _newton(
    design: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Maximum likelihood by Newton's steps; the information matrix at the end."""
    weights = np.zeros(design.shape[1])
    scale = np.maximum(1.0, np.abs(design).max(axis=0))
    for _ in range(_STEPS):
        chance = np.exp(-np.logaddexp(0.0, -(design @ weights)))
        information = (design * (chance * (1 - chance))[:, None]).T @ design
        if np.linalg.cond(information / np.outer(scale, scale)) > 1e10:
            break
        step = np.linalg.solve(information, design.T @ (y - chance))
        weights = weights + step
        if np.abs(step * scale).max() < 1e-9:
            return weights, information
    raise CutisError(
        "no coefficients fit: the features separate severe from other patients completely, or one of them is "
        "the sum of others or the same in all patients. Leave a feature out, or add patients."
    )


def write_calibration(calibration: Calibration, path: Path | str) -> None:
    """Write a calibration as JSON."""
    write_text(
        path, json.dumps({"format": FORMAT, **asdict(calibration)}, indent=2, ensure_ascii=False) + "\n"
    )


def read_calibration(path: Path | str) -> Calibration:
    """Read what `write_calibration` wrote.

    Raises:
        CutisError: the file is missing, is none, is of another format, or was altered.
    """
    path = Path(path)
    if not path.is_file():
        raise CutisError(f"{path}: there is no such file. Fit a calibration first, or check the path.")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _calibration(data)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CutisError(f"{path}: is no calibration of cutis ({error}). Fit it again.") from error


def _calibration(data: dict[str, Any]) -> Calibration:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']}, this cutis reads {FORMAT}")
    known = Calibration(
        name=str(data["name"]),
        patients=int(data["patients"]),
        severe=int(data["severe"]),
        features=tuple(str(name) for name in data["features"]),
        coefficients=tuple(float(value) for value in data["coefficients"]),
        intercept=float(data["intercept"]),
        covariance=tuple(tuple(float(cell) for cell in row) for row in data["covariance"]),
    )
    size = len(known.features) + 1
    numbers = (*known.coefficients, known.intercept, *(cell for row in known.covariance for cell in row))
    if len(known.coefficients) != size - 1 or [len(row) for row in known.covariance] != [size] * size:
        raise ValueError("features, coefficients and covariance are not of one size")
    if not all(isfinite(number) for number in numbers):
        raise ValueError("a coefficient is no number")
    unknown = set(known.features) - set(features(Facts()))
    if unknown:
        raise ValueError(f"unknown feature {', '.join(sorted(unknown))}")
    return known
