"""Changes of a study; each is written with its line of the audit, or not at all."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cutis.web.database import Member, Participant, Site, Study
from cutis.web.database.participant import COMPLETED, ENROLLED
from cutis.web.database.within import sites_seen
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.people.roles import Role
from cutis.web.platform import Platform
from cutis.web.studies import arms
from cutis.web.studies.due import this_day
from cutis.web.studies.participants import need_taking_part
from cutis.web.studies.protocol import Criterion, Protocol, protocol_of
from cutis.web.words import _


def make_study(held: Platform, access: Access, name: str, about: str, *, keeps_capture_time: bool) -> Study:
    """A new study, whose first investigator is who makes it."""
    with held.database.writing() as session:
        study = Study(name=name, about=about, keeps_capture_time=keeps_capture_time)
        session.add(study)
        session.flush()
        session.add(Member(study_id=study.id, user_id=access.user, role=Role.INVESTIGATOR))
        held.audit.add(
            session,
            "study.made",
            who=access.user,
            study=study.id,
            subject=study.id,
            keeps_capture_time=keeps_capture_time,
        )
    return study


def add_site(held: Platform, access: Access, name: str) -> Site:
    """A new site.

    Raises:
        RefusedError: there is one of this name.
    """
    site = Site(study_id=access.study, name=name)
    _add(held, access, site, "site.added", f"There is a site '{name}' already. Choose another name.")
    return site


def add_participant(
    held: Platform,
    access: Access,
    pseudonym: str,
    site: str = "",
    eligibility: Mapping[str, str] | None = None,
) -> Participant:
    """Enrol a participant: who fits the protocol gets a place, and an arm where there are arms.

    Args:
        held: the platform.
        access: who adds, and to which study.
        pseudonym: of the study's own making.
        site: identity, or empty.
        eligibility: key of each criterion -> ``yes`` or ``no``.

    Raises:
        RefusedError: the pseudonym is taken, the site is not of this study, a criterion has no answer, or the
            participant may not take part; of that there is a line in the audit, without the pseudonym.
    """
    given = dict(eligibility or {})
    try:
        with held.database.writing() as session:
            held.audit.lock(session)
            site = _site(session, access.study, site)
            protocol = protocol_of(session, access.study)
            failed = _failed(protocol, given)
            if not failed:
                participant = Participant(
                    study_id=access.study,
                    site_id=site or None,
                    pseudonym=pseudonym,
                    enrolled=this_day(),
                    arm=arms.draw(session, held.secret, access.study, site, protocol.arms),
                    eligibility={one.key: given[one.key] for one in protocol.eligibility} or None,
                )
                session.add(participant)
                session.flush()
                told = {"arm": participant.arm} if participant.arm else {}
                held.audit.add(
                    session,
                    "participant.added",
                    who=access.who,
                    study=access.study,
                    subject=participant.id,
                    **told,
                )
                return participant
            criteria = ", ".join(one.key for one in failed)
            held.audit.add(
                session, "participant.not_eligible", who=access.who, study=access.study, criteria=criteria
            )
    except IntegrityError as error:
        taken = _("There is a participant '%(name)s' already. Choose another pseudonym.")
        raise RefusedError(409, taken % {"name": pseudonym}, title=_("The name is taken")) from error
    words = _("This person may not take part: %(why)s. Nothing of them was kept.")
    raise RefusedError(409, words % {"why": "; ".join(one.text for one in failed)}, title=_("Not eligible"))


def complete(held: Platform, access: Access, participant: str) -> None:
    """The participant has done all that the study asks for; nothing is due any more.

    Raises:
        RefusedError: no such participant, or withdrawn.
    """
    _stand(held, access, participant, COMPLETED, "participant.completed")


def reopen(held: Platform, access: Access, participant: str) -> None:
    """Visits are due again.

    Raises:
        RefusedError: no such participant, or withdrawn.
    """
    _stand(held, access, participant, ENROLLED, "participant.reopened")


def _stand(held: Platform, access: Access, participant: str, state: str, action: str) -> None:
    with held.database.writing() as session:
        held.audit.lock(session)
        need_taking_part(session, access.study, participant).state = state
        held.audit.add(session, action, who=access.who, study=access.study, subject=participant)


def _site(session: Session, study: str, site: str) -> str:
    """The site of a new participant; who is bound to one site need not say which.

    Raises:
        RefusedError: it is not of this study, is another one than may be seen, or is not said.
    """
    seen = sites_seen(study)
    if not site and seen:
        if len(seen) > 1:
            raise RefusedError(422, _("Say at which of your sites the participant is."))
        return seen[0]
    if site and session.scalar(select(Site.id).where(Site.id == site, Site.study_id == study)) is None:
        raise RefusedError(404, _("There is no such site in this study."), title=_("No such site"))
    return site


def _failed(protocol: Protocol, given: Mapping[str, str]) -> list[Criterion]:
    """The criteria that somebody does not meet.

    Raises:
        RefusedError: one has no answer.
    """
    for one in protocol.eligibility:
        if given.get(one.key) not in ("yes", "no"):
            words = _("'%(question)s' has no answer. Answer it with yes or no.")
            raise RefusedError(422, words % {"question": one.text})
    return [one for one in protocol.eligibility if given[one.key] != one.must]


def _add(held: Platform, access: Access, row: Site, action: str, taken: str) -> None:
    try:
        with held.database.writing() as session:
            session.add(row)
            session.flush()
            held.audit.add(session, action, who=access.user, study=access.study, subject=row.id)
    except IntegrityError as error:
        raise RefusedError(409, taken, title=_("The name is taken")) from error
