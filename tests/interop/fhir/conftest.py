"""Findings to say in FHIR, and HL7's own schemas to hold them against."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cutis.interop.fhir.results import (
    Answer,
    DicomImage,
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

SCHEMAS = Path(__file__).parent / "schemas"
WHEN = "2026-11-21T20:00:00+00:00"


@cache
def _schema(release: str) -> dict[str, Any]:
    with lzma.open(SCHEMAS / f"{release.lower()}.schema.json.xz") as handle:
        return dict(json.load(handle))


@cache
def _validator(release: str, kind: str) -> Any:
    from jsonschema import Draft6Validator

    whole = _schema(release)
    if kind not in whole["definitions"]:
        return Draft6Validator({"not": {}})
    # The whole schema tries every kind of resource in turn; what is asked is whether it is of this one.
    return Draft6Validator({"$ref": f"#/definitions/{kind}", "definitions": whole["definitions"]})


@pytest.fixture(scope="session")
def problems() -> Callable[[str, dict[str, Any]], list[str]]:
    """What HL7's schema has against a Bundle, each of its resources judged as what it says it is."""
    pytest.importorskip("jsonschema")

    def judge(release: str, bundle: dict[str, Any]) -> list[str]:
        shell = {
            **bundle,
            "entry": [{k: v for k, v in e.items() if k != "resource"} for e in bundle["entry"]],
        }
        todo = [shell, *(entry["resource"] for entry in bundle["entry"])]
        return [
            f"{one['resourceType']}: {'/'.join(map(str, error.path))}: {error.message[:200]}"
            for one in todo
            for error in _validator(release, one["resourceType"]).iter_errors(one)
        ]

    return judge


def model(task: str = "dermoscopy", title: str = "Dermoscopic diagnosis", *, rendered: bool = False) -> Model:
    digest = hashlib.sha256(task.encode()).hexdigest()
    return Model(task, "0.3", digest, task, title, rendered, "dermoscopic", "CC BY-NC 4.0")


def picture(image_id: str = "nose-1", subject: str = "Patient/12", **more: Any) -> Picture:
    given = {
        "digest": "cd" * 32,
        "data": b"\xff\xd8\xff\xe0 not quite a photo",
        "title": "Nose, dermoscopic",
        "taken": "2026-11-20T09:30:00+01:00",
        "width": 1200,
        "height": 900,
        "body_site": "cheek",
        "side": "left",
    }
    return Picture(image_id, subject, **(given | more))


def prediction(image_id: str = "nose-1") -> Prediction:
    outcomes = (
        Outcome("mel", "Melanoma", 0.7125, (0.61, 0.8)),
        Outcome("nv", "Melanocytic nevus", 0.2875, (0.2, 0.39)),
        Outcome("akiec", "Actinic keratosis or Bowen's disease", 1e-07, (0.0, 0.01)),
    )
    reasons = (Outcome("blur", "Blurred", 0.12), Outcome("dark", "Too dark", 0.03))
    return Prediction(
        model=model(),
        image_id=image_id,
        answers=(Answer("", "Dermoscopic diagnosis", "mel", outcomes),),
        points=(Point("Melanoma, finds 95 of 100", "mel", 0.0526, "sensitivity >= 0.95", True),),
        level=0.95,
        set=PredictionSet(("mel", "nv"), 0.9),
        quality=Quality("4", "Good", True, 0.93, 0.5025, reasons, "image_quality 0.3"),
    )


def graded(image_id: str = "face-1") -> Prediction:
    grades = (("0", "None"), ("1", "Slight"), ("2", "Moderate"))
    answers = tuple(
        Answer(
            name,
            title,
            "1",
            tuple(Outcome(grade, text, p) for (grade, text), p in zip(grades, ps, strict=True)),
            1.05,
        )
        for name, title, ps in (
            ("melasma", "Melasma", (0.2, 0.6, 0.2)),
            ("pores", "Clogged pores", (0.1, 0.8, 0.1)),
        )
    )
    return Prediction(model("facial", "Everyday conditions of facial skin", rendered=True), image_id, answers)


def risk() -> Risk:
    return Risk(
        model=model("drug_reaction", "Severe drug reactions", rendered=True),
        looked_for="severe",
        title="Severe drug reaction (SJS/TEN)",
        probability=0.71,
        made_for=0.506,
        here=0.0214,
        prevalence=0.01,
        threshold=0.3828,
        refer=True,
        sentence="Refer urgently. Not excluded: Severe drug reaction (SJS/TEN).",
        lesions=(LesionScore("nose-1", 1, 0.8, 0.75), LesionScore("nose-1", 2, 0.4, 0.25)),
    )


@pytest.fixture
def finding() -> Finding:
    overlay = picture(
        kind="overlay", content_type="image/png", digest="ef" * 32, title="What the model looked at"
    )
    archived = DicomImage(
        "1.2.840.99.1", "1.2.840.99.1.1", "1.2.840.99.1.1.1", "1.2.840.10008.5.1.4.1.1.77.1.4"
    )
    return Finding(
        subject="Patient/12",
        when=WHEN,
        predictions=(prediction(), graded()),
        pictures=(
            picture(dicom=archived),
            overlay,
            picture("face-1", body_site="face", side="", data=b"", url="https://ehr.example/p/1"),
        ),
        risk=risk(),
        encounter="Encounter/3",
        based_on="ServiceRequest/9",
        base="https://ehr.example/fhir",
    )
