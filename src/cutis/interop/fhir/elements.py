"""The small parts that resources are made of: concepts, identifiers, references, quantities."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from cutis.interop.codes.table import Code, codes_of
from cutis.interop.fhir.errors import FhirError, WrongPatientError

Release: TypeAlias = Literal["R4", "R5"]
Json: TypeAlias = dict[str, Any]

RELEASES: tuple[Release, ...] = ("R4", "R5")
URI = "urn:ietf:rfc:3986"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
DICOM_UID = "urn:dicom:uid"
LOINC = "http://loinc.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
# Vocabularies of cutis itself: labels by task, and the parts of an observation.
LABEL = "urn:cutis:label"
PART = "urn:cutis:part"
POINT = "urn:cutis:operating-point"
IMAGE = "urn:cutis:image"
DIGEST = "urn:cutis:sha256"
_SPACE = uuid.UUID("6d0b6f4e-2a0f-5d0e-9d2c-63757469730a")  # of all identifiers that are made of content


def named(*parts: str) -> str:
    """A UUID made of content: the same content has the same one, on every machine.

    Source: RFC 9562, version 5.
    """
    return str(uuid.uuid5(_SPACE, "\x1f".join(parts)))


def urn(*parts: str) -> str:
    """`named` as an address."""
    return f"urn:uuid:{named(*parts)}"


def identifier(address: str) -> Json:
    """An identifier that is an address, such as ``urn:uuid:...``."""
    return {"system": URI, "value": address}


def once(address: str) -> str:
    """The search by which a server sees that it has a resource already."""
    return f"identifier={quote(URI, safe=':')}|{quote(address, safe=':')}"


def coding(system: str, code: str, display: str = "") -> Json:
    """One code."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(*codings: Json, text: str = "") -> Json:
    """A concept: codes that mean the same, and a text for people."""
    said: Json = {"coding": list(codings)} if codings else {}
    return said | ({"text": text} if text else {})


def label(set_name: str, name: str, title: str) -> Json:
    """A label as cutis calls it, with every code that the table lets out."""
    own = coding(f"{LABEL}:{set_name}", name, title)
    return concept(own, *(vocabulary(code) for code in codes_of(set_name, name)), text=title or name)


def vocabulary(code: Code) -> Json:
    """A code of the table."""
    return coding(code.url, code.code, code.display)


def probability(value: float) -> Json:
    """A probability as a quantity without a unit."""
    return {"value": value, "unit": "probability", "system": "http://unitsofmeasure.org", "code": "1"}


def reference(to: str) -> Json:
    """A reference by address."""
    return {"reference": to}


def without_empty(resource: Mapping[str, Any]) -> Json:
    """FHIR knows no empty elements: those that say nothing are left out."""
    return {name: value for name, value in resource.items() if value not in ("", None, [], {}, ())}


def code_in(item: Mapping[str, Any], system: str) -> str | None:
    """The code of a vocabulary in a concept; None where it has none."""
    for one in mappings(item.get("coding")):
        if one.get("system") == system:
            return str(one.get("code", ""))
    return None


def mapping(item: Any) -> Mapping[str, Any]:
    """An element that others wrote, or an empty one where it is not what the standard says."""
    return item if isinstance(item, Mapping) else {}


def mappings(items: Any) -> list[Mapping[str, Any]]:
    """A list of elements that others wrote, without what the standard does not allow there."""
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list | tuple) else []


def patient_of(subject: str, base: str = "") -> str:
    """A reference to a patient as ``Patient/<id>``, without version and the server's own address.

    Args:
        subject: ``Patient/12``, its full address, or ``urn:uuid:...``.
        base: the server's address.

    Raises:
        WrongPatientError: it is no reference to a patient of that server.
    """
    said = subject.strip()
    if base and said.startswith(base.rstrip("/") + "/"):
        said = said[len(base.rstrip("/")) + 1 :]
    if said.startswith("urn:uuid:"):
        return said.casefold()
    kind, _, rest = said.partition("/")
    who = rest.split("/_history/")[0]
    if kind != "Patient" or not who or "/" in who:
        raise WrongPatientError(
            "the subject is no reference to a patient of this record, such as Patient/12. Nothing was "
            "written."
        )
    return f"Patient/{who}"


def same_patient(subjects: Iterable[str], base: str = "") -> str:
    """The one patient that all references name.

    Raises:
        WrongPatientError: they name several, or none.
    """
    found = {patient_of(subject, base) for subject in subjects}
    if len(found) != 1:
        raise WrongPatientError(
            f"the parts of this result belong to {len(found)} patients. Nothing was written: take the photos "
            "of one patient."
        )
    return found.pop()


def checked_release(release: str) -> Release:
    """The release that is meant.

    Raises:
        FhirError: neither R4 nor R5.
    """
    for known in RELEASES:
        if release.upper() == known:
            return known
    raise FhirError(f"FHIR release '{release}' is not spoken here. Choose R4 or R5.")
