"""The audit, for programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy.orm import Session

from cutis.web.audit.routes import CHECKED, Number, lines_of
from cutis.web.database import AuditEntry
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform

router = APIRouter(prefix="/api")


class AuditLine(BaseModel):
    """A line of the audit."""

    number: int
    moment: str
    who: str
    action: str
    study: str
    subject: str
    details: dict[str, Any]


class AuditOut(BaseModel):
    """Lines of the audit, the newest first, and whether the last 5,000 are as they were written."""

    whole: bool
    problems: list[str]
    lines: list[AuditLine]


@router.get("/audit")
def audit(
    held: Held,
    access: Annotated[Access, needs(Permission.SEE_AUDIT)],
    action: str = "",
    before: Number = 0,
) -> AuditOut:
    """The audit of the installation, 100 lines at a time."""
    with held.database.reading() as session:
        return _audit(held, session, "", action, before)


@router.get("/studies/{study}/audit")
def study_audit(
    held: Held,
    access: Annotated[Access, needs(Permission.SEE_STUDY_AUDIT)],
    action: str = "",
    before: Number = 0,
) -> AuditOut:
    """The audit of a study, 100 lines at a time."""
    with held.database.reading() as session:
        return _audit(held, session, access.study, action, before)


def _audit(held: Platform, session: Session, study: str, action: str, before: int) -> AuditOut:
    verified = held.audit.verify(session, last=CHECKED)
    found = lines_of(session, study, action, before)[:100]
    # What is wrong elsewhere in the installation is not for the members of one study.
    problems = list(verified.problems) if not study else []
    return AuditOut(whole=not verified.problems, problems=problems, lines=[_line(one) for one in found])


def _line(entry: AuditEntry) -> AuditLine:
    return AuditLine(
        number=entry.number,
        moment=entry.moment,
        who=entry.who,
        action=entry.action,
        study=entry.study,
        subject=entry.subject,
        details=dict(entry.details),
    )
