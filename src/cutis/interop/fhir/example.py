"""A report about nobody, as the documentation shows it: ``python -m cutis.interop.fhir.example``."""

from __future__ import annotations

import json
import sys

from cutis.interop.fhir.bundle import transaction
from cutis.interop.fhir.results import (
    Answer,
    Finding,
    LesionScore,
    Model,
    Outcome,
    Picture,
    Point,
    Prediction,
    PredictionSet,
    Quality,
    Risk,
)


def example() -> Finding:
    """One photo with an answer, its quality, and an answer for the patient."""
    seen = Model("dermoscopy", "0.3", "a7" * 32, "dermoscopy", "Dermoscopic diagnosis", rendered=False)
    drugs = Model("drug_reaction", "0.1", "d5" * 32, "drug_reaction", "Severe drug reactions", rendered=True)
    classes = (
        Outcome("mel", "Melanoma", 0.71, (0.6, 0.8)),
        Outcome("nv", "Melanocytic nevus", 0.29, (0.2, 0.4)),
    )
    return Finding(
        subject="Patient/12",
        when="2026-11-21T20:00:00+00:00",
        predictions=(
            Prediction(
                model=seen,
                image_id="arm-1",
                answers=(Answer("", seen.title, "mel", classes),),
                points=(Point("Melanoma, finds 95 of 100", "mel", 0.0526, "sensitivity >= 0.95", True),),
                level=0.95,
                set=PredictionSet(("mel", "nv"), 0.9),
                quality=Quality("4", "Good", True, 0.93, 0.5025, (), "image_quality 0.3"),
            ),
        ),
        pictures=(
            Picture(
                "arm-1",
                "Patient/12",
                digest="c1" * 32,
                url="https://ehr.example/photos/arm-1",
                taken="2026-11-21T09:30:00+01:00",
                width=1200,
                height=900,
                body_site="arm",
                side="left",
            ),
        ),
        risk=Risk(
            model=drugs,
            looked_for="severe",
            title="Severe drug reaction (SJS/TEN)",
            probability=0.71,
            made_for=0.506,
            here=0.0467,
            prevalence=0.02,
            threshold=0.383,
            refer=True,
            sentence="Refer urgently. Not excluded: Severe drug reaction (SJS/TEN).",
            lesions=(LesionScore("arm-1", 1, 0.8, 1.0),),
        ),
    )


def text() -> str:
    """The example as the documentation holds it, R4."""
    return json.dumps(transaction(example()), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
