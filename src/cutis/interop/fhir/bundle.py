"""A finding as one transaction: everything is written, or nothing, and a second time changes nothing."""

from __future__ import annotations

from html import escape

from cutis.interop.fhir.elements import (
    DCM,
    LOINC,
    TERMINOLOGY,
    Json,
    Release,
    coding,
    concept,
    identifier,
    once,
    patient_of,
    reference,
    same_patient,
    urn,
    without_empty,
)
from cutis.interop.fhir.elements import label as label_of
from cutis.interop.fhir.errors import FhirError
from cutis.interop.fhir.observations import (
    PRELIMINARY,
    RENDERED,
    answered,
    observation,
    patient_answer,
    quality,
)
from cutis.interop.fhir.pictures import address, resources, selection_address, site
from cutis.interop.fhir.results import Answer, Finding, Model, Picture, Prediction, Risk

_NAME_TYPES = {"R4": "model-name", "R5": "registered-name"}


def transaction(finding: Finding, release: Release = "R4") -> Json:
    """A finding as a Bundle to be posted to a FHIR server.

    Args:
        finding: of one patient.
        release: of FHIR.

    Returns:
        A transaction of conditional creates: what the server has already, by identifier, stays as it is.

    Raises:
        WrongPatientError: a photo belongs to another patient than the report.
        FhirError: a prediction's photo is not among the pictures.
    """
    subject = same_patient([finding.subject, *(one.subject for one in finding.pictures)], finding.base)
    entries = _resources(finding, release, subject)
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": own,
                "resource": resource,
                "request": {"method": "POST", "url": resource["resourceType"], "ifNoneExist": once(own)},
            }
            for own, resource in entries.items()
        ],
    }


def report_address(finding: Finding) -> str:
    """Of the report: the same models on the same photos of the same patient make the same report."""
    subject = patient_of(finding.subject, finding.base)
    said = [f"{one.image_id} {one.model.digest}" for one in finding.predictions]
    seen = [f"{one.kind} {one.image_id} {one.digest}" for one in finding.pictures]
    risk = [f"{finding.risk.model.digest} {finding.risk.prevalence!r}"] if finding.risk else []
    return urn("report", subject, *sorted(said), *sorted(seen), *risk)


