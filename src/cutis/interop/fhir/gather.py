"""From what the runtime says to what is reported."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cutis.core.bundle_info import BundleInfo
from cutis.core.errors import CutisError
from cutis.imaging.formats import SNIFFED, image_format
from cutis.interop.fhir.results import (
    Answer,
    LesionScore,
    Model,
    Outcome,
    Picture,
    Point,
    Prediction,
    Quality,
    Risk,
)
from cutis.runtime.engine import Result
from cutis.runtime.gate import Gate, Verdict
from cutis.runtime.screen_words import answer
from cutis.runtime.screening import Screening

MEDIA_TYPES = {
    "HEIF": "image/heic",
    "JPEG2000": "image/jp2",
    "DICOM": "application/dicom",
}  # not image/<kind>


def now() -> str:
    """The time, as FHIR writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def model_of(info: BundleInfo, digest: str) -> Model:
    """Which model a bundle is.

    Args:
        info: of the bundle.
        digest: `cutis.core.bundle.Bundle.digest`.
    """
    return Model(
        name=info.name,
        version=info.version,
        digest=digest,
        task=info.task,
        title=info.title,
        rendered=info.training.rendered,
        modality=info.modality,
        licence=info.licence,
    )


def prediction_of(
    info: BundleInfo, digest: str, image_id: str, result: Result, quality: Quality | None = None
) -> Prediction:
    """What a model says of one photo.

    Args:
        info, digest: of its bundle.
        image_id: of the photo.
        result: of the engine.
        quality: of the photo, where a gate looked at it.
    """
    points = tuple(
        Point(one.name, one.label, one.threshold, one.rule, result.probabilities[one.label] >= one.threshold)
        for one in info.operating_points
        if one.label in result.probabilities
    )
    return Prediction(model_of(info, digest), image_id, _answers(info, result), points, quality=quality)


def _answers(info: BundleInfo, result: Result) -> tuple[Answer, ...]:
    labels = info.labels
    if not labels.several:
        classes = [(one.name, one.text, one.name) for one in labels.items]
        return (Answer("", info.title, result.label, _with(classes, result)),)
    found = []
    for question in labels.items:
        grades = [(one.name, one.text, f"{question.name}_{one.name}") for one in labels.answers.items]
        if len(grades) == 2:  # of present and absent only the presence is told
            grades = [(grades[1][0], grades[1][1], question.name)]
        said, expected = result.grades[question.name], result.expected.get(question.name)
        found.append(Answer(question.name, question.text, said, _with(grades, result), expected))
    return tuple(found)


def _with(named: Sequence[tuple[str, str, str]], result: Result) -> tuple[Outcome, ...]:
    return tuple(Outcome(name, text, _share(result.probabilities[key])) for name, text, key in named)


def _share(value: float) -> float:
    """A sum of rounded numbers may be a hair above one."""
    return min(1.0, max(0.0, float(value)))


def quality_of(gate: Gate, verdict: Verdict) -> Quality:
    """What a gate says of a photo."""
    info = gate.engine.info
    titles = {one.name: one.text for one in info.findings.items} if info.findings else {}
    return Quality(
        grade=verdict.whole.label,
        title=info.labels[verdict.whole.label].text,
        passed=verdict.passed,
        good=_share(verdict.good),
        threshold=gate.point.threshold,
        reasons=tuple(
            Outcome(name, titles.get(name, name), _share(p)) for name, p in verdict.whole.findings.items()
        ),
        model=f"{info.name} {info.version}",
    )


def risk_of(done: Screening, digest: str, prevalence: float) -> Risk | None:
    """What a screening says of its patient; None where it has no answer.

    Args:
        done: a screening.
        digest: of its bundle.
        prevalence: share of such patients who have it where this is used, 0..1.

    Raises:
        CutisError: the prevalence is not from 0 to 1.
    """
    patient = done.patient
    if patient is None:
        return None
    return Risk(
        model=model_of(done.info, digest),
        looked_for=done.positive,
        title=done.info.labels[done.positive].text,
        probability=_share(patient.probability),
        made_for=patient.prevalence,
        here=_share(patient.at(prevalence)),
        prevalence=prevalence,
        threshold=patient.threshold,
        refer=patient.positive,
        sentence=answer(done),
        lesions=tuple(
            LesionScore(Path(done.photos[one.photo].name).stem, one.lesion.number, one.probability, one.share)
            for one in done.lesions
            if one.share is not None
        ),
    )


def picture_of(path: Path, image_id: str, subject: str, *, embed: bool, body_site: str = "") -> Picture:
    """A photo in a file.

    Args:
        path: of the file.
        image_id: as in the prediction.
        subject: reference to its patient.
        embed: the file itself goes into the report; otherwise its checksum only.
        body_site: as in manifests.

    Raises:
        CutisError: it is no image.
    """
    data = path.read_bytes()
    kind = image_format(data[:SNIFFED])
    if kind is None:
        raise CutisError(f"{path}: is no image. Give a photo.")
    return Picture(
        image_id=image_id,
        subject=subject,
        content_type=MEDIA_TYPES.get(kind, f"image/{kind.lower()}"),
        digest=hashlib.sha256(data).hexdigest(),
        data=data if embed else b"",
        body_site=body_site,
    )
