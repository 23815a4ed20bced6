from __future__ import annotations

from typing import Any

import pytest

from cutis.interop.fhir.errors import FhirError
from cutis.interop.fhir.results import Answer, Model, Outcome, Picture, Prediction

MODEL = Model("m", "1", "00" * 32, "own", "Own task", rendered=False)


def _prediction(probability: float = 0.5, interval: Any = None, **more: Any) -> Prediction:
    outcome = Outcome("a", "A", probability, interval)
    return Prediction(MODEL, "image", (Answer("", "Own task", "a", (outcome,)),), **more)


@pytest.mark.parametrize("probability", [float("nan"), float("inf"), -0.1, 1.5])
def test_a_probability_that_is_none_is_not_told(probability: float) -> None:
    with pytest.raises(FhirError):
        _prediction(probability)


def test_intervals_go_with_their_level() -> None:
    assert _prediction(interval=(0.4, 0.6), level=0.95).level == 0.95
    for wrong in ({"interval": (0.4, 0.6)}, {"level": 0.95}):
        with pytest.raises(FhirError, match="go together"):
            _prediction(**wrong)


def test_control_characters_are_not_carried() -> None:
    with pytest.raises(FhirError, match="control characters"):
        Picture("image\x00", "Patient/1")
    with pytest.raises(FhirError, match="photo or overlay"):
        Picture("image", "Patient/1", kind="film")
    assert Picture("ねこ é\t1", "Patient/1").image_id == "ねこ é\t1"
