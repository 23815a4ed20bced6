"""Requests as the specification's examples have them, about people who do not exist."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

TODAY = date(2026, 11, 21)
CALL = {
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "fhirServer": "https://ehr.example/fhir",
    "hook": "patient-view",
    "fhirAuthorization": {
        "access_token": "some-opaque-fhir-access-token",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/Patient.read user/Observation.read",
        "subject": "cds-service4",
    },
    "context": {"userId": "Practitioner/example", "patientId": "1288992", "encounterId": "89284"},
    "prefetch": {
        "patient": {"resourceType": "Patient", "id": "1288992", "gender": "male", "birthDate": "1955-12-23"}
    },
}


def _bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]}


def _rash(began: str = "2026-11-18", patient: str = "Patient/1288992", **more: Any) -> dict[str, Any]:
    code = {
        "coding": [{"system": "http://snomed.info/sct", "code": "271807003", "display": "Eruption of skin"}]
    }
    active = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
    }
    subject = {"reference": patient}
    own = {"code": code, "clinicalStatus": active, "subject": subject, "onsetDateTime": began}
    return {"resourceType": "Condition", **own, **more}


def _drug(
    name: str = "Carbamazepine 200 MG Oral Tablet", began: str = "2026-11-04", **more: Any
) -> dict[str, Any]:
    own = {
        "id": "smart-MedicationRequest-103",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/1288992"},
        "medicationCodeableConcept": {"text": name},
        "authoredOn": began,
    }
    return {"resourceType": "MedicationRequest", **own, **more}


@pytest.fixture
def asked() -> Callable[..., dict[str, Any]]:
    """Make a request; rashes and drugs as Bundles of the prefetch."""

    def make(
        rashes: list[Any] | None = None,
        drugs: list[Any] | None = None,
        hook: str = "patient-view",
        **prefetch: Any,
    ) -> dict[str, Any]:
        call = copy.deepcopy(CALL)
        call["hook"] = hook
        found = {"conditions": _bundle(*(rashes or [])), "medications": _bundle(*(drugs or []))}
        call["prefetch"] |= found | prefetch  # type: ignore[operator]
        if hook == "order-select":
            call["context"] |= {  # type: ignore[operator]
                "selections": ["MedicationRequest/draft-1"],
                "draftOrders": _bundle(
                    _drug("lamotrigine", id="draft-1", status="draft", authoredOn="2026-11-21")
                ),
            }
        return call

    return make


@pytest.fixture
def rash() -> Callable[..., dict[str, Any]]:
    return _rash


@pytest.fixture
def drug() -> Callable[..., dict[str, Any]]:
    return _drug


@pytest.fixture
def sent() -> Callable[[Any], bytes]:
    return lambda call: json.dumps(call).encode()
