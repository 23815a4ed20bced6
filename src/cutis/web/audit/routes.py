"""Pages of the audit."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import AuditEntry, Study, User
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.templating import page

router = APIRouter()

PER_PAGE = 100
CHECKED = 5000  # lines, in about a tenth of a second

Number = Annotated[int, Query(ge=0, le=1 << 53)]


@router.get("/audit")
def audit(
    request: Request,
    held: Held,
    access: Annotated[Access, needs(Permission.SEE_AUDIT)],
    action: str = "",
    before: Number = 0,
) -> Response:
    """The audit of the installation. What happened in studies is there; what they are called is not."""
    return _page(request, held, "", action, before)


@router.get("/studies/{study}/audit")
def study_audit(
    request: Request,
    held: Held,
    access: Annotated[Access, needs(Permission.SEE_STUDY_AUDIT)],
    action: str = "",
    before: Number = 0,
) -> Response:
    """The audit of a study."""
    return _page(request, held, access.study, action, before)


def _page(request: Request, held: Held, study: str, action: str, before: int) -> Response:
    with held.database.reading() as session:
        lines = lines_of(session, study, action, before)
        shown = lines[:PER_PAGE]
        # A chain that nobody checks protects nothing; all of a long one is checked by the command.
        return page(
            request,
            "audit/audit.html",
            study=session.get_one(Study, study) if study else None,
            lines=shown,
            names=_names(session, shown),
            actions=session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).all(),
            action=action,
            older=shown[-1].number if len(lines) > PER_PAGE else 0,
            verified=held.audit.verify(session, last=CHECKED),
        )


def lines_of(session: Session, study: str, action: str, before: int) -> list[AuditEntry]:
    """The newest lines, one page of them and one more."""
    chosen = select(AuditEntry)
    if study:
        chosen = chosen.where(AuditEntry.study == study)
    if action:
        chosen = chosen.where(AuditEntry.action == action)
    if before:
        chosen = chosen.where(AuditEntry.number < before)
    return list(session.scalars(chosen.order_by(AuditEntry.number.desc()).limit(PER_PAGE + 1)))


def _names(session: Session, lines: list[AuditEntry]) -> dict[str, str]:
    """Names of those who did what is on a page, by identity."""
    found = session.execute(select(User.id, User.name).where(User.id.in_({one.who for one in lines})))
    return {one.id: one.name for one in found}