def _resources(finding: Finding, release: Release, subject: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    photos = {one.image_id: one for one in finding.pictures if one.kind == "photo"}
    models = [one.model for one in finding.predictions] + ([finding.risk.model] if finding.risk else [])
    if not models:
        raise FhirError("there is nothing to report: no prediction, and no answer for the patient.")
    for model in models:
        found[_device_address(model)] = _device(model, release)
    by = {one.image_id: one.model for one in reversed(finding.predictions)}
    for picture in finding.pictures:
        made_by = _device_address(by.get(picture.image_id, models[0]))
        found |= resources(picture, release, subject, made_by, finding.when)
    results: list[str] = []
    for prediction in finding.predictions:
        if prediction.image_id not in photos:
            raise FhirError(f"image {prediction.image_id}: its photo is not given. Nothing was written.")
        told = _observations(finding, prediction, photos[prediction.image_id], release, subject)
        results += told
        found |= told
    if finding.risk:
        told = _risk(finding, finding.risk, release, subject)
        results += [own for own, one in told.items() if one["resourceType"] == "Observation"]
        found |= told
    found[report_address(finding)] = _report(finding, subject, results)
    return found


def _device_address(model: Model) -> str:
    return urn("device", model.digest)


def _device(model: Model, release: Release) -> Json:
    kind = concept(coding(DCM, "123110", "Artificial Intelligence"), text="Software, for research use")
    title = {"R4": "name", "R5": "value"}[release]
    versions = (("version", model.version), ("sha256", model.digest))
    facts = (("task", model.task), ("title", model.title), ("modality", model.modality))
    more = (*facts, ("rendered", "yes" if model.rendered else "no"), ("licence", model.licence))
    return {
        "resourceType": "Device",
        "identifier": [identifier(_device_address(model))],
        "status": "active",
        ("deviceName" if release == "R4" else "name"): [{title: model.name, "type": _NAME_TYPES[release]}],
        "type": kind if release == "R4" else [kind],
        "version": [
            {"type": concept(text=what), "value": value} for what, value in (*versions, *more) if value
        ],
        "note": [{"text": text} for text in (PRELIMINARY, *([RENDERED] if model.rendered else []))],
    }


def _seen(picture: Picture, release: Release, subject: str) -> list[str]:
    own = address(picture, subject)
    return [own] if release == "R4" else [selection_address(picture, subject), own]


def _observations(
    finding: Finding, prediction: Prediction, photo: Picture, release: Release, subject: str
) -> dict[str, Json]:
    device, seen = _device_address(prediction.model), _seen(photo, release, subject)
    key = (subject, prediction.model.digest, photo.image_id, photo.digest)
    when = (photo.taken, finding.when)
    more = {"bodySite": site(photo), "encounter": _to(finding.encounter), "basedOn": _all(finding.based_on)}
    found = {}
    for answer in prediction.answers:
        own = urn("observation", *key, answer.question)
        found[own] = observation(own, subject, device, seen, when, **(more | answered(prediction, answer)))
    if prediction.quality:
        own = urn("quality", *key, prediction.quality.model)
        found[own] = observation(own, subject, device, seen, when, **(more | quality(prediction.quality)))
    return found


def _risk(finding: Finding, risk: Risk, release: Release, subject: str) -> dict[str, Json]:
    key = (subject, report_address(finding))
    own, assessed = urn("patient-answer", *key), urn("risk", *key)
    device = _device_address(risk.model)
    photos = [one for one in finding.pictures if one.kind == "photo"]
    seen = [to for one in photos for to in _seen(one, release, subject)]
    told = patient_answer(risk)
    answer = observation(own, subject, device, seen, ("", finding.when), **told)
    outcome = {
        "outcome": label_of(risk.model.task, risk.looked_for, risk.title),
        "probabilityDecimal": round(100 * risk.here, 6),  # FHIR wants a percentage here
        "rationale": f"{risk.sentence} At a prevalence of {risk.prevalence:.4g}.",
    }
    assessment = without_empty(
        {
            "resourceType": "RiskAssessment",
            "identifier": [identifier(assessed)],
            "status": "preliminary",
            "method": concept(text=f"{risk.model.name} {risk.model.version}, at the clinic's own prevalence"),
            "code": concept(text=f"Risk from photos: {risk.title}"),
            "subject": reference(subject),
            "encounter": _to(finding.encounter),
            "occurrenceDateTime": finding.when,
            "performer": reference(device),
            "basis": [reference(own), *(reference(to) for to in seen)],
            "prediction": [outcome],
            "note": told["note"],
        }
    )
    return {own: answer, assessed: assessment}


def _to(target: str) -> Json | None:
    return reference(target) if target else None


def _all(target: str) -> list[Json] | None:
    return [reference(target)] if target else None


def _report(finding: Finding, subject: str, results: list[str]) -> Json:
    said = _conclusion(finding)
    taken = [one.taken for one in finding.pictures if one.taken]
    media = [
        {"comment": one.title or one.kind, "link": reference(address(one, subject))}
        for one in finding.pictures
    ]
    return without_empty(
        {
            "resourceType": "DiagnosticReport",
            "text": {
                "status": "generated",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(said)}</p></div>',
            },
            "identifier": [identifier(report_address(finding))],
            "basedOn": _all(finding.based_on),
            "status": "preliminary",
            "category": [concept(coding(f"{TERMINOLOGY}/v2-0074", "IMG", "Diagnostic Imaging"))],
            "code": concept(
                coding(LOINC, "18748-4", "Diagnostic Imaging Report"), text="Photos of the skin, by software"
            ),
            "subject": reference(subject),
            "encounter": _to(finding.encounter),
            "effectiveDateTime": min(taken, default=finding.when),
            "issued": finding.when,
            "result": [reference(one) for one in results],
            "media": media,
            "conclusion": said,
        }
    )


def _conclusion(finding: Finding) -> str:
    said = [finding.risk.sentence] if finding.risk else []
    said += [_in_words(one, answer) for one in finding.predictions for answer in one.answers]
    rendered = any(one.model.rendered for one in finding.predictions)
    rendered = rendered or bool(finding.risk and finding.risk.model.rendered)
    return " ".join([*said, PRELIMINARY, *([RENDERED] if rendered else [])])


def _in_words(prediction: Prediction, answer: Answer) -> str:
    best = next((one for one in answer.outcomes if one.name == answer.said), None)
    asked = answer.title or prediction.model.title
    if best is None:
        return f"{asked} of {prediction.image_id}: {answer.said}."
    return (
        f"{asked} of {prediction.image_id}: {best.title or best.name}, probability {best.probability:.0%} "
        f"(about {round(1000 * best.probability)} in 1,000)."
    )
