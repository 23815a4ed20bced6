"""Who a patient of the hospital is in a study: a participant under a pseudonym, and back again."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Participant, PatientIdentity
from cutis.web.database.participant import WITHDRAWN
from cutis.web.errors import RefusedError
from cutis.web.gateway.gateway import Gateway
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.secret import seal
from cutis.web.studies.changes import add_participant


class WithdrewError(RefusedError):
    """The patient took part in the study once, and withdrew."""

    def __init__(self) -> None:
        super().__init__(
            409, "This participant withdrew from the study. Nothing is added any more.", title="Withdrawn"
        )


@dataclass(frozen=True)
class Patient:
    """A patient of the hospital.

    Attributes:
        issuer: who numbers the patient.
        number: the patient's; empty where only a record knows the patient.
        record: address of a FHIR server; ``subject`` is the patient there.
    """

    issuer: str = ""
    number: str = ""
    record: str = ""
    subject: str = ""

    @property
    def named(self) -> str:
        """What makes it this patient: the number, or the place in a record."""
        return (
            f"number\0{self.issuer}\0{self.number}" if self.number else f"at\0{self.record}\0{self.subject}"
        )


def key_of(platform: Platform, study: str, patient: Patient) -> str:
    """Keyed hash by which a patient is found again; without the installation's secret it says nothing."""
    return seal(platform.secret, "patient", f"{study}\0{patient.named}")


def pseudonym_of(key: str) -> str:
    """The pseudonym that belongs to a key: 50 bits of it, in letters that are not taken for one another."""
    letters = base64.b32encode(bytes.fromhex(key)).decode().translate(str.maketrans("OILU", "0189"))
    return f"G-{letters[:5]}-{letters[5:10]}"


def participant_for(gateway: Gateway, study: str, patient: Patient, access: Access | None = None) -> str:
    """The participant that a patient is in a study; a new one at the first time.

    Args:
        gateway: that asks.
        study: identity.
        patient: with a number, or known to a record.
        access: who asks; the gateway itself where None.

    Raises:
        WithdrewError: what was known of the patient was deleted after a withdrawal; it is not written anew.
        RefusedError: the patient cannot be enrolled, such as where the protocol has questions to be answered
            first.
    """
    platform = gateway.platform
    key = key_of(platform, study, patient)
    with platform.database.reading() as session:
        if (found := _found(session, study, key)) is not None:
            return found
    name = pseudonym_of(key)
    try:
        made = add_participant(platform, access or gateway.access(study), name).id
    except RefusedError:
        with platform.database.reading() as session:  # of a start that ended between the two
            chosen = select(Participant).where(Participant.study_id == study, Participant.pseudonym == name)
            there = session.scalar(chosen)
        if there is None:
            raise
        if there.state == WITHDRAWN:
            raise WithdrewError from None
        made = there.id
    with platform.database.writing() as session:
        platform.audit.lock(session)
        if (found := _found(session, study, key)) is not None:
            return found
        session.add(
            PatientIdentity(
                study_id=study,
                participant_id=made,
                key=key,
                issuer=patient.issuer,
                patient=patient.number,
                record=patient.record,
                subject=patient.subject,
            )
        )
        platform.audit.add(session, "patient.linked", study=study, subject=made)
    return made


def _found(session: Session, study: str, key: str) -> str | None:
    chosen = select(PatientIdentity.participant_id).where(
        PatientIdentity.study_id == study, PatientIdentity.key == key
    )
    return session.scalar(chosen)
