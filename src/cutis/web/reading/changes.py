"""Changes of a study of readers; each is written with its line of the audit, or not at all.

Each begins with the lock of the audit: what is frozen at the opening is what was there at the opening.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Member, Reader, ReaderStudy
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.people.roles import TABLE, Permission, Role
from cutis.web.platform import Platform
from cutis.web.reading import help as helping
from cutis.web.reading.cases import cases_of
from cutis.web.reading.design import Design, digest_of
from cutis.web.reading.found import CLOSED, DRAFT, OPEN, design_of, reader_study
from cutis.web.reading.order import Case, places
from cutis.web.words import _, ngettext


def make(held: Platform, access: Access, title: str, design: Design) -> ReaderStudy:
    """A new study of readers."""
    with held.database.writing() as session:
        made = ReaderStudy(
            study_id=access.study, title=title, design=design.model_dump(mode="json"), made_by=access.user
        )
        session.add(made)
        session.flush()
        held.audit.add(session, "reading.made", who=access.user, study=access.study, subject=made.id)
    return made


def redesign(held: Platform, access: Access, reading: str, title: str, design: Design) -> None:
    """Another design of a draft.

    Raises:
        RefusedError: it is no draft, or a case has a truth that could no longer be answered.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        found = reader_study(session, access.study, reading, DRAFT)
        cases = cases_of(session, found)
        lost = sorted({case.truth for case in cases if case.truth and case.truth not in design.names})
        if lost:
            words = _(
                "Cases have the truth %(names)s, which would be none of the answers. Change the cases first."
            )
            raise RefusedError(409, words % {"names": ", ".join(lost)}, title=_("Not possible now"))
        for case in cases:
            if case.help and set(case.help["probabilities"]) != set(design.names):
                case.help = {}
        found.title, found.design = title, design.model_dump(mode="json")
        held.audit.add(session, "reading.designed", who=access.user, study=access.study, subject=found.id)


def add_readers(
    held: Platform, access: Access, reading: str, users: Sequence[str], *, adjudicator: bool = False
) -> int:
    """Make members of the study readers; those who are readers already stay what they are.

    Args:
        held: the platform.
        access: who does it, in which study.
        reading: identity.
        users: identities; empty for all members who are readers in the study.
        adjudicator: they settle what the readers disagree on.

    Returns:
        How many came anew.

    Raises:
        RefusedError: somebody is no member, or the study is closed.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        found = reader_study(session, access.study, reading, DRAFT, OPEN)
        roles = _roles(session, access.study, users)
        there = session.scalars(select(Reader).where(Reader.reader_study_id == found.id)).all()
        known = {one.user_id for one in there}
        number = max((one.number for one in there if one.adjudicator == adjudicator), default=-1)
        fresh = [
            Reader(
                reader_study_id=found.id,
                user_id=user,
                number=number + 1 + place,
                pseudonym=_pseudonym(number + 1 + place, adjudicator=adjudicator),
                adjudicator=adjudicator,
                sees_photos=Permission.SEE_PHOTOS in TABLE[Role(role)],
            )
            for place, (user, role) in enumerate(one for one in roles if one[0] not in known)
        ]
        if found.state == OPEN:
            _give_orders(session, found, fresh)
        session.add_all(fresh)
        session.flush()
        for one in fresh:
            held.audit.add(
                session,
                "reading.reader_added",
                who=access.user,
                study=access.study,
                subject=found.id,
                reader=one.pseudonym,
                user=one.user_id,
            )
        return len(fresh)


def remove_reader(held: Platform, access: Access, reading: str, reader: str) -> None:
    """Take a reader out of a draft; the others move up.

    Raises:
        RefusedError: there is no such reader, or the study is no draft.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        found = reader_study(session, access.study, reading)
        chosen = select(Reader).where(Reader.reader_study_id == found.id).order_by(Reader.number)
        readers = list(session.scalars(chosen))
        gone = next((one for one in readers if one.id == reader), None)
        if gone is None:
            raise RefusedError(404)
        reader_study(session, access.study, reading, DRAFT)
        session.delete(gone)
        session.flush()
        rest = [one for one in readers if one is not gone and one.adjudicator == gone.adjudicator]
        for number, one in enumerate(rest):  # downwards, so that no pseudonym is taken twice in between
            one.number, one.pseudonym = number, _pseudonym(number, adjudicator=one.adjudicator)
            session.flush()
        held.audit.add(
            session, "reading.reader_removed", who=access.user, study=access.study, subject=found.id
        )


