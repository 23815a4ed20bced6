"""Studies with their sites, members and invitations, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from cutis.web.api.people import LinkOut, link_out
from cutis.web.database import Study
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.studies import changes, membership, overview

router = APIRouter(prefix="/api")

SeeStudy = Annotated[Access, needs(Permission.SEE_STUDY)]
SeeMembers = Annotated[Access, needs(Permission.SEE_MEMBERS)]
ManageStudy = Annotated[Access, needs(Permission.MANAGE_STUDY)]


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
        membership.change_role(held, access, given.member, membership.study_role(given.role), given.sites)
    else:
        membership.remove_member(held, access, given.member)
    return members(held, access)


@router.post("/studies/{study}/invitations", status_code=201)
def invite_member(request: Request, held: Held, access: ManageStudy, given: InvitationIn) -> LinkOut:
    """A one-time link for a new member."""
    role = membership.study_role(given.role)
    return link_out(request, held, membership.invite(held, access, role, given.sites))


def _study(study: Study) -> StudyFacts:
    return StudyFacts(
        id=study.id,
        name=study.name,
        about=study.about,
        keeps_capture_time=study.keeps_capture_time,
        created=study.created,
    )
