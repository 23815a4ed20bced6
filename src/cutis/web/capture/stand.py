"""Where a participant stands: what is to be signed, answered and photographed now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Consent, ConsentText, Participant, Photo, Study
from cutis.web.database.participant import WITHDRAWN
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.studies.answers import answers_of
from cutis.web.studies.consent import consent_of, text_now
from cutis.web.studies.due import DueVisit, due, this_day
from cutis.web.studies.protocol import Protocol, Questionnaire, View, protocol_of
from cutis.web.words import _


@dataclass(frozen=True)
class Stand:
    """Where a participant stands.

    Attributes:
        text: the consent text that is to be signed first; None where nothing is.
        consent: the one that holds; None where there is none.
        agreed: the text of that consent.
        open: visits that are due now, and those that are overdue and still wanted.
        later: visits to come.
        taken: photos by visit and view.
    """

    study: Study
    participant: Participant
    protocol: Protocol
    text: ConsentText | None
    consent: Consent | None
    agreed: ConsentText | None
    open: tuple[DueVisit, ...]
    later: tuple[DueVisit, ...]
    taken: Counter[tuple[str, str]]

    @property
    def withdrawn(self) -> bool:
        """The participant takes part no longer."""
        return self.participant.state == WITHDRAWN

    @property
    def unsigned(self) -> bool:
        """A consent is to be signed before anything is added; what waits on the phone may wait for it."""
        return self.text is not None and not self.withdrawn

    @property
    def done(self) -> bool:
        """Nothing is asked for today."""
        return self.text is None and not any(one.lacks for one in self.open)

    def visit(self, key: str) -> DueVisit:
        """A visit that photos or answers may be of now.

        Raises:
            RefusedError: it is not of the protocol, or not yet.
        """
        found = next((one for one in self.open if one.visit.key == key), None)
        if found is None:
            raise RefusedError(404)
        return found

    def views(self, visit: DueVisit) -> list[View]:
        """What is photographed in a visit, in the visit's order."""
        return [view for key in visit.visit.views if (view := self.protocol.view(key)) is not None]

    def questionnaires(self, visit: DueVisit) -> list[Questionnaire]:
        """What is answered in a visit."""
        found = (self.protocol.questionnaire(key) for key in visit.visit.questionnaires)
        return [one for one in found if one is not None]

    def need_consent(self) -> None:
        """See that the consent is signed.

        Raises:
            RefusedError: 428 where it is to be signed first, 409 where it was withdrawn: a phone keeps its
                photos for the one, and deletes them for the other.
        """
        if self.withdrawn:
            raise RefusedError(
                409, _("You withdrew from the study. Nothing is added any more."), title=_("Withdrawn")
            )
        if self.unsigned:
            raise RefusedError(428, _("Read and sign the consent first."), title=_("Not signed yet"))


def stand_of(session: Session, access: Access) -> Stand:
    """Where the participant of a phone stands."""
    participant = session.get_one(Participant, access.participant)
    protocol = protocol_of(session, access.study)
    photos = session.scalars(select(Photo).where(Photo.participant_id == participant.id)).all()
    answers = answers_of(session, access.study, participant.id)
    visits = due(protocol, participant, photos, this_day(), answers)
    text, consent = text_now(session, access.study, access.language), consent_of(session, participant.id)
    agreed = session.get(ConsentText, consent.text_id) if consent is not None else None
    if text is not None and agreed is not None and agreed.number == text.number:
        text = None
    return Stand(
        study=session.get_one(Study, access.study),
        participant=participant,
        protocol=protocol,
        text=text,
        consent=consent,
        agreed=agreed,
        open=tuple(one for one in visits if one.state != "later" and _asks(one)),
        later=tuple(one for one in visits if one.state == "later"),
        taken=Counter((one.visit, one.view) for one in photos if one.visit and one.view),
    )


def next_view(stand: Stand) -> tuple[str, str] | None:
    """Visit and view of the photo that is due next."""
    return next(((one.visit.key, one.views[0]) for one in stand.open if one.views), None)


def _asks(visit: DueVisit) -> bool:
    return bool(visit.visit.views or visit.visit.questionnaires)
