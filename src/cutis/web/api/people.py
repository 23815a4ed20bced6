"""Accounts, members, invitations and the audit, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.audit.routes import CHECKED, Number, lines_of
from cutis.web.database import AuditEntry, Study, User
from cutis.web.people import accounts
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.people.second_steps import end_second_step
from cutis.web.platform import Held, Platform
from cutis.web.studies import changes, overview

router = APIRouter(prefix="/api")

SignedIn = Annotated[Access, needs(Permission.SIGNED_IN)]
ManagePeople = Annotated[Access, needs(Permission.MANAGE_PEOPLE)]
SeeStudy = Annotated[Access, needs(Permission.SEE_STUDY)]
SeeMembers = Annotated[Access, needs(Permission.SEE_MEMBERS)]
ManageStudy = Annotated[Access, needs(Permission.MANAGE_STUDY)]


class AccountOut(BaseModel):
    """Whose token it is."""

    id: str
    name: str
    login: str
    administrator: bool


class PersonOut(AccountOut):
    """Somebody who has an account."""

    active: bool
    created: datetime


class LinkOut(BaseModel):
    """A one-time link; it is shown here only."""

    link: str
    hours: float


class StudyIn(BaseModel):
    """A study to make."""

    name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
    about: str = Field("", max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")
    keeps_capture_time: bool = False


class StudyFacts(BaseModel):
    """A study."""

    id: str
    name: str
    about: str
    keeps_capture_time: bool
    created: datetime


class SiteIn(BaseModel):
    """A site to add."""

    name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")


class SiteOut(BaseModel):
    """A place where a study is run."""

    id: str
    name: str


class MemberOut(BaseModel):
    """Somebody who works in a study."""

    id: str
    person: str
    name: str
    role: str
    sites: list[str] = Field(description="to which the member is bound; empty: to none, all are seen")


Sites = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=1000)]


class MemberRole(BaseModel):
    """Another role of a member, and other sites; an empty role ends the membership."""

    member: str = Field(max_length=20)
    role: str = Field(max_length=20)
    sites: Sites | None = Field(None, description="to which the member is bound; left out, they stay")


class InvitationIn(BaseModel):
    """The role of a new member, and the sites to which it is bound."""

    role: str = Field(max_length=20)
    sites: Sites = []


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


@router.get("/account")
def account(held: Held, access: SignedIn) -> AccountOut:
    """Whose token this is."""
    return AccountOut(
        id=access.user, name=access.name, login=access.login, administrator=access.administrator
    )


@router.get("/people")
def people(held: Held, access: ManagePeople) -> list[PersonOut]:
    """Everybody who has an account."""
    with held.database.reading() as session:
        return [
            PersonOut(
                id=one.id,
                name=one.name,
                login=one.login,
                administrator=one.administrator,
                active=one.active,
                created=one.created,
            )
            for one in session.scalars(select(User).order_by(User.name))
        ]


@router.post("/people/invitations", status_code=201)
def invite_administrator(request: Request, held: Held, access: ManagePeople) -> LinkOut:
    """A one-time link for another administrator."""
    return _link(request, held, accounts.make_administrator_link(held, access))


@router.post("/people/{person}/password", status_code=201)
def reset_password(request: Request, held: Held, access: ManagePeople, person: str) -> LinkOut:
    """A one-time link with which somebody chooses a new password."""
    return _link(request, held, accounts.make_password_link(held, access, person)[0])


@router.post("/people/{person}/close", status_code=204)
def close_account(held: Held, access: ManagePeople, person: str) -> None:
    """Somebody cannot sign in any more."""
    accounts.close_account(held, access, person)


@router.post("/people/{person}/open", status_code=204)
def reopen_account(held: Held, access: ManagePeople, person: str) -> None:
    """Somebody can sign in again."""
    accounts.open_account(held, access, person)


@router.post("/people/{person}/second-step/end", status_code=204)
def end_second_step_of(held: Held, access: ManagePeople, person: str) -> None:
    """End somebody's second step at sign-in."""
    end_second_step(held, access, person)


@router.post("/studies", status_code=201)
def make_study(
    held: Held, access: Annotated[Access, needs(Permission.MAKE_STUDY)], given: StudyIn
) -> StudyFacts:
    """A new study, whose first investigator is who makes it."""
    study = changes.make_study(
        held, access, given.name.strip(), given.about, keeps_capture_time=given.keeps_capture_time
    )
    return _study(study)


@router.get("/studies/{study}")
def read_study(held: Held, access: SeeStudy) -> StudyFacts:
    """A study."""
    with held.database.reading() as session:
        return _study(session.get_one(Study, access.study))


@router.get("/studies/{study}/sites")
def sites(held: Held, access: SeeStudy) -> list[SiteOut]:
    """The sites of a study."""
    with held.database.reading() as session:
        return [SiteOut(id=one.id, name=one.name) for one in overview.sites_of(session, access.study)]


@router.post("/studies/{study}/sites", status_code=201)
def add_site(held: Held, access: ManageStudy, given: SiteIn) -> SiteOut:
    """A new site."""
    made = changes.add_site(held, access, given.name.strip())
    return SiteOut(id=made.id, name=made.name)


@router.get("/studies/{study}/members")
def members(held: Held, access: SeeMembers) -> list[MemberOut]:
    """Who works in a study."""
    with held.database.reading() as session:
        return [
            MemberOut(
                id=one.member.id,
                person=one.user.id,
                name=one.user.name,
                role=one.member.role,
                sites=one.member.sites or [],
            )
            for one in overview.members_of(session, access.study)
        ]


@router.post("/studies/{study}/members")
def change_member(held: Held, access: ManageStudy, given: MemberRole) -> list[MemberOut]:
    """Another role or other sites for a member, or the end of a membership."""
    if given.role:
        changes.change_role(held, access, given.member, changes.study_role(given.role), given.sites)
    else:
        changes.remove_member(held, access, given.member)
    return members(held, access)


@router.post("/studies/{study}/invitations", status_code=201)
def invite_member(request: Request, held: Held, access: ManageStudy, given: InvitationIn) -> LinkOut:
    """A one-time link for a new member."""
    role = changes.study_role(given.role)
    return _link(request, held, changes.invite(held, access, role, given.sites))


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


def _study(study: Study) -> StudyFacts:
    return StudyFacts(
        id=study.id,
        name=study.name,
        about=study.about,
        keeps_capture_time=study.keeps_capture_time,
        created=study.created,
    )


def _link(request: Request, held: Platform, link: str) -> LinkOut:
    address = held.settings.public_url or str(request.base_url).rstrip("/")
    return LinkOut(link=f"{address}/join/{link}", hours=held.settings.invitation_hours)
