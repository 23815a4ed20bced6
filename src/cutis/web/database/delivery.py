"""A delivery: one object that came to the gateway, and what became of it on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Id, Row, StudyId, UtcTime

# Of deliveries, in the order of the way; the later ones are off it.
ARRIVED, TAKEN, MADE, DONE = "arrived", "taken", "made", "done"
UNASSIGNED, REFUSED, DEAD, WITHDRAWN = "unassigned", "refused", "dead", "withdrawn"
FORGOTTEN = "forgotten"  # it was refused, and is kept no more
WAITING, SENT = "waiting", "sent"  # of dispatches, beside DEAD


class Delivery(Row):
    """One object that came to the gateway; its file is in the gateway's folder, under ``place``.

    Who the patient is stands here and in `PatientIdentity`, and nowhere else.

    Attributes:
        identity: what makes it the same object: ``uid:`` and its SOP Instance UID, or ``sha256:`` and hash.
        source: name of the inlet; an AE title, a folder or a server.
        media: ``dicom`` or ``photo``.
        digest: SHA-256 of the file as it came first.
        place: name of the file.
        state: see the words above.
        problem: why it does not go on, in a sentence that names nobody.
        issuer: who numbers the patient.
        patient: number of the patient; empty where nobody said.
        subject: the patient at the record that it came from, such as ``Patient/12``.
        modality: ``clinical``, ``dermoscopic`` or ``confocal``.
        body_site, side: as far as they were said.
        taken: when the photo was taken, ISO 8601, as far as it was said.
        way: the rule that it follows, and identities of the answers that are reported, as they were when
            that was settled; None before.
        photo_id: of the study; None before, and after a withdrawal that deletes.
        tries: of the step that comes next.
        due: before that it is not tried again.
    """

    __tablename__ = "deliveries"

    id: Mapped[Id]
    identity: Mapped[str] = mapped_column(String(80), unique=True)
    source: Mapped[str] = mapped_column(String(120))
    media: Mapped[str] = mapped_column(String(8))
    digest: Mapped[Digest]
    place: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(12), default=ARRIVED, index=True)
    problem: Mapped[str] = mapped_column(String(500), default="")
    issuer: Mapped[str] = mapped_column(String(120), default="")
    patient: Mapped[str] = mapped_column(String(120), default="")
    subject: Mapped[str] = mapped_column(String(200), default="")
    modality: Mapped[str] = mapped_column(String(20), default="")
    body_site: Mapped[str] = mapped_column(String(80), default="")
    side: Mapped[str] = mapped_column(String(8), default="")
    taken: Mapped[str] = mapped_column(String(40), default="")
    way: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    study_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("studies.id"), index=True)
    photo_id: Mapped[str | None] = mapped_column(String(20), ForeignKey("photos.id"), index=True)
    tries: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime | None] = mapped_column(UtcTime)
    created: Mapped[Created]
    finished: Mapped[datetime | None] = mapped_column(UtcTime)


class Dispatch(Row):
    """The results of a delivery on their way to one receiver.

    Attributes:
        target: name of the receiver in the rules.
        state: ``waiting``, ``sent`` or ``dead``.
        problem: what the receiver or the network said last.
        receipt: what the receiver calls it, where it says.
        due: before that it is not tried again.
    """

    __tablename__ = "dispatches"
    __table_args__ = (UniqueConstraint("delivery_id", "target"),)

    id: Mapped[Id]
    delivery_id: Mapped[str] = mapped_column(String(20), ForeignKey("deliveries.id"), index=True)
    target: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(12), default=WAITING, index=True)
    problem: Mapped[str] = mapped_column(String(500), default="")
    receipt: Mapped[str] = mapped_column(String(200), default="")
    tries: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime | None] = mapped_column(UtcTime)
    created: Mapped[Created]
    finished: Mapped[datetime | None] = mapped_column(UtcTime)


class PatientIdentity(Row):
    """Which patient of the hospital a participant is, so that results go back to the right one.

    Attributes:
        key: keyed hash of issuer and number, by which a patient is found again.
        issuer: who numbers the patient.
        patient: the number.
        record: address of the FHIR server that knows the patient as ``subject``.
    """

    __tablename__ = "patient_identities"
    __table_args__ = (UniqueConstraint("study_id", "key"),)

    id: Mapped[Id]
    study_id: Mapped[StudyId]
    participant_id: Mapped[str] = mapped_column(String(20), ForeignKey("participants.id"), index=True)
    key: Mapped[Digest]
    issuer: Mapped[str] = mapped_column(String(120), default="")
    patient: Mapped[str] = mapped_column(String(120), default="")
    record: Mapped[str] = mapped_column(String(200), default="")
    subject: Mapped[str] = mapped_column(String(200), default="")
    created: Mapped[Created]


class PollBookmark(Row):
    """How far the new objects of a server were read.

    Attributes:
        name: of the server, and what was asked for.
        since: the server's own time of the last one seen.
        seen: those of that very moment.
    """

    __tablename__ = "poll_bookmarks"

    name: Mapped[str] = mapped_column(String(160), primary_key=True)
    since: Mapped[str] = mapped_column(String(60), default="")
    seen: Mapped[list[str]] = mapped_column(JSON)
