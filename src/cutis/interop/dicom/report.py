"""What a model says of a photo, as a structured report: TID 1500 of PS3.16.

It follows the conventions of IHE's AI Results for what is found: a Comprehensive SR in the photo's own study,
one measurement group (TID 1501) per question with what was answered as a qualitative evaluation, each
probability as a measurement, the photo as its source, and the algorithm with its version (TID 4019); the
observer is the device; the document is preliminary and not verified.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from cutis.core.errors import ImageError
from cutis.core.version import __version__
from cutis.interop.dicom import concepts as c
from cutis.interop.dicom.source import as_evidence, in_zone_of, looked_at, put_zone_of
from cutis.interop.dicom.uids import uid_of
from cutis.interop.fhir.results import Answer, Model, Outcome, Prediction, Quality

REPORT = "1.2.840.10008.5.1.4.1.1.88.33"  # Comprehensive SR Storage
_PROCEDURES = {"dermoscopic": "DermoscopicPhotography", "clinical": "PhotographyOfPatient"}


def report(
    image: Any, prediction: Prediction, *, moment: dt.datetime | None = None, series_number: int = 900
) -> Any:
    """A structured report of a prediction.

    The same photo and bundle always give the same UIDs, so that sending again adds nothing.

    Args:
        image: the pydicom data set of the photo; its pixels are not needed.
        prediction: what was said of it.
        moment: when; now by default.
        series_number: of the new series.

    Returns:
        The data set of a Comprehensive SR.

    Raises:
        ImageError: the photo's data set lacks what a report must repeat, such as its study.
    """
    from highdicom.sr import ComprehensiveSR

    moment = in_zone_of(moment or dt.datetime.now().astimezone(), image)
    model = prediction.model
    uids = {
        part: uid_of(part, str(image.get("SOPInstanceUID")), model.digest) for part in ("series", "report")
    }
    try:
        made: Any = ComprehensiveSR(
            evidence=[as_evidence(image)],
            content=_content(image, prediction),
            series_instance_uid=uids["series"],
            series_number=series_number,
            sop_instance_uid=uids["report"],
            instance_number=1,
            manufacturer="cutis",
            is_complete=True,
            is_final=False,
            is_verified=False,
        )
    except (AttributeError, KeyError, NotImplementedError, TypeError, ValueError) as error:
        what = f"has too little in it for a report ({' '.join(str(error).split())})"
        raise ImageError(str(image.get("SOPInstanceUID", "the image")), f"{what}. Check it first.") from error
    made.ManufacturerModelName = model.name[:64]
    made.SoftwareVersions = [f"cutis {__version__}", f"{model.name} {model.version}"[:64]]
    made.SeriesDescription = f"{model.title or model.task}: preliminary, for research use"[:64]
    made.ContentDate = made.InstanceCreationDate = moment.strftime("%Y%m%d")
    made.ContentTime = made.InstanceCreationTime = moment.strftime("%H%M%S")
    made.SpecificCharacterSet = "ISO_IR 192"
    put_zone_of(made, image)
    _separate(made)
    made.CodingSchemeIdentificationSequence = [
        *made.get("CodingSchemeIdentificationSequence", ()),
        c.scheme(),
    ]
    return made


def _separate(item: Any) -> None:
    """Items stand apart: where they run on as text, viewers show numbers without what they are."""
    if item.get("ValueType") == "CONTAINER":
        item.ContinuityOfContent = "SEPARATE"
    for part in item.get("ContentSequence") or ():
        _separate(part)


def _content(image: Any, prediction: Prediction) -> Any:
    from highdicom.sr import (
        DeviceObserverIdentifyingAttributes,
        MeasurementReport,
        ObservationContext,
        ObserverContext,
    )
    from pydicom.sr.codedict import codes

    model = prediction.model
    observer = ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=uid_of("model", model.digest),
            name=model.name,
            manufacturer_name="cutis",
            model_name=model.name,
            serial_number=model.version,
        ),
    )
    groups = [_answer(image, prediction, answer) for answer in prediction.answers]
    if prediction.quality:
        groups.append(_quality(image, prediction, prediction.quality))
    procedure = getattr(codes.SCT, _PROCEDURES.get(model.modality, "ImagingProcedure"))
    return MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer),
        procedure_reported=procedure,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )


def _answer(image: Any, prediction: Prediction, answer: Answer) -> Any:
    from highdicom.sr import QualitativeEvaluation
    from pydicom.sr.codedict import codes

    model = prediction.model
    by_name = {outcome.name: outcome for outcome in answer.outcomes}
    first = answer is prediction.answers[0]
    what: Any = codes.DCM.ClinicalFinding
    if answer.question:
        what = c.label_concept(model.task, Outcome(answer.question, answer.title, 0.0))
    said = [
        QualitativeEvaluation(codes.DCM.Finding, c.label_concept(model.task, _named(by_name, name)))
        for name in answer.said.split(";")
        if name
    ]
    if first:
        said += _beside(prediction, by_name)
    numbers = [*_probabilities(answer.outcomes)]
    if answer.expected is not None:
        numbers.append(_number(c.EXPECTED, "Mean grade, counted from 0", answer.expected))
    if first:
        numbers += [
            _number(f"{c.POINT}{n}", f"Threshold: {point.name}", point.threshold)
            for n, point in enumerate(prediction.points)
        ]
        if prediction.set:
            numbers.append(
                _number(c.COVERAGE, "Promised coverage of the prediction set", prediction.set.coverage)
            )
    return _group(
        image, prediction, answer.question or "answer", what, numbers, said, _facts(prediction, answer)
    )


def _beside(prediction: Prediction, by_name: dict[str, Outcome]) -> Iterator[Any]:
    """On which side of the operating points it is, and the set of likely labels."""
    from highdicom.sr import QualitativeEvaluation

    for n, point in enumerate(prediction.points):
        value = c.own("yes", "Reached") if point.reached else c.own("no", "Not reached")
        yield QualitativeEvaluation(c.own(f"{c.REACHED}{n}", f"Operating point: {point.name}"), value)
    for name in prediction.set.labels if prediction.set else ():
        value = c.label_concept(prediction.model.task, _named(by_name, name))
        yield QualitativeEvaluation(c.own(c.IN_SET, "In the prediction set"), value)


def _quality(image: Any, prediction: Prediction, quality: Quality) -> Any:
    from highdicom.sr import QualitativeEvaluation
    from pydicom.sr.codedict import codes

    said = [
        QualitativeEvaluation(codes.DCM.ImageQuality, c.own(quality.grade, quality.title or quality.grade)),
        QualitativeEvaluation(
            c.own(c.PASSED, "Good enough to be judged"),
            c.own("yes", "Yes") if quality.passed else c.own("no", "No"),
        ),
    ]
    numbers = [
        _number(c.GOOD, "Probability of good quality", quality.good),
        _number(c.GOOD_FROM, "Threshold on that", quality.threshold),
        *_probabilities(quality.reasons, prefix=c.REASON),
    ]
    told = {outcome.name: outcome.title for outcome in quality.reasons}
    facts = {"gate": quality.model, "grade": [quality.grade, quality.title], "titles": told}
    gate, _, version = quality.model.rpartition(" ")
    by = (gate, version) if gate else (quality.model or "quality gate", "unknown")
    return _group(image, prediction, "image quality", codes.DCM.ImageQuality, numbers, said, facts, by)


def _group(
    image: Any,
    prediction: Prediction,
    name: str,
    what: Any,
    numbers: list[Any],
    said: list[Any],
    facts: dict[str, Any],
    by: tuple[str, str] | None = None,
) -> Any:
    from highdicom.sr import (
        AlgorithmIdentification,
        MeasurementsAndQualitativeEvaluations,
        SourceImageForMeasurementGroup,
        TrackingIdentifier,
    )
    from pydicom.sr.codedict import codes

    model = prediction.model
    uid = str(image.SOPInstanceUID)
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=uid_of("tracking", uid, model.digest, name), identifier=f"{model.task or model.name}: {name}"
        ),
        finding_type=what,
        algorithm_id=AlgorithmIdentification(
            name=by[0] if by else model.name,
            version=by[1] if by else model.version,
            family=codes.DCM.ArtificialIntelligence,
            parameters=[f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()],
        ),
        measurements=numbers,
        qualitative_evaluations=said,
        source_images=[SourceImageForMeasurementGroup(str(image.SOPClassUID), uid, looked_at(image))],
    )


def _facts(prediction: Prediction, answer: Answer) -> dict[str, Any]:
    """What the algorithm's parameters tell beside its name, in words that people can read as well."""
    facts: dict[str, Any] = {
        "image": prediction.image_id,
        **_model_facts(prediction.model),
        "question": [answer.question, answer.title],
        "titles": {outcome.name: outcome.title for outcome in answer.outcomes},
        "answer": answer.said,
    }
    if answer is prediction.answers[0]:
        facts["operating points"] = [[point.name, point.label, point.rule] for point in prediction.points]
        facts["level of intervals"] = prediction.level
        facts["prediction set"] = list(prediction.set.labels) if prediction.set else None
    return facts