def open_(held: Platform, access: Access, reading: str) -> None:
    """Freeze the design and the cases, give each reader an order, and let them in.

    Raises:
        RefusedError: something is lacking.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        found = reader_study(session, access.study, reading, DRAFT)
        design = design_of(found)
        cases = cases_of(session, found)
        if design.help != "none":
            helping.fill(session, design, [case for case in cases if not case.training])
        lacks = lacking(session, found)
        if lacks:
            raise RefusedError(409, " ".join(lacks), title=_("Not ready to open"))
        told = [
            (case.number, case.photo_id or "", case.training, case.truth, str(sorted(case.help.items())))
            for case in cases
        ]
        found.state, found.opened, found.digest = OPEN, now(), digest_of(design, told)
        readers = session.scalars(select(Reader).where(Reader.reader_study_id == found.id)).all()
        _give_orders(session, found, readers)
        held.audit.add(
            session,
            "reading.opened",
            who=access.user,
            study=access.study,
            subject=found.id,
            digest=found.digest,
            cases=len(cases),
            readers=len(readers),
        )


def close(held: Platform, access: Access, reading: str) -> None:
    """End the reading: no answer is taken any more, and accuracy can be looked at.

    Raises:
        RefusedError: it is not open.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        found = reader_study(session, access.study, reading, OPEN)
        found.state, found.closed = CLOSED, now()
        held.audit.add(session, "reading.closed", who=access.user, study=access.study, subject=found.id)


def lacking(session: Session, reading: ReaderStudy) -> list[str]:
    """What must be done before a study of readers can be opened, a sentence each."""
    design, cases = design_of(reading), cases_of(session, reading)
    counting = [case for case in cases if not case.training]
    readers = session.scalars(select(Reader).where(Reader.reader_study_id == reading.id)).all()
    told = []
    if len(counting) < 2:
        told.append(_("Add at least two cases that are not for training."))
    if untold := sum(not case.truth for case in (cases if design.purpose == "measure" else cases[:0])):
        told.append(
            ngettext("%(num)s case has no truth.", "%(num)s cases have no truth.", untold) % {"num": untold}
        )
    elif design.purpose == "measure" and counting and len({case.truth for case in counting}) < 2:
        told.append(_("All cases have the same truth; add others."))
    if design.help != "none" and (bare := sum(not case.help for case in counting)):
        words = ngettext(
            "%(num)s case has no result of a model to show as help: analyse it, or send a table.",
            "%(num)s cases have no result of a model to show as help: analyse them, or send a table.",
            bare,
        )
        told.append(words % {"num": bare})
    if sum(not one.adjudicator for one in readers) < (2 if design.purpose == "rate" else 1):
        few = _("Add at least two readers.") if design.purpose == "rate" else _("Add a reader.")
        told.append(few)
    if design.disagreement != "none" and not any(one.adjudicator for one in readers):
        told.append(_("Add an adjudicator, or design it without."))
    return told


def _give_orders(session: Session, reading: ReaderStudy, readers: Sequence[Reader]) -> None:
    design, cases = design_of(reading), cases_of(session, reading)
    counting = [Case(case.number, case.truth) for case in cases if not case.training]
    training = [case.number for case in cases if case.training]
    for one in readers:
        if not one.adjudicator:
            one.order = places(design, counting, training, one.number)


def _pseudonym(number: int, *, adjudicator: bool) -> str:
    return f"{'A' if adjudicator else 'R'}{number + 1:02d}"


def _roles(session: Session, study: str, users: Sequence[str]) -> list[tuple[str, str]]:
    """Members with their roles, in the order in which they joined."""
    chosen = select(Member.user_id, Member.role).where(Member.study_id == study)
    chosen = chosen.where(Member.user_id.in_(users) if users else Member.role == Role.READER)
    found = [(user, role) for user, role in session.execute(chosen.order_by(Member.created, Member.id))]
    if len(found) < len(set(users)):
        raise RefusedError(404, _("Somebody is no member of this study."), title=_("No such member"))
    return found
