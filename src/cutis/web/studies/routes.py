"""Pages of a study, its members and its participants."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from cutis.web.database import Participant, Photo, Study
from cutis.web.people import invitations
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import STUDY_ROLES, Permission
from cutis.web.platform import Held
from cutis.web.studies import changes, overview
from cutis.web.templating import page

router = APIRouter()

SeeStudy = Annotated[Access, needs(Permission.SEE_STUDY)]
SeeMembers = Annotated[Access, needs(Permission.SEE_MEMBERS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]
SeePhotos = Annotated[Access, needs(Permission.SEE_PHOTOS)]
AddPhotos = Annotated[Access, needs(Permission.ADD_PHOTOS)]


@router.get("/")
def home(request: Request, held: Held, access: Annotated[Access, needs(Permission.SIGNED_IN)]) -> Response:
    """My studies."""
    with held.database.reading() as session:
        listed = overview.studies_of(session, access.user)
    return page(request, "studies/home.html", listed=listed)


@router.post("/studies")
def make_study(held: Held, access: Annotated[Access, needs(Permission.MAKE_STUDY)], form: Filled) -> Response:
    """A new study."""
    name, about = form.text("name"), form.text("about", most=500, needed=False)
    study = changes.make_study(
        held, access, name, about, keeps_capture_time=form.ticked("keeps_capture_time")
    )
    return RedirectResponse(f"/studies/{study.id}", 303)


@router.get("/studies/{study}")
def study_page(request: Request, held: Held, access: SeeStudy) -> Response:
    """What there is in a study."""
    with held.database.reading() as session:
        seen = access.may(Permission.SEE_PHOTOS)
        recent = select(Photo, Participant).join(Participant).where(Photo.study_id == access.study)
        return page(
            request,
            "studies/study.html",
            study=session.get_one(Study, access.study),
            participants=overview.count(session, Participant, access.study),
            photos=overview.count(session, Photo, access.study),
            sites=overview.sites_of(session, access.study),
            members=overview.members_of(session, access.study) if access.may(Permission.SEE_MEMBERS) else [],
            recent=session.execute(recent.order_by(Photo.created.desc()).limit(8)).all() if seen else [],
        )


@router.get("/studies/{study}/members")
def members(request: Request, held: Held, access: SeeMembers) -> Response:
    """Who works in a study."""
    return _members_page(request, held, access)


@router.post("/studies/{study}/invitations")
def invite(request: Request, held: Held, access: Manage, form: Filled) -> Response:
    """A one-time link for a new member; this answer is the only place where it is shown."""
    role = changes.study_role(form.text("role"))
    with held.database.writing() as session:
        identity, link = invitations.invite(
            session, role, held.settings.invitation_hours, study=access.study, made_by=access.user
        )
        held.audit.add(
            session, "invitation.made", who=access.user, study=access.study, subject=identity, role=role.value
        )
    address = held.settings.public_url or str(request.base_url).rstrip("/")
    return _members_page(request, held, access, link=f"{address}/join/{link}", role=role.value)


@router.post("/studies/{study}/members/{member}/role")
def change_role(held: Held, access: Manage, form: Filled, member: str) -> Response:
    """Another role for a member."""
    changes.change_role(held, access, member, changes.study_role(form.text("role")))
    return RedirectResponse(f"/studies/{access.study}/members", 303)


@router.post("/studies/{study}/members/{member}/remove")
def remove_member(held: Held, access: Manage, member: str) -> Response:
    """The end of a membership."""
    changes.remove_member(held, access, member)
    return RedirectResponse(f"/studies/{access.study}/members", 303)


@router.post("/studies/{study}/sites")
def add_site(held: Held, access: Manage, form: Filled) -> Response:
    """A new site."""
    changes.add_site(held, access, form.text("name"))
    return RedirectResponse(f"/studies/{access.study}", 303)


@router.get("/studies/{study}/participants")
def participants(request: Request, held: Held, access: SeePhotos) -> Response:
    """The participants of a study."""
    with held.database.reading() as session:
        return page(
            request,
            "studies/participants.html",
            study=session.get_one(Study, access.study),
            enrolled=overview.participants_of(session, access.study),
            sites=overview.sites_of(session, access.study),
        )


@router.post("/studies/{study}/participants")
def add_participant(held: Held, access: AddPhotos, form: Filled) -> Response:
    """A new participant."""
    pseudonym, site = form.text("pseudonym", most=40), form.text("site", needed=False)
    participant = changes.add_participant(held, access, pseudonym, site)
    return RedirectResponse(f"/studies/{access.study}/photos?participant={participant.id}", 303)


def _members_page(
    request: Request, held: Held, access: Access, *, link: str = "", role: str = ""
) -> Response:
    with held.database.reading() as session:
        return page(
            request,
            "studies/members.html",
            study=session.get_one(Study, access.study),
            members=overview.members_of(session, access.study),
            roles=STUDY_ROLES,
            link=link,
            role=role,
            hours=held.settings.invitation_hours,
        )
