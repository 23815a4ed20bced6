"""Picture and facts in one number, only with a calibration of one's own."""

from __future__ import annotations

import json
from math import log
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.clinical.combine import (
    Calibration,
    combine,
    features,
    fit,
    read_calibration,
    write_calibration,
)
from cutis.clinical.facts import Exposure, Facts
from cutis.core.errors import CutisError

NAMES = ("picture_log_odds", "skin_pain", "mucosal_sites")


def cohort(patients: int = 400) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(0)
    values = np.column_stack(
        [rng.normal(0, 2, patients), rng.integers(0, 2, patients), rng.integers(0, 4, patients)]
    )
    chance = 1 / (1 + np.exp(-(values @ [0.8, 1.0, 0.5] - 1.5)))
    return values, (rng.random(patients) < chance).astype(float)


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    return fit("the ward", NAMES, *cohort())


def test_coefficients_are_those_of_another_library(fitted: Calibration) -> None:
    models = pytest.importorskip("statsmodels.discrete.discrete_model")
    values, severe = cohort()
    other = models.Logit(severe, np.column_stack([np.ones(len(values)), values])).fit(disp=0, tol=1e-12)
    assert [fitted.intercept, *fitted.coefficients] == pytest.approx(list(other.params), rel=1e-6)
    np.testing.assert_allclose(fitted.covariance, other.cov_params(), rtol=1e-5)


def test_the_fitted_probabilities_add_up_to_the_severe_patients(fitted: Calibration) -> None:
    values, severe = cohort()
    told = [combine(dict(zip(NAMES, row, strict=True)), fitted).probability for row in values.tolist()]
    assert sum(told) == pytest.approx(severe.sum(), rel=1e-6)


def test_the_parts_add_up_to_the_whole(fitted: Calibration) -> None:
    facts = Facts(skin_pain=True, mucosal_sites=("eyes", "mouth"))
    whole = combine(features(facts, 0.7), fitted)
    assert [part.name for part in whole.parts] == list(NAMES)
    assert [part.value for part in whole.parts] == pytest.approx([log(0.7 / 0.3), 1, 2])
    logit = whole.intercept + sum(part.log_odds for part in whole.parts)
    assert whole.probability == pytest.approx(1 / (1 + np.exp(-logit)))
    assert whole.low < whole.probability < whole.high
    assert whole.calibration.startswith("the ward: 400 patients")


def test_without_a_calibration_nothing_is_combined() -> None:
    with pytest.raises(CutisError, match="there is no calibration"):
        combine(features(Facts(), 0.7), None)


def test_an_unknown_fact_is_never_guessed(fitted: Calibration) -> None:
    with pytest.raises(CutisError, match="skin_pain is not known, and the calibration 'the ward' needs it"):
        combine(features(Facts(mucosal_sites=()), 0.7), fitted)
    with pytest.raises(CutisError, match="picture_log_odds is not known"):
        combine(features(Facts(skin_pain=True, mucosal_sites=())), fitted)


def test_features_are_numbers_or_not_known() -> None:
    known = features(
        Facts(temperature=39, mucosal_sites=("eyes",), drugs=(Exposure("Zyloric", start_day=-10),)), 0.5
    )
    assert known["picture_log_odds"] == 0
    assert known["temperature_above_37"] == pytest.approx(2)
    assert (known["mucosal_sites"], known["mucosa"], known["high_risk_drug"], known["drug"]) == (1, 1, 1, 1)
    assert (known["skin_pain"], features(Facts())["high_risk_drug"]) == (None, None)
    assert features(Facts(), 0)["picture_log_odds"] == pytest.approx(log(0.001 / 0.999))
    with pytest.raises(CutisError, match="as a share, 0 to 1"):
        features(Facts(), 71)


def test_too_few_patients_are_refused() -> None:
    values, severe = cohort(40)
    with pytest.raises(CutisError, match="3 features need 30"):
        fit("few", NAMES, values, severe)
    assert fit("few", NAMES[:1], values[:, :1], severe, events_per_feature=5).patients == 40


def test_what_cannot_be_fitted_is_refused() -> None:
    values, severe = cohort()
    with pytest.raises(CutisError, match="separate severe from other patients completely"):
        fit("x", ["skin_pain"], severe[:, None], severe)
    with pytest.raises(CutisError, match="the sum of others"):
        fit("x", ["a", "b"], np.column_stack([values[:, 0], 2 * values[:, 0]]), severe)
    with pytest.raises(CutisError, match="the same in all patients"):
        fit("x", ["a"], np.ones((400, 1)), severe)
    with pytest.raises(CutisError, match="do not fit 2 features"):
        fit("x", NAMES[:2], values, severe)
    with pytest.raises(CutisError, match="other values than 0 and 1"):
        fit("x", NAMES, values, severe * 2)
    with pytest.raises(CutisError, match="the rarer outcome has 0 patients"):
        fit("x", NAMES, values, np.zeros(400))
    values[3, 1] = np.nan
    with pytest.raises(CutisError, match="row 3 has no skin_pain"):
        fit("x", NAMES, values, severe)


def test_a_calibration_comes_back_from_its_file(tmp_path: Path, fitted: Calibration) -> None:
    write_calibration(fitted, tmp_path / "c.json")
    assert read_calibration(tmp_path / "c.json") == fitted


@pytest.mark.parametrize(
    "damage",
    [
        {"format": 2},
        {"coefficients": [1.0]},
        {"covariance": [[1.0]]},
        {"intercept": float("nan")},
        {"features": ["picture_log_odds", "skin_pain", "colour"]},
        {"patients": None},
    ],
)
def test_a_damaged_calibration_is_refused(
    tmp_path: Path, fitted: Calibration, damage: dict[str, object]
) -> None:
    path = tmp_path / "c.json"
    write_calibration(fitted, path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
    with pytest.raises(CutisError, match="is no calibration of cutis"):
        read_calibration(path)


def test_other_files_are_no_calibration(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text("[]")
    for name, said in (("c.json", "is no calibration"), ("none.json", "there is no such file")):
        with pytest.raises(CutisError, match=said):
            read_calibration(tmp_path / name)
