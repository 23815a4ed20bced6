"""The one door: every object that comes, by whichever inlet, is kept durably and written down once."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.core.errors import CutisError
from cutis.imaging.formats import SNIFFED, image_format
from cutis.interop.dicom.keep import NotTakenError, keep
from cutis.interop.dicom.uids import ROOT
from cutis.web.database import Delivery
from cutis.web.database.delivery import ARRIVED, FORGOTTEN, UNASSIGNED, WITHDRAWN
from cutis.web.gateway.gateway import Gateway, sync_folder
from cutis.web.gateway.results import made_here

NO_PATIENT = "Nobody says who the patient is. Say it on the page of the gateway."
_LONGEST = 64  # characters of a patient's number, as in DICOM
_MODALITIES = {"XC": "clinical", "DMS": "dermoscopic"}
_SUFFIXES = {"JPEG": "jpg", "HEIF": "heic"}


@dataclass(frozen=True)
class Came:
    """What an inlet knows of an object.

    Attributes:
        source: name of the inlet.
        content: the whole file.
        issuer: who numbers the patient, where the object does not say it itself.
        patient: number of the patient; of DICOM the object says it.
        subject: the patient at the record that it came from.
        modality: of photos; DICOM says it.
        body_site, side, taken: as far as they were said.
        study: identity of a study that it was sent to by name; empty where the rules choose one.
    """

    source: str
    content: bytes
    issuer: str = ""
    patient: str = ""
    subject: str = ""
    modality: str = "clinical"
    body_site: str = ""
    side: str = ""
    taken: str = ""
    study: str = ""


@dataclass(frozen=True)
class Arrived:
    """A delivery that is kept, and whether it is new; nameless where it is a result that was made here."""

    id: str
    new: bool


class NotTakenHereError(CutisError):
    """An object that is not taken; whoever sent it is told why, and nothing of it is kept."""


def arrive(gateway: Gateway, came: Came) -> Arrived:
    """Keep an object: its file, durably, then its row.

    It is the same object by its SOP Instance UID, or by its hash where it has none. When this returns,
    neither a crash nor a power cut loses it. What was made here of a photo and comes back from an archive is
    confirmed and not kept: as a photo it would be analysed, its results be sent, and so for ever.

    Args:
        gateway: that keeps it.
        came: what is known of it.

    Raises:
        NotTakenHereError: it is no photo and no DICOM; another object of its UID is there, or the same photo
            of another patient; or who is on it withdrew. There is a line in the audit.
        OSError: it cannot be written.
    """
    try:
        kind = image_format(came.content[:SNIFFED])
        if kind == "DICOM":
            found = _dicom(gateway, came)
            if found is None:
                return Arrived("", new=False)
            came, identity, place = found
            media = "dicom"
        elif kind:
            identity = f"sha256:{hashlib.sha256(came.content).hexdigest()}"
            place = f"{identity[7:]}.{_SUFFIXES.get(kind, kind.lower())}"
            media = "photo"
            _write(gateway, place, came.content)
        else:
            raise NotTakenHereError("This is no photo and no DICOM object. It was not taken.")
        return _written(gateway, came, identity, place, media)
    except (NotTakenHereError, NotTakenError) as error:
        platform = gateway.platform
        platform.audit.note(
            platform.database, "delivery.refused", source=came.source, reason=str(error)[:200]
        )
        raise NotTakenHereError(str(error)) from error


def described(data: Any, came: Came) -> Came:
    """What is known of a DICOM object, from itself."""
    region = next(iter(data.get("AnatomicRegionSequence") or ()), None)
    side = str(data.get("ImageLaterality") or data.get("Laterality") or "")
    moment = str(data.get("AcquisitionDateTime") or "").strip()
    if not moment and data.get("AcquisitionDate"):
        moment = f"{data.AcquisitionDate}{str(data.get('AcquisitionTime') or '')[:6]}"
    modality = _MODALITIES.get(str(data.get("Modality", "")), came.modality)
    if "confocal" in " ".join(str(data.get(k, "")) for k in ("SeriesDescription", "ImageComments")).lower():
        modality = "confocal"
    return replace(
        came,
        issuer=str(data.get("IssuerOfPatientID") or "").strip()[:120] or came.issuer,
        patient=number(str(data.get("PatientID") or "")),
        modality=modality,
        body_site=str(region.get("CodeMeaning") or "")[:80] if region is not None else "",
        side={"L": "left", "R": "right", "B": "both"}.get(side, ""),
        taken=_iso(moment),
    )


def number(said: str) -> str:
    """A patient's number; empty where it is too long: cut off, it could be another one's."""
    found = kept_text(said).strip()
    return found if len(found) <= _LONGEST else ""


def kept_text(said: str) -> str:
    """Text that every database takes; empty where it has NUL in it, or comes of bytes that are no UTF-8."""
    try:
        said.encode()
    except UnicodeEncodeError:  # such as the name of a folder, written by a camera of another system
        return ""
    return "" if "\0" in said else said


def _dicom(gateway: Gateway, came: Came) -> tuple[Came, str, str] | None:
    import io

    import pydicom

    try:
        data = pydicom.dcmread(io.BytesIO(came.content), stop_before_pixels=True)
        uid = str(data.SOPInstanceUID)
    except Exception as error:
        raise NotTakenHereError(
            "The DICOM object cannot be read; it may be cut off. Send it again."
        ) from error
    received = keep(gateway.arrived, uid, came.content, came.source)
    came = described(data, came)
    if uid.startswith(ROOT) and _is_own(gateway, came, uid, str(data.get("SeriesInstanceUID") or "")):
        received.path.unlink(missing_ok=True)
        gateway.platform.audit.note(gateway.platform.database, "delivery.own", source=came.source[:120])
        return None
    return came, f"uid:{uid}", received.path.name


def _is_own(gateway: Gateway, came: Came, uid: str, series: str) -> bool:
    """Whether an object was made here of a photo of this patient."""
    with gateway.platform.database.reading() as session:
        if _there(session, f"uid:{uid}") is not None:  # a photo that was brought as this object
            return False
        return not made_here(session, came.patient).isdisjoint((uid, series))


def _iso(moment: str) -> str:
    found = re.match(r"\d{8,14}", moment)
    if not found:
        return ""
    digits = found[0]
    day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    clock = (digits[8:14] + "000000")[:6]
    return f"{day}T{clock[:2]}:{clock[2:4]}:{clock[4:]}"


def _write(gateway: Gateway, place: str, content: bytes) -> None:
    target = gateway.arrived / place
    if target.exists():
        return
    scratch = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with sync_folder(target.parent):
            with scratch.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            scratch.rename(target)
    finally:
        scratch.unlink(missing_ok=True)


def _written(gateway: Gateway, came: Came, identity: str, place: str, media: str) -> Arrived:
    platform = gateway.platform
    with platform.database.reading() as session:
        there = _there(session, identity)
        if there is not None and there.state != FORGOTTEN and not _tells(there, came):
            return _again(gateway, there, came)
    with platform.database.writing() as session:
        platform.audit.lock(session)  # of two that bring the same, one comes after the other
        there = _there(session, identity)
        if there is not None and there.state == FORGOTTEN:  # a new delivery, since it is sent once more
            session.delete(there)
            session.flush()
            _write(gateway, place, came.content)  # again, where it was forgotten at this very moment
        elif there is not None:
            if _tells(there, came):
                there.issuer, there.patient, there.subject = came.issuer, came.patient, came.subject
                there.state, there.problem, there.due = ARRIVED, "", None
                platform.audit.add(session, "delivery.assigned", subject=there.id, source=came.source[:120])
            return _again(gateway, there, came)
        row = _row(came, identity, place, media)
        session.add(row)
        session.flush()
        action = "delivery.unassigned" if row.state == UNASSIGNED else "delivery.arrived"
        platform.audit.add(session, action, study=came.study, subject=row.id, source=row.source, media=media)
    return Arrived(row.id, new=True)


def _row(came: Came, identity: str, place: str, media: str) -> Delivery:
    row = Delivery(
        identity=identity,
        source=came.source[:120],
        media=media,
        digest=hashlib.sha256(came.content).hexdigest(),
        place=place,
        issuer=came.issuer,
        patient=came.patient,
        subject=came.subject,
        modality=came.modality,
        body_site=came.body_site,
        side=came.side,
        taken=came.taken,
        study_id=came.study or None,
    )
    if not (came.patient or came.subject):
        row.state, row.problem = UNASSIGNED, NO_PATIENT
    return row


def _there(session: Session, identity: str) -> Delivery | None:
    return session.scalar(select(Delivery).where(Delivery.identity == identity))


def _tells(there: Delivery, came: Came) -> bool:
    """Whose it is was not known the first time, and is said now."""
    unknown = there.state == UNASSIGNED and not (there.patient or there.subject)
    return unknown and bool(came.patient or came.subject)


def _again(gateway: Gateway, there: Delivery, came: Came) -> Arrived:
    """The same object once more; of DICOM `keep` has seen that it is the same patient's.

    Raises:
        NotTakenHereError: the same photo is said to be of two patients, or who is on it withdrew.
    """
    if there.state == WITHDRAWN:
        (gateway.arrived / there.place).unlink(missing_ok=True)
        raise NotTakenHereError("The participant withdrew from the study. Nothing of it is kept.")
    said, known = (came.issuer, came.patient), (there.issuer, there.patient)
    both = came.patient and there.patient
    if (both and said != known) or (came.subject and there.subject and came.subject != there.subject):
        raise NotTakenHereError(
            "The same photo is here already, of another patient. It was not taken; see whose it is."
        )
    if came.study and there.study_id and came.study != there.study_id:
        raise NotTakenHereError("The same object was sent to another study already. It was not taken.")
    return Arrived(there.id, new=False)
