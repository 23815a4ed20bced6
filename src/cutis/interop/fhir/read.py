"""From resources back to what cutis said, exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from cutis.interop.codes.table import GRADES, REASONS
from cutis.interop.fhir.elements import DCM, IMAGE, LABEL, PART, POINT, URI, code_in, mappings
from cutis.interop.fhir.errors import FhirError
from cutis.interop.fhir.observations import IN_SET, INTERVAL, LESION, QUALITY, SHARE, TASK
from cutis.interop.fhir.results import (
    Answer,
    LesionScore,
    Model,
    Outcome,
    Point,
    Prediction,
    PredictionSet,
    Quality,
    Risk,
)

Resource = Mapping[str, Any]
P = ParamSpec("P")
R = TypeVar("R")


def _complete(read: Callable[P, R]) -> Callable[P, R]:
    """What others wrote may lack anything, or hold anything: one sentence says so, whatever it is."""

    @wraps(read)
    def guarded(*given: P.args, **named: P.kwargs) -> R:
        try:
            return read(*given, **named)
        except FhirError:
            raise
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise FhirError(f"an Observation of cutis lacks a part that it must have ({error}).") from error

    return guarded


@_complete
def predictions_in(bundle: Resource) -> tuple[Prediction, ...]:
    """The predictions of a Bundle: one that cutis made, or what a server answers to a search.

    Args:
        bundle: R4 or R5, with the Observations, their Devices and their pictures.

    Returns:
        In the order of the Observations. Observations of others are passed over.

    Raises:
        FhirError: an Observation of cutis whose Device or picture is not in the Bundle, or which lacks parts.
    """
    known = _index(bundle)
    found: dict[tuple[str, str], list[Resource]] = {}
    gates: dict[str, Resource] = {}
    for one in _observations(bundle):
        if code_in(one["code"], TASK) is not None:
            device = _reference(one["device"])
            found.setdefault((device, _image_id(one, known)), []).append(one)
        elif code_in(one["code"], DCM) == "111101":
            gates[_image_id(one, known) + "\x1f" + _reference(one["device"])] = one
    return tuple(
        _prediction(_model(known, device), image, told, gates.get(f"{image}\x1f{device}"))
        for (device, image), told in found.items()
    )


@_complete
def risk_in(bundle: Resource) -> Risk | None:
    """The answer for a patient in a Bundle; None where there is none.

    Raises:
        FhirError: see `predictions_in`.
    """
    known = _index(bundle)
    for one in _observations(bundle):
        if code_in(one["code"], PART) == "patient-answer":
            return _risk(_model(known, _reference(one["device"])), one)
    return None


def _entries(bundle: Resource) -> Iterator[tuple[str, Resource]]:
    if bundle.get("resourceType") != "Bundle":
        raise FhirError("this is no FHIR Bundle.")
    for entry in mappings(bundle.get("entry")):
        if isinstance(entry.get("resource"), Mapping):
            yield str(entry.get("fullUrl", "")), entry["resource"]


def _observations(bundle: Resource) -> Iterator[Resource]:
    for _, one in _entries(bundle):
        if one.get("resourceType") == "Observation" and isinstance(one.get("code"), Mapping):
            yield one


def _index(bundle: Resource) -> dict[str, Resource]:
    """Resources by every address that a reference may use."""
    known: dict[str, Resource] = {}
    for url, one in _entries(bundle):
        own = [item.get("value", "") for item in mappings(one.get("identifier")) if item.get("system") == URI]
        for address in (url, f"{one.get('resourceType')}/{one.get('id', '')}", *own):
            known.setdefault(address, one)
    return known


def _reference(item: Resource) -> str:
    return str(item["reference"]).split("/_history/")[0]


def _image_id(one: Resource, known: Mapping[str, Resource]) -> str:
    for item in one.get("derivedFrom", ()):
        picture = known.get(_reference(item), {})
        for told in picture.get("identifier", ()):
            if told.get("system") == IMAGE:
                return str(told["value"])
    raise FhirError("an Observation of cutis names a picture that is not in the Bundle. Ask for both.")


def _model(known: Mapping[str, Resource], device: str) -> Model:
    if device not in known:
        raise FhirError("an Observation of cutis names a Device that is not in the Bundle. Ask for both.")
    found = known[device]
    names = found.get("deviceName") or found.get("name") or [{}]
    told = {one["type"]["text"]: one["value"] for one in found.get("version", ()) if "type" in one}
    return Model(
        name=str(names[0].get("name") or names[0].get("value") or ""),
        version=told.get("version", ""),
        digest=told.get("sha256", ""),
        task=told.get("task", ""),
        title=told.get("title", ""),
        rendered=told.get("rendered") == "yes",
        modality=told.get("modality", ""),
        licence=told.get("licence", ""),
    )


def _own(item: Resource, set_name: str) -> tuple[str, str] | None:
    for one in mappings(item.get("coding")):
        if one.get("system") == f"{LABEL}:{set_name}":
            return str(one["code"]), str(one.get("display", ""))
    return None


def _prediction(model: Model, image: str, told: list[Resource], gate: Resource | None) -> Prediction:
    parts = [part for one in told for part in one.get("component", ())]
    return Prediction(
        model=model,
        image_id=image,
        answers=tuple(_answer(model, one) for one in told),
        points=tuple(_points(parts)),
        level=_part(parts, "interval-level"),
        set=_set(parts),
        quality=None if gate is None else _quality(gate),
    )


def _answer(model: Model, one: Resource) -> Answer:
    question, _ = _own(one["code"], model.task) or ("", "")
    grades = GRADES.get(model.task, model.task) if question else model.task
    parts = one.get("component", ())
    said, _ = _own(one["valueCodeableConcept"], grades) or ("", "")
    return Answer(
        question=question,
        title=str(one["code"].get("text", "")),
        said=said,
        outcomes=tuple(_outcomes(parts, grades)),
        expected=_part(parts, "expected"),
    )


def _outcomes(parts: Any, set_name: str) -> Iterator[Outcome]:
    bounds = {}
    for part in parts:
        name = code_in(part["code"], INTERVAL)
        if name is not None:
            ends = part["valueRange"]
            bounds[name] = (float(ends["low"]["value"]), float(ends["high"]["value"]))
    for part in parts:
        own = _own(part["code"], set_name)
        if own is not None:
            yield Outcome(own[0], own[1], _number(part), bounds.get(own[0]))


def _number(part: Resource) -> float:
    return float(part["valueQuantity"]["value"])


def _part(parts: Any, code: str) -> float | None:
    return next((_number(part) for part in parts if code_in(part["code"], PART) == code), None)


def _reached(one: Resource) -> bool:
    return any(code.get("code") == "POS" for item in one["interpretation"] for code in item["coding"])


def _points(parts: Any) -> Iterator[Point]:
    for part in parts:
        for one in mappings(part["code"].get("coding")):
            if one.get("system") == POINT:
                name, rule = str(part["code"].get("text", "")), str(one.get("display", ""))
                yield Point(name, str(one["code"]), _number(part), rule, _reached(part))


def _set(parts: Any) -> PredictionSet | None:
    coverage = _part(parts, "coverage")
    if coverage is None:
        return None
    names = (code_in(part["code"], IN_SET) for part in parts)
    return PredictionSet(tuple(name for name in names if name is not None), coverage)


def _quality(one: Resource) -> Quality:
    parts = one["component"]
    grade, title = _own(one["valueCodeableConcept"], QUALITY) or ("", "")
    passed = next(part["valueBoolean"] for part in parts if code_in(part["code"], PART) == "passed")
    good, threshold = _part(parts, "good"), _part(parts, "threshold")
    if good is None or threshold is None:
        raise KeyError("good")
    reasons = tuple(_outcomes(parts, REASONS))
    return Quality(
        grade, title, bool(passed), good, threshold, reasons, one.get("method", {}).get("text", "")
    )


def _risk(model: Model, one: Resource) -> Risk:
    parts = one["component"]
    looked_for, _ = _own(one["code"], model.task) or ("", "")
    numbers = {name: _part(parts, name) for name in ("here", "prevalence", "made-for", "threshold")}
    here, prevalence, made_for, threshold = (float(value) for value in numbers.values())  # type: ignore[arg-type]
    return Risk(
        model=model,
        looked_for=looked_for,
        title=str(one["code"].get("text", "")),
        probability=_number(one),
        made_for=made_for,
        here=here,
        prevalence=prevalence,
        threshold=threshold,
        refer=_reached(one),
        sentence=str(one["note"][0]["text"]),
        lesions=tuple(_lesions(parts)),
    )


def _lesions(parts: Any) -> Iterator[LesionScore]:
    scores = [
        (part, one)
        for part in parts
        for one in mappings(part["code"].get("coding"))
        if one["system"] == LESION
    ]
    shares = [_number(part) for part in parts if code_in(part["code"], SHARE) is not None]
    for (part, one), share in zip(scores, shares, strict=True):
        yield LesionScore(str(one["display"]), int(one["code"]), _number(part), share)
