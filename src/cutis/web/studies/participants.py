"""Participants: found in their study only, and asked for nothing after they withdrew."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Participant
from cutis.web.database.participant import WITHDRAWN
from cutis.web.errors import RefusedError
from cutis.web.words import _


def participant_of(session: Session, study: str, participant: str) -> Participant:
    """A participant of this study.

    Raises:
        RefusedError: there is no such participant in it.
    """
    chosen = select(Participant).where(Participant.id == participant, Participant.study_id == study)
    found = session.scalar(chosen)
    if found is None:
        raise RefusedError(
            404, _("There is no such participant in this study."), title=_("No such participant")
        )
    return found


def need_taking_part(session: Session, study: str, participant: str) -> Participant:
    """A participant who still takes part.

    Raises:
        RefusedError: there is no such participant in this study, or consent was withdrawn.
    """
    found = participant_of(session, study, participant)
    if found.state == WITHDRAWN:
        raise RefusedError(
            409,
            _("This participant withdrew from the study. Nothing is added any more."),
            title=_("Withdrawn"),
        )
    return found
