from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutis.interop.fhir.bundle import transaction
from cutis.interop.fhir.elements import RELEASES, Release
from cutis.interop.fhir.errors import FhirError, WrongPatientError
from cutis.interop.fhir.read import predictions_in, risk_in
from cutis.interop.fhir.results import Finding

Problems = Callable[[str, dict[str, Any]], list[str]]


def _kinds(bundle: dict[str, Any]) -> list[str]:
    return [entry["resource"]["resourceType"] for entry in bundle["entry"]]


@pytest.mark.parametrize("release", RELEASES)
def test_every_resource_holds_in_hl7s_own_schema(
    release: Release, finding: Finding, problems: Problems
) -> None:
    assert problems(release, transaction(finding, release)) == []


def test_the_schema_would_find_what_is_wrong(finding: Finding, problems: Problems) -> None:
    for break_it in (
        lambda one: one.pop("code"),
        lambda one: one.update(status=7),
        lambda one: one.update(colour="red"),
        lambda one: one["device"].update(reference=["Device/1"]),
    ):
        bundle = json.loads(json.dumps(transaction(finding, "R4")))
        break_it(
            next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Observation")
        )
        assert problems("R4", bundle)
    assert problems("R5", transaction(finding, "R4"))
    assert problems("R4", transaction(finding, "R5"))


@pytest.mark.parametrize("release", RELEASES)
def test_every_resource_is_read_by_a_library_that_nobody_here_wrote(
    release: Release, finding: Finding
) -> None:
    fhir = pytest.importorskip("fhir.resources")
    for entry in transaction(finding, release)["entry"]:
        resource = entry["resource"]
        kind = resource["resourceType"]
        name = kind if release == "R5" else f"R4B.{kind}"
        if release == "R5":
            model = fhir.get_fhir_model_class(kind)
        else:
            from importlib import import_module

            model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
        read = model.model_validate(resource)
        assert json.loads(read.model_dump_json())["resourceType"] == kind, name


@pytest.mark.parametrize("release", RELEASES)
def test_every_reference_inside_points_at_something_in_the_bundle(release: Release, finding: Finding) -> None:
    bundle = transaction(finding, release)
    there = {entry["fullUrl"] for entry in bundle["entry"]}

    def references(item: Any) -> list[str]:
        if isinstance(item, dict):
            own = [item["reference"]] if isinstance(item.get("reference"), str) else []
            return own + [found for value in item.values() for found in references(value)]
        return [found for value in item for found in references(value)] if isinstance(item, list) else []

    asked = [to for entry in bundle["entry"] for to in references(entry["resource"])]
    assert {to for to in asked if to.startswith("urn:uuid:")} <= there
    assert {to for to in asked if not to.startswith("urn:uuid:")} == {
        "Patient/12",
        "Encounter/3",
        "ServiceRequest/9",
    }


def test_r4_has_media_and_r5_a_document_and_a_selection(finding: Finding) -> None:
    old, new = _kinds(transaction(finding, "R4")), _kinds(transaction(finding, "R5"))
    assert old.count("Media") == 3 and "DocumentReference" not in old
    assert new.count("DocumentReference") == 3 and new.count("ImagingSelection") == 2 and "Media" not in new
    for kinds in (old, new):
        assert kinds.count("DiagnosticReport") == 1 and kinds.count("RiskAssessment") == 1
        assert kinds.count("Observation") == 1 + 2 + 1 + 1


@pytest.mark.parametrize("release", RELEASES)
def test_everything_clinical_is_preliminary(release: Release, finding: Finding) -> None:
    for entry in transaction(finding, release)["entry"]:
        if entry["resource"]["resourceType"] in ("DiagnosticReport", "Observation", "RiskAssessment"):
            assert entry["resource"]["status"] == "preliminary"


def test_a_risk_is_a_percentage_as_fhir_wants_it(finding: Finding) -> None:
    entries = transaction(finding, "R4")["entry"]
    said = next(e["resource"] for e in entries if e["resource"]["resourceType"] == "RiskAssessment")
    assert said["prediction"][0]["probabilityDecimal"] == pytest.approx(2.14)
    codes = {one["code"] for one in said["prediction"][0]["outcome"]["coding"]}
    assert {"severe", "768946000", "EB13"} == codes


