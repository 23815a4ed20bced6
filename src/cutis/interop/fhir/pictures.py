"""Photos and overlays: Media in R4; DocumentReference and ImagingSelection in R5, which has no Media."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from cutis.interop.codes.table import body_site, side_of
from cutis.interop.fhir.elements import (
    DCM,
    DICOM_UID,
    DIGEST,
    IMAGE,
    TERMINOLOGY,
    URI,
    Json,
    Release,
    coding,
    concept,
    identifier,
    mappings,
    reference,
    urn,
    vocabulary,
    without_empty,
)
from cutis.interop.fhir.results import Picture


def address(picture: Picture, subject: str) -> str:
    """Of the resource: the same photo of the same patient has the same one."""
    return urn("picture", subject, picture.kind, picture.image_id, picture.digest)


def selection_address(picture: Picture, subject: str) -> str:
    """Of the ImagingSelection of a photo, R5."""
    return urn("selection", subject, picture.image_id, picture.digest)


def site(picture: Picture) -> Json:
    """The body site with its side in words; SNOMED CT codes carry no side."""
    found = body_site(picture.body_site)
    side = picture.side or side_of(picture.body_site)
    name = picture.body_site.replace("_", " ").removesuffix(f" {side}" if side else "").strip()
    text = f"{name}, {side}" if side and name else name
    return concept(*([vocabulary(found)] if found else []), text=text)


def resources(picture: Picture, release: Release, subject: str, device: str, when: str) -> dict[str, Json]:
    """The resources of one picture, by address; the one to link to first.

    Args:
        picture: a photo or an overlay.
        release: of FHIR.
        subject: reference to the patient.
        device: address of the model; who made an overlay.
        when: of the analysis, ISO 8601.
    """
    own = address(picture, subject)
    made_by = device if picture.kind == "overlay" else ""
    if release == "R4":
        return {own: _media(picture, own, subject, made_by, when)}
    found = {own: _document(picture, own, subject, made_by, when)}
    if picture.kind == "photo":
        chosen = selection_address(picture, subject)
        found[chosen] = _selection(picture, chosen, own, subject, device, when)
    return found


def is_own(resource: Mapping[str, Any]) -> bool:
    """Whether cutis wrote a picture's resource, by the identifier that it gives each of them."""
    return any(one.get("system") == IMAGE for one in mappings(resource.get("identifier")))


def _identifiers(picture: Picture, own: str) -> list[Json]:
    told = [identifier(own), {"system": IMAGE, "value": picture.image_id}]
    if picture.digest:
        told.append({"system": DIGEST, "value": picture.digest})
    if picture.dicom:
        told.append({"system": DICOM_UID, "value": f"urn:oid:{picture.dicom.instance}"})
    return told


def _attachment(picture: Picture, when: str, *, r5: bool) -> Json:
    title = picture.title or ("Photo" if picture.kind == "photo" else "Overlay of a photo")
    told: Json = {"contentType": picture.content_type, "url": picture.url, "title": title}
    told["creation"] = picture.taken if picture.kind == "photo" else when
    if picture.data:
        told["data"] = base64.b64encode(picture.data).decode("ascii")
        size = len(picture.data)
        told["size"] = str(size) if r5 else size  # R5 counts in 64 bits, which JSON holds as text
        # FHIR's own checksum of an attachment; what is trusted is the SHA-256 among the identifiers.
        told["hash"] = base64.b64encode(hashlib.sha1(picture.data, usedforsecurity=False).digest()).decode()
    if r5:
        told |= {"width": picture.width or None, "height": picture.height or None}
    return without_empty(told)


def _media(picture: Picture, own: str, subject: str, made_by: str, when: str) -> Json:
    return without_empty(
        {
            "resourceType": "Media",
            "identifier": _identifiers(picture, own),
            "status": "completed",
            "type": concept(coding(f"{TERMINOLOGY}/media-type", "image", "Image")),
            "subject": reference(subject),
            "createdDateTime": picture.taken if picture.kind == "photo" else when,
            "bodySite": site(picture),
            "device": reference(made_by) if made_by else None,
            "height": picture.height or None,
            "width": picture.width or None,
            "content": _attachment(picture, when, r5=False),
        }
    )


def _document(picture: Picture, own: str, subject: str, made_by: str, when: str) -> Json:
    where = site(picture)
    return without_empty(
        {
            "resourceType": "DocumentReference",
            "identifier": _identifiers(picture, own),
            "status": "current",
            "docStatus": "preliminary",
            "subject": reference(subject),
            "bodySite": [{"concept": where}] if where else None,
            "date": when,
            "author": [reference(made_by)] if made_by else None,
            "description": picture.title,
            "content": [{"attachment": _attachment(picture, when, r5=True)}],
        }
    )


def _selection(picture: Picture, chosen: str, own: str, subject: str, device: str, when: str) -> Json:
    where, dicom = site(picture), picture.dicom
    instance: Json = {}
    if dicom:
        sop_class = coding(URI, f"urn:oid:{dicom.sop_class}") if dicom.sop_class else None
        instance = without_empty({"uid": dicom.instance, "sopClass": sop_class})
    return without_empty(
        {
            "resourceType": "ImagingSelection",
            "identifier": [identifier(chosen), {"system": IMAGE, "value": picture.image_id}],
            "status": "available",
            "subject": reference(subject),
            "issued": when,
            "performer": [{"actor": reference(device)}],
            "code": concept(coding(DCM, "113000", "Of Interest"), text="Photo that was analysed"),
            "studyUid": dicom.study if dicom else "",
            "derivedFrom": [reference(own)],
            "seriesUid": dicom.series if dicom else "",
            "bodySite": {"concept": where} if where else None,
            "instance": [instance] if instance else None,
        }
    )
