"""A small DICOMweb server for each study: STOW-RS takes objects in, QIDO-RS and WADO-RS give its photos out.

What goes out has the participant's pseudonym where the patient would be, and UIDs of its own; what came in
keeps its own identity in the gateway only.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from cutis.interop.dicom.description import Description, Patient, Study
from cutis.interop.dicom.image import CLINICAL
from cutis.interop.dicom.modules import as_bytes
from cutis.interop.dicom.wrap import wrap
from cutis.web.database import Participant, Photo
from cutis.web.errors import RefusedError
from cutis.web.gateway import catalogue
from cutis.web.gateway.arrive import Came, NotTakenHereError, arrive
from cutis.web.gateway.catalogue import Occasion
from cutis.web.gateway.routes import gateway_of
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.words import _

router = APIRouter(prefix="/api/studies/{study}/dicomweb")

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]
_JSON = "application/dicom+json"
_MOST = 1000  # photos in one answer
_CANNOT = 0xC000  # of PS3.4, table B.2-1
Limit = Annotated[int, Query(ge=1, le=_MOST)]
Offset = Annotated[int, Query(ge=0, le=1 << 53)]


@router.post("/studies")
async def stow(request: Request, held: Held, access: Add) -> Response:
    """Take objects in (STOW-RS); they go the way of the gateway, into this study."""
    if access.study in access.bounds:
        raise RefusedError(
            403, _("The gateway finds participants of every site, and you see some. Add photos.")
        )
    kind = request.headers.get("content-type", "")
    boundary = re.search(r'boundary="?([^";]{1,200})"?', kind)
    if not kind.startswith("multipart/related") or not boundary or "application/dicom" not in kind:
        raise RefusedError(415, "Send multipart/related with parts of application/dicom.")
    parts = list(_parts(await request.body(), boundary[1].encode()))
    if not parts:
        raise RefusedError(400, "There is no object in it.")
    return await run_in_threadpool(_stowed, held, access, parts)


@router.get("/studies")
def find_studies(
    held: Held,
    access: See,
    patient: Annotated[str, Query(alias="PatientID", max_length=64)] = "",
    uid: Annotated[str, Query(alias="StudyInstanceUID", max_length=64)] = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """Occasions of this study's participants (QIDO-RS)."""
    with held.database.reading() as session:
        found = catalogue.occasions(
            session, access.study, pseudonym=patient, uid=uid, skip=offset, most=limit
        )
    return JSONResponse([_study(one) for one in found], media_type=_JSON)


@router.get("/studies/{dicom_study}/series")
def find_series(held: Held, access: See, dicom_study: str) -> Response:
    """Series of an occasion (QIDO-RS)."""
    with held.database.reading() as session:
        found = catalogue.occasion(session, access.study, dicom_study)
    series = {"0020000E": _ui(catalogue.series_uid(found.participant.id)),
              "00080060": {"vr": "CS", "Value": ["XC"]},
              "00201209": {"vr": "IS", "Value": [found.photos]}}  # fmt: skip
    return JSONResponse([_study(found) | series], media_type=_JSON)


@router.get("/studies/{dicom_study}/series/{dicom_series}/instances")
def find_instances(
    held: Held,
    access: See,
    dicom_study: str,
    dicom_series: str,
    limit: Limit = _MOST,
    offset: Offset = 0,
) -> Response:
    """Photos of a series (QIDO-RS)."""
    with held.database.reading() as session:
        participant = catalogue.occasion(session, access.study, dicom_study, dicom_series).participant
        found = catalogue.photos(session, participant.id, skip=offset, most=limit)
    return JSONResponse([_instance(one, participant) for one in found], media_type=_JSON)


@router.get("/studies/{dicom_study}/series/{dicom_series}/instances/{dicom_instance}")
def retrieve(held: Held, access: See, dicom_study: str, dicom_series: str, dicom_instance: str) -> Response:
    """A photo as a DICOM object (WADO-RS), of a participant by pseudonym."""
    with held.database.reading() as session:
        participant = catalogue.occasion(session, access.study, dicom_study, dicom_series).participant
        photo = catalogue.photo(session, participant.id, dicom_instance)
    held.audit.note(
        held.database, "photo.seen", who=access.user, study=access.study, subject=photo.id, by="wado"
    )
    boundary = secrets.token_hex(16)
    content = _file(held, photo, participant)
    body = b"--%b\r\nContent-Type: application/dicom\r\n\r\n%b\r\n--%b--\r\n"
    media = f'multipart/related; type="application/dicom"; boundary={boundary}'
    filled = body % (boundary.encode(), content, boundary.encode())
    return Response(filled, headers={"content-type": media, "cache-control": "private, no-store"})


def _stowed(held: Platform, access: Access, parts: Sequence[bytes]) -> Response:
    gateway = gateway_of(held)
    kept, failed = [], []
    for content in parts:
        sop_class, uid = _named(content)
        item: dict[str, Any] = {"00081150": _ui(sop_class), "00081155": _ui(uid)}
        try:
            arrive(gateway, Came("stow", content, study=access.study))
            kept.append(item)
        except NotTakenHereError:
            failed.append(item | {"00081197": {"vr": "US", "Value": [_CANNOT]}})
    told: dict[str, Any] = {}
    if kept:
        told["00081199"] = {"vr": "SQ", "Value": kept}
    if failed:
        told["00081198"] = {"vr": "SQ", "Value": failed}
    status = 200 if not failed else 202 if kept else 409
    return JSONResponse(told, status, media_type=_JSON)


def _parts(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Contents of a multipart body (RFC 2046, 5.1)."""
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            return
        _, found, content = part.partition(b"\r\n\r\n")
        if found:
            yield content


def _named(content: bytes) -> tuple[str, str]:
    import io

    import pydicom

    try:
        tags = ["SOPClassUID", "SOPInstanceUID"]
        data = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=tags)
        return str(data.SOPClassUID), str(data.SOPInstanceUID)
    except Exception:
        return "", ""


def _ui(uid: str) -> dict[str, Any]:
    return {"vr": "UI", "Value": [uid]}


def _study(found: Occasion) -> dict[str, Any]:
    participant = found.participant
    return {
        "0020000D": _ui(catalogue.study_uid(participant.id)),
        "00100020": {"vr": "LO", "Value": [participant.pseudonym]},
        "00080020": {"vr": "DA", "Value": [f"{participant.created:%Y%m%d}"]},
        "00080061": {"vr": "CS", "Value": ["XC"]},
        "00201208": {"vr": "IS", "Value": [found.photos]},
    }


def _instance(photo: Photo, participant: Participant) -> dict[str, Any]:
    return {
        "0020000D": _ui(catalogue.study_uid(participant.id)),
        "0020000E": _ui(catalogue.series_uid(participant.id)),
        "00080018": _ui(catalogue.instance_uid(photo.id)),
        "00080016": _ui(CLINICAL),
        "00280010": {"vr": "US", "Value": [photo.height]},
        "00280011": {"vr": "US", "Value": [photo.width]},
    }


def _file(held: Platform, photo: Photo, participant: Participant) -> bytes:
    said = Description(
        patient=Patient(id=participant.pseudonym),
        study=Study(uid=catalogue.study_uid(participant.id), moment=participant.created),
        series_uid=catalogue.series_uid(participant.id),
        instance_uid=catalogue.instance_uid(photo.id),
    )
    data = wrap([held.store.photo(photo.digest, photo.kind)], "clinical", said).data
    data.PatientIdentityRemoved = "YES"
    data.DeidentificationMethod = "cutis: pseudonym of a study; no other attributes of the patient are kept"
    return as_bytes(data)