def _model_facts(model: Model) -> dict[str, Any]:
    return {
        "task": model.task,
        "title": model.title,
        "bundle sha256": model.digest,
        "trained on rendered images, not for care": model.rendered,
        "modality": model.modality,
        "licence": model.licence,
    }


def _probabilities(outcomes: tuple[Outcome, ...], prefix: str = c.PROBABILITY) -> Iterator[Any]:
    for outcome in outcomes:
        title = outcome.title or outcome.name
        yield _number(f"{prefix}{outcome.name}", f"Probability of {title}", outcome.probability)
        if outcome.interval:
            yield _number(f"{c.LOW}{outcome.name}", f"Low end of the interval: {title}", outcome.interval[0])
            yield _number(
                f"{c.HIGH}{outcome.name}", f"High end of the interval: {title}", outcome.interval[1]
            )


def _number(value: str, meaning: str, number: float) -> Any:
    from highdicom.sr import Measurement
    from pydicom.sr.codedict import codes

    made = Measurement(c.own(value, meaning), float(number), codes.UCUM.NoUnits)
    # The decimal string holds 16 characters; this holds the number itself (PS3.3 C.18.1).
    made[0].MeasuredValueSequence[0].FloatingPointValue = float(number)
    return made


def _named(by_name: dict[str, Outcome], name: str) -> Outcome:
    return by_name.get(name) or Outcome(name, name, 0.0)