@pytest.mark.parametrize("release", RELEASES)
def test_the_same_finding_is_the_same_transaction(release: Release, finding: Finding) -> None:
    first, later = (
        transaction(finding, release),
        transaction(replace(finding, when="2027-01-01T00:00:00Z"), release),
    )
    asked = [[entry["request"] for entry in bundle["entry"]] for bundle in (first, later)]
    assert asked[0] == asked[1]
    assert len({one["ifNoneExist"] for one in asked[0]}) == len(asked[0])
    other = replace(finding, predictions=finding.predictions[:1])
    assert transaction(other, release)["entry"][-1]["request"] != asked[0][-1]


@pytest.mark.parametrize("release", RELEASES)
def test_what_was_said_is_read_back(release: Release, finding: Finding) -> None:
    bundle = json.loads(json.dumps(transaction(finding, release)))
    assert predictions_in(bundle) == finding.predictions
    assert risk_in(bundle) == finding.risk


def test_what_a_server_answers_to_a_search_is_read_back(finding: Finding) -> None:
    """A server gives its own ids and addresses; identifiers stay."""
    bundle = json.loads(json.dumps(transaction(finding, "R4")))
    numbered = {
        entry["fullUrl"]: f"{entry['resource']['resourceType']}/{number}"
        for number, entry in enumerate(bundle["entry"])
    }
    text = json.dumps(bundle["entry"])
    for own, new in numbered.items():
        text = text.replace(f'"reference": "{own}"', f'"reference": "{new}"')
    entries = json.loads(text)
    for entry in entries:
        own = entry.pop("fullUrl")
        entry.pop("request")
        entry["resource"]["id"] = numbered[own].split("/")[1]
        entry["fullUrl"] = f"https://ehr.example/fhir/{numbered[own]}"
    answer = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    assert predictions_in(answer) == finding.predictions and risk_in(answer) == finding.risk


@pytest.mark.parametrize(
    "other",
    ["Patient/13", "https://elsewhere.example/fhir/Patient/12", "Patient/", "", "Group/12", "Patient/12/x"],
)
def test_a_photo_of_another_patient_is_refused(finding: Finding, other: str) -> None:
    pictures = (replace(finding.pictures[0], subject=other), *finding.pictures[1:])
    with pytest.raises(WrongPatientError, match="Nothing was"):
        transaction(replace(finding, pictures=pictures))


@pytest.mark.parametrize(
    "same", ["https://ehr.example/fhir/Patient/12", "Patient/12/_history/4", " Patient/12 "]
)
def test_the_same_patient_may_be_written_in_several_ways(finding: Finding, same: str) -> None:
    pictures = tuple(replace(one, subject=same) for one in finding.pictures)
    assert transaction(replace(finding, pictures=pictures)) == transaction(finding)


def test_a_prediction_without_its_photo_is_refused(finding: Finding) -> None:
    with pytest.raises(FhirError, match="its photo is not given"):
        transaction(replace(finding, pictures=finding.pictures[:2]))
    with pytest.raises(FhirError, match="nothing to report"):
        transaction(replace(finding, predictions=(), risk=None))


def test_no_code_that_is_not_verified_is_told(finding: Finding) -> None:
    text = json.dumps(transaction(finding, "R4"))
    assert '"2F20"' not in text and '"2C30"' in text and "C43.9" in text and "93655004" in text
    assert "201101007" not in text  # one half of what the label means


def test_a_bundle_without_the_device_is_not_understood(finding: Finding) -> None:
    bundle = transaction(finding, "R4")
    bundle["entry"] = [e for e in bundle["entry"] if e["resource"]["resourceType"] != "Device"]
    with pytest.raises(FhirError, match="Device"):
        predictions_in(bundle)
    with pytest.raises(FhirError, match="no FHIR Bundle"):
        predictions_in({"resourceType": "Patient"})


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_junk_anywhere_is_refused_in_one_sentence_or_passed_over(
    finding: Finding, spoil: Callable[..., None], data: st.DataObject
) -> None:
    bundle = json.loads(json.dumps(transaction(finding, "R4")))
    spoil(bundle, data)
    for read in (predictions_in, risk_in):
        with suppress(FhirError):
            read(bundle)


def test_nothing_of_a_patient_is_logged(finding: Finding, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        predictions_in(transaction(finding, "R4"))
    assert caplog.text == ""


def test_text_of_others_cannot_break_the_narrative(finding: Finding) -> None:
    evil = replace(finding.risk, sentence="<script>alert(1)</script> & more") if finding.risk else None
    report = transaction(replace(finding, risk=evil))["entry"][-1]["resource"]
    assert "<script>" not in report["text"]["div"] and "&lt;script&gt;" in report["text"]["div"]
