"""Models that look at single lesions: each one of a photo, and what those of a patient say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cutis.core.bundle_info import PatientRule, patient_rule_from_dict
from cutis.runtime.engine import Engine
from cutis.runtime.patient import PatientScore, patient_score
from cutis.runtime.screening import screen
from cutis.web.analyse.answers import rates_of
from cutis.web.analyse.scene import Scene

SIDE = 1000  # pixels of the shorter side of the copy that is searched, at least


def lesions(engine: Engine, scene: Scene) -> dict[str, Any]:
    """Every lesion that is found in a photo, with its score."""
    info = engine.info
    assert info.patient is not None
    pixels = scene.pixels(SIDE)
    done = screen(engine, [pixels])
    height, width = pixels.shape[:2]
    found = done.photos[0]
    shares = done.patient.shares if done.patient else ()
    return {
        "state": done.state,
        "positive": done.positive,
        "positive_title": info.labels[done.positive].text,
        "note": found.problem,
        "skin": found.lesions.skin if found.lesions else 0.0,
        "lesions": [
            {
                "number": one.lesion.number,
                "probability": one.probability,
                "share": share,
                "box": [
                    one.lesion.box.top / height,
                    one.lesion.box.left / width,
                    one.lesion.box.bottom / height,
                    one.lesion.box.right / width,
                ],
            }
            for one, share in zip(done.lesions, shares, strict=True)
        ],
        "rule": info.to_dict()["patient"],
        "rates": rates_of(info.metrics, "patient"),
    }


def together(results: Sequence[Mapping[str, Any]]) -> tuple[PatientScore | None, PatientRule]:
    """The answer for a patient from the lesions of several photos, all scored by one model.

    Returns:
        None where no photo has a lesion, and the rule.
    """
    rule = patient_rule_from_dict(results[0]["rule"])
    scores = [one["probability"] for result in results for one in result["lesions"]]
    if not scores:
        return None, rule
    return patient_score(_Answering(rule), scores), rule  # type: ignore[arg-type]


class _Answering:
    """As much of a bundle as an answer for patients needs."""

    def __init__(self, rule: PatientRule) -> None:
        self.patient = rule
        self.name = ""
