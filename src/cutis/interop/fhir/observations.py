"""What was answered, as Observations: one per question, one for the photo's quality, one per patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cutis.interop.codes.table import GRADES, REASONS
from cutis.interop.fhir.elements import (
    DCM,
    PART,
    POINT,
    TERMINOLOGY,
    Json,
    coding,
    concept,
    identifier,
    label,
    probability,
    reference,
    without_empty,
)
from cutis.interop.fhir.results import Answer, LesionScore, Outcome, Point, Prediction, Quality, Risk

TASK = "urn:cutis:task"
INTERVAL = "urn:cutis:interval"
IN_SET = "urn:cutis:prediction-set"
LESION = "urn:cutis:lesion"
SHARE = "urn:cutis:lesion-share"
QUALITY = "image_quality"
PRELIMINARY = "Preliminary, for research use: made by software, to be read by a clinician; no diagnosis."
RENDERED = "The model was trained on rendered images, not for care."


def observation(
    address: str,
    subject: str,
    device: str,
    seen: Sequence[str],
    when: tuple[str, str],
    **more: Any,
) -> Json:
    """What all Observations have.

    Args:
        address: of the resource, made of its content.
        subject: reference to the patient.
        device: address of the model.
        seen: addresses of the photos it comes from.
        when: of the photo (may be empty) and of the analysis, ISO 8601.
        more: code, value and further elements; empty ones are left out.
    """
    taken, made = when
    return without_empty(
        {
            "resourceType": "Observation",
            "identifier": [identifier(address)],
            "status": "preliminary",
            "category": [concept(coding(f"{TERMINOLOGY}/observation-category", "imaging", "Imaging"))],
            "subject": reference(subject),
            "effectiveDateTime": taken or made,
            "issued": made,
            "device": reference(device),
            "derivedFrom": [reference(one) for one in seen],
            **more,
        }
    )


def answered(prediction: Prediction, answer: Answer) -> Json:
    """Code, value, components and notes of one answer."""
    model = prediction.model
    # The same task is asked whatever the condition: only the condition's own code has synonyms.
    asked = label(model.task, answer.question, answer.title) if answer.question else {}
    task = coding(TASK, model.task, model.title)
    grades = GRADES.get(model.task, model.task) if answer.question else model.task
    title = next((one.title for one in answer.outcomes if one.name == answer.said), answer.said)
    first = answer is prediction.answers[0]
    return {
        "code": concept(task, *asked.get("coding", ()), text=answer.title),
        "valueCodeableConcept": label(grades, answer.said, title),
        "note": [{"text": text} for text in _notes(prediction)],
        "component": [
            *(part for one in answer.outcomes for part in _outcome(grades, one, prediction.level)),
            *_number("expected", "Mean grade", answer.expected, unit="grade"),
            *(_points(prediction.points) if first else ()),
            *(_set(grades, prediction) if first else ()),
            *(_number("interval-level", "Level of the intervals", prediction.level) if first else ()),
        ],
    }


def _notes(prediction: Prediction) -> tuple[str, ...]:
    return (PRELIMINARY, RENDERED) if prediction.model.rendered else (PRELIMINARY,)


def _outcome(set_name: str, one: Outcome, level: float | None) -> Iterator[Json]:
    yield {"code": label(set_name, one.name, one.title), "valueQuantity": probability(one.probability)}
    if one.interval is not None and level is not None:
        low, high = one.interval
        text = f"{level:.0%} interval of the probability: {one.title or one.name}"
        bounds = {"low": probability(low), "high": probability(high)}
        yield {"code": concept(coding(INTERVAL, one.name), text=text), "valueRange": bounds}


def _number(code: str, text: str, value: float | None, unit: str = "") -> Iterator[Json]:
    if value is not None:
        quantity = probability(value) | ({"unit": unit} if unit else {})
        yield {"code": concept(coding(PART, code), text=text), "valueQuantity": quantity}


def _points(points: Sequence[Point]) -> Iterator[Json]:
    for point in points:
        yield {
            "code": concept(coding(POINT, point.label, point.rule), text=point.name),
            "valueQuantity": probability(point.threshold),
            "interpretation": [_side(point.reached)],
        }


def _side(reached: bool) -> Json:
    code, display = ("POS", "Positive") if reached else ("NEG", "Negative")
    return concept(coding(f"{TERMINOLOGY}/v3-ObservationInterpretation", code, display))


def _set(set_name: str, prediction: Prediction) -> Iterator[Json]:
    if prediction.set is None:
        return
    yield from _number("coverage", "Promised coverage of the prediction set", prediction.set.coverage)
    titles = {one.name: one.title for answer in prediction.answers for one in answer.outcomes}
    for name in prediction.set.labels:
        yield {
            "code": concept(coding(IN_SET, name), text="In the prediction set"),
            "valueCodeableConcept": label(set_name, name, titles.get(name, name)),
        }


def quality(said: Quality) -> Json:
    """Code, value and components of what the gate said."""
    passed = {"code": concept(coding(PART, "passed"), text="Good enough"), "valueBoolean": said.passed}
    return {
        "code": concept(coding(DCM, "111101", "Image Quality"), text="Quality of the photo"),
        "valueCodeableConcept": label(QUALITY, said.grade, said.title),
        "method": concept(text=said.model),
        "component": [
            passed,
            *_number("good", "Probability that the photo is good", said.good),
            *_number("threshold", "Operating point of the gate", said.threshold),
            *(part for one in said.reasons for part in _outcome(REASONS, one, None)),
        ],
    }


def patient_answer(risk: Risk) -> Json:
    """Code, value and components of the answer for a patient."""
    numbers = (
        ("here", "Probability at this clinic's prevalence", risk.here),
        ("prevalence", "Prevalence at this clinic", risk.prevalence),
        ("made-for", "Prevalence that the model was made for", risk.made_for),
        ("threshold", "Operating point", risk.threshold),
    )
    looked_for = label(risk.model.task, risk.looked_for, risk.title)
    lesions = [part for one in risk.lesions for part in _lesion(one)]
    return {
        "code": concept(coding(PART, "patient-answer"), *looked_for["coding"], text=risk.title),
        "valueQuantity": probability(risk.probability),
        "interpretation": [_side(risk.refer)],
        "note": [
            {"text": risk.sentence},
            {"text": PRELIMINARY},
            *([{"text": RENDERED}] if risk.model.rendered else []),
        ],
        "component": [part for code, text, value in numbers for part in _number(code, text, value)] + lesions,
    }


def _lesion(one: LesionScore) -> Iterator[Json]:
    for system, value, what in (
        (LESION, one.probability, "score"),
        (SHARE, one.share, "share of the answer"),
    ):
        text = f"Lesion {one.number} of {one.image_id}: {what}"
        code = concept(coding(system, str(one.number), one.image_id), text=text)
        yield {"code": code, "valueQuantity": probability(value)}
