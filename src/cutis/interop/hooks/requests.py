"""What a record asks: checked before anything is concluded from it.

Source: HL7, CDS Hooks 2.0; hooks patient-view 1.0 and order-select 1.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cutis.core.errors import CutisError
from cutis.interop.fhir.elements import patient_of
from cutis.interop.fhir.errors import WrongPatientError

MOST_BYTES = 2 << 20
MOST_RESOURCES = 1000  # of one prefetch
HOOKS = ("patient-view", "order-select")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_DEEPEST = 60  # levels of JSON; FHIR needs far fewer


class HookError(CutisError):
    """A request that is not answered with cards.

    Args:
        status: of HTTP.
        message: why, and how to mend it; nothing of what was sent.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True)
class HookRequest:
    """A call of a service.

    Attributes:
        hook: one of `HOOKS`.
        instance: of this call.
        patient: its id at the record's server.
        context: of the hook.
        prefetch: what the record fetched for us, by our names.
        base: the record's FHIR server; empty where it names none.
    """

    hook: str
    instance: str
    patient: str
    context: Mapping[str, Any]
    prefetch: Mapping[str, Any]
    base: str = ""

    def resources(self, name: str, *kinds: str) -> Iterator[Mapping[str, Any]]:
        """Resources of a prefetch, all of this patient.

        Raises:
            HookError: one is of another patient, or of nobody.
        """
        yield from of_patient(self.prefetch.get(name), self, kinds)

    def drafts(self) -> Iterator[Mapping[str, Any]]:
        """The draft orders that are being selected, all of this patient.

        Raises:
            HookError: one is of another patient, or of nobody.
        """
        chosen = {str(one) for one in self.context.get("selections", ()) if isinstance(one, str)}
        for one in of_patient(self.context.get("draftOrders"), self, ("MedicationRequest",)):
            if f"MedicationRequest/{one.get('id', '')}" in chosen:
                yield one


def read_request(body: bytes, hook: str) -> HookRequest:
    """A request, checked.

    Args:
        body: as it was sent.
        hook: of the service that was called.

    Raises:
        HookError: it is not what the specification asks for, or not of this hook; 400 or 413.
    """
    told = read_json(body)
    if told.get("hook") != hook:
        raise HookError(400, f"this service answers the hook '{hook}'. Call it with that one.")
    instance, context = told.get("hookInstance"), told.get("context")
    if not isinstance(instance, str) or not _UUID.fullmatch(instance):
        raise HookError(400, "hookInstance is missing, or is no UUID.")
    if not isinstance(context, Mapping):
        raise HookError(400, "context is missing. It names user and patient.")
    patient = context.get("patientId")
    if not isinstance(patient, str) or not _ID.fullmatch(patient):
        raise HookError(400, "context.patientId is missing, or is no FHIR id.")
    if not isinstance(context.get("userId"), str) or not context["userId"]:
        raise HookError(400, "context.userId is missing.")
    prefetch = told.get("prefetch") or {}
    if not isinstance(prefetch, Mapping):
        raise HookError(400, "prefetch is no object.")
    base = told.get("fhirServer") or ""
    if not isinstance(base, str) or (told.get("fhirAuthorization") and not base):
        raise HookError(400, "fhirServer is missing where fhirAuthorization is given.")
    if hook == "order-select":
        _see_orders(context)
    request = HookRequest(hook, instance, patient, context, prefetch, base)
    _see_patient(request)
    return request


def read_json(body: bytes) -> Mapping[str, Any]:
    """A JSON object.

    Raises:
        HookError: it is none, or too large; 400 or 413.
    """
    if len(body) > MOST_BYTES:
        raise HookError(413, f"the request is larger than {MOST_BYTES >> 20} MiB. Ask for fewer resources.")
    try:
        told = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise HookError(400, "the request is no JSON.") from error
    if not isinstance(told, dict) or _deeper(told, _DEEPEST):
        raise HookError(400, "the request is no JSON object that FHIR could hold.")
    return told


def _no_number(name: str) -> float:
    raise ValueError(name)


def _deeper(item: Any, levels: int) -> bool:
    if not isinstance(item, dict | list):
        return False
    parts = item.values() if isinstance(item, dict) else item
    return levels == 0 or any(_deeper(part, levels - 1) for part in parts)


def _see_orders(context: Mapping[str, Any]) -> None:
    selections, drafts = context.get("selections"), context.get("draftOrders")
    if not isinstance(selections, list) or not isinstance(drafts, Mapping):
        raise HookError(400, "context.selections and context.draftOrders are missing; order-select has both.")
    if drafts.get("resourceType") != "Bundle":
        raise HookError(400, "context.draftOrders is no Bundle.")


def _see_patient(request: HookRequest) -> None:
    given = request.prefetch.get("patient")
    if given is None:
        return
    if not isinstance(given, Mapping) or given.get("resourceType") != "Patient":
        raise HookError(400, "prefetch.patient is no Patient.")
    if given.get("id") != request.patient:
        raise HookError(
            400, "prefetch.patient is another patient than context.patientId. Nothing was concluded."
        )


def of_patient(given: Any, request: HookRequest, kinds: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """Resources of some kinds in a Bundle or alone; nothing where there is none.

    Raises:
        HookError: one is of another patient, or of nobody.
    """
    if not isinstance(given, Mapping):
        return
    found: list[Any] = [given]
    if given.get("resourceType") == "Bundle":
        entries = given.get("entry") or []
        if not isinstance(entries, list):
            raise HookError(400, "a Bundle's entry is no list.")
        if len(entries) > MOST_RESOURCES:
            raise HookError(413, f"a Bundle holds more than {MOST_RESOURCES} resources. Ask for fewer.")
        found = [entry.get("resource") for entry in entries if isinstance(entry, Mapping)]
    for one in found:
        if not isinstance(one, Mapping) or one.get("resourceType") not in kinds:
            continue
        subject = one.get("subject") or one.get("patient")
        said = subject.get("reference") if isinstance(subject, Mapping) else None
        try:
            own = patient_of(str(said or ""), request.base)
        except WrongPatientError:
            own = ""
        if own != f"Patient/{request.patient}":
            raise HookError(
                400,
                "a resource is of another patient than context.patientId, or of nobody. Nothing was "
                "concluded.",
            )
        yield one
