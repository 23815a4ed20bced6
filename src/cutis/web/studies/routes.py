"""Pages of studies and their members."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cutis.web.bodies import Form
from cutis.web.database import Participant, Photo, Study
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import STUDY_ROLES, Permission
from cutis.web.photos.access import photos_of
from cutis.web.platform import Held
from cutis.web.studies import changes, charts, membership, overview
from cutis.web.studies.due import this_day
from cutis.web.studies.quality import quality_by_group
from cutis.web.studies.standing import SHOWN, standing
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

SeeStudy = Annotated[Access, needs(Permission.SEE_STUDY)]
SeeMembers = Annotated[Access, needs(Permission.SEE_MEMBERS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]


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
    """How a study stands today: what is due and what is missing first."""
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        seen = access.may(Permission.SEE_PHOTOS)
        today = this_day()
        stands = standing(session, study, today) if seen else None
        return page(
            request,
            "studies/study.html",
            study=study,
            today=today,
            stands=stands,
            shown=SHOWN,
            grown=charts.growth(stands.growth, _("Participants enrolled, by day"))
            if stands and stands.growth
            else "",
            quality=quality_by_group(session, study) if seen else [],
            participants=overview.count(session, Participant, access.study),
            photos=overview.count(session, Photo, access.study),
            sites=overview.sites_of(session, access.study),
            members=overview.members_of(session, access.study) if access.may(Permission.SEE_MEMBERS) else [],
            recent=photos_of(session, access.study)[:8] if seen else [],
        )


@router.get("/studies/{study}/members")
def members(request: Request, held: Held, access: SeeMembers) -> Response:
    """Who works in a study."""
    return _members_page(request, held, access)


@router.post("/studies/{study}/invitations")
def invite(request: Request, held: Held, access: Manage, form: Filled) -> Response:
    """A one-time link for a new member; this answer is the only place where it is shown."""
    role = membership.study_role(form.text("role"))
    link = membership.invite(held, access, role, _sites(form))
    address = held.settings.public_url or str(request.base_url).rstrip("/")
    return _members_page(request, held, access, link=f"{address}/join/{link}", role=role.value)


@router.post("/studies/{study}/members/{member}/role")
def change_role(held: Held, access: Manage, form: Filled, member: str) -> Response:
    """Another role for a member, and other sites."""
    membership.change_role(held, access, member, membership.study_role(form.text("role")), _sites(form))
    return RedirectResponse(f"/studies/{access.study}/members", 303)


@router.post("/studies/{study}/members/{member}/remove")
def remove_member(held: Held, access: Manage, member: str) -> Response:
    """The end of a membership."""
    membership.remove_member(held, access, member)
    return RedirectResponse(f"/studies/{access.study}/members", 303)


@router.post("/studies/{study}/sites")
def add_site(held: Held, access: Manage, form: Filled) -> Response:
    """A new site."""
    changes.add_site(held, access, form.text("name"))
    return RedirectResponse(f"/studies/{access.study}", 303)


def _sites(form: Form) -> list[str]:
    """The sites that were ticked."""
    return [one for one in form.data.getlist("site") if isinstance(one, str)]


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
            sites=overview.sites_of(session, access.study),
            link=link,
            role=role,
            hours=held.settings.invitation_hours,
        )
