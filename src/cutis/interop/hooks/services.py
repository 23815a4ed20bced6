"""The services that a record can discover, and the feedback that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cutis.interop.fhir.elements import PART
from cutis.interop.hooks.cards import Words, cards
from cutis.interop.hooks.record import day
from cutis.interop.hooks.requests import HookError, read_json, read_request

PATIENT = "{{context.patientId}}"
PREFETCH: Mapping[str, str] = {
    "patient": f"Patient/{PATIENT}",
    "conditions": f"Condition?patient={PATIENT}&_sort=-recorded-date&_count=50",
    "medications": f"MedicationRequest?patient={PATIENT}&_sort=-authoredon&_count=100",
    "screening": f"Observation?patient={PATIENT}&code={PART}|patient-answer&_sort=-date&_count=5",
}
NEEDED = ("conditions", "medications")
OUTCOMES = ("accepted", "overridden")
SERVICES: Mapping[str, str] = {
    "cutis-rash-patient-view": "patient-view",
    "cutis-rash-order-select": "order-select",
}
_SAID = {
    "patient-view": "Says when a rash of the patient whose record is opened follows a drug that is known for "
    "severe skin reactions, and leads to the screening of photos.",
    "order-select": "Says the same while drugs are ordered, and when a drug that is known for severe skin "
    "reactions is chosen for a patient with a rash.",
}


@dataclass(frozen=True)
class Feedback:
    """What became of a card.

    Attributes:
        card: its identifier.
        outcome: ``accepted`` or ``overridden``.
        reason: code of one of our own reasons; empty where another, or none, was given.
        day: when.
    """

    card: str
    outcome: str
    reason: str
    day: date | None


def discovery() -> dict[str, Any]:
    """What is offered, as the record asks for it."""
    return {
        "services": [
            {
                "hook": hook,
                "title": "Severe drug reactions of the skin",
                "description": _SAID[hook],
                "id": name,
                "prefetch": dict(PREFETCH),
                "usageRequirements": "The record fetches for the service; it asks no server itself.",
            }
            for name, hook in SERVICES.items()
        ]
    }


def call(service: str, body: bytes, words: Words, today: date) -> dict[str, Any]:
    """Answer a call.

    Args:
        service: its id.
        body: as it was sent.
        words: of this clinic.
        today: the day of the call.

    Raises:
        HookError: 404 no such service; 400 or 413 the request does not hold; 412 what is needed was not
            fetched.
    """
    request = read_request(body, hook_of(service))
    missing = [name for name in NEEDED if not isinstance(request.prefetch.get(name), Mapping)]
    if missing:
        raise HookError(412, f"prefetch lacks {' and '.join(missing)}; without it nothing can be said.")
    return {"cards": cards(request, words, today)}


def hook_of(service: str) -> str:
    """The hook of a service.

    Raises:
        HookError: there is no such service.
    """
    if service not in SERVICES:
        raise HookError(404, f"there is no such service. There are: {', '.join(SERVICES)}.")
    return SERVICES[service]


def feedback(service: str, body: bytes) -> tuple[Feedback, ...]:
    """What became of our cards. Comments are not read: they may name people.

    Raises:
        HookError: see `call`.
    """
    hook_of(service)
    told = read_json(body).get("feedback")
    if not isinstance(told, list) or not 0 < len(told) <= 100:
        raise HookError(400, "feedback is missing, or is no list of 1 to 100 cards.")
    return tuple(_feedback(one) for one in told)


def _feedback(one: Any) -> Feedback:
    card = one.get("card") if isinstance(one, Mapping) else None
    outcome = one.get("outcome") if isinstance(one, Mapping) else None
    if not isinstance(card, str) or not 0 < len(card) <= 64 or outcome not in OUTCOMES:
        raise HookError(400, "each feedback names its card, and an outcome: accepted or overridden.")
    why = one.get("overrideReason")
    reason = why.get("reason") if isinstance(why, Mapping) else None
    own = isinstance(reason, Mapping) and reason.get("system") == "urn:cutis:override"
    code = str(reason.get("code", ""))[:40] if own and isinstance(reason, Mapping) else ""
    return Feedback(card, outcome, code, day(one.get("outcomeTimestamp")))
