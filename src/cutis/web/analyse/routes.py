"""Pages of analyses: take a photo in and analyse it; what the models say of a photo."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from cutis.web.analyse.asking import ask
from cutis.web.analyse.facts.keeping import entries_of, takes_facts
from cutis.web.analyse.facts.telling import told
from cutis.web.analyse.meaning import prevalences, set_prevalence
from cutis.web.analyse.results import results_of
from cutis.web.analyse.shown import Shown
from cutis.web.analyse.similar import similar
from cutis.web.analyse.view import shown
from cutis.web.database import Analysis, Participant, StoredBundle, Study
from cutis.web.database.analysis import FAILED, WAITING
from cutis.web.database.row import new_id
from cutis.web.errors import RefusedError, answer
from cutis.web.models import registry
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.photos.access import photo_of
from cutis.web.photos.intake import take_in
from cutis.web.platform import Held, Platform
from cutis.web.studies import changes, overview
from cutis.web.studies.protocol import protocol_of
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]
Percent = Annotated[float | None, Query(gt=0, lt=100)]


@router.get("/studies/{study}/analyse")
def analyse_page(request: Request, held: Held, access: Add, participant: str = "") -> Response:
    """A place to drop, paste, choose or take a photo."""
    with held.database.reading() as session:
        enrolled = overview.participants_of(session, access.study)
        known = {one.participant.id for one in enrolled}
        return page(
            request,
            "analyse/analyse.html",
            said=_,
            study=session.get_one(Study, access.study),
            enrolled=enrolled,
            chosen=participant if participant in known else "",
            asks_first=bool(protocol_of(session, access.study).eligibility),
            models=registry.active(session, access.study),
            key=new_id(),
            limits=held.settings,
        )


@router.post("/studies/{study}/analyse")
async def analyse_photo(request: Request, held: Held, access: Add, form: Filled) -> Response:
    """Take a photo in, of a participant that is there or of a new one, and show what is found out."""
    script = request.headers.get("accept", "") == "application/json"
    try:
        file = form.file("photo").file
        key = form.text("key", most=64, needed=False)
        whose = form.text("participant", needed=False)
        pseudonym = form.text("pseudonym", most=40, needed=False)
        if not whose and not pseudonym:
            raise RefusedError(422, _("Choose a participant, or type a new pseudonym."))
        async with held.decoding:
            if not whose:
                whose = await run_in_threadpool(_participant, held, access, pseudonym)
            arrived = await run_in_threadpool(take_in, held, access, whose, key, file)
    except RefusedError as error:
        if not script:
            return answer(request, error)
        return JSONResponse({"title": error.title, "detail": error.words}, error.status)
    where = f"/studies/{access.study}/photos/{arrived.photo.id}/analysis"
    if script:
        told = {"id": arrived.photo.id, "page": where, "participant": whose}
        return JSONResponse(told, 201 if arrived.new else 200)
    return RedirectResponse(where, 303)


def _participant(held: Platform, access: Access, pseudonym: str) -> str:
    """The participant of a pseudonym, a new one where there is none."""
    with held.database.reading() as session:
        chosen = select(Participant.id).where(
            Participant.study_id == access.study, Participant.pseudonym == pseudonym
        )
        found = session.scalar(chosen)
    return found or changes.add_participant(held, access, pseudonym).id


@router.get("/studies/{study}/photos/{photo}/analysis")
def analysis_page(
    request: Request,
    held: Held,
    access: See,
    photo: str,
    prevalence: Percent = None,
    of: str = "",
    part: str = "",
) -> Response:
    """What the models say of a photo."""
    with held.database.reading() as session:
        values = _values(session, access, photo, prevalence, of)
        template = "analyse/results.html" if part else "analyse/analysis.html"
        return page(request, template, **values)


def _values(
    session: Session, access: Access, photo: str, prevalence: float | None, of: str
) -> dict[str, Any]:
    """What the templates of a photo's analysis need."""
    found = photo_of(session, access.study, photo)
    rows = results_of(session, found)
    tried = {of: prevalence / 100} if prevalence is not None and of else {}
    made = shown(rows, prevalences(session, access.study), tried)
    asked = {one.bundle_digest for one in rows}
    bundles = session.scalars(select(StoredBundle).order_by(StoredBundle.title, StoredBundle.name)).all()
    return {
        "study": session.get_one(Study, access.study),
        "photo": found,
        "participant": session.get_one(Participant, found.participant_id),
        "quality": next((one for one in made if one.kind == "quality" and one.fits), None),
        "answers": [one for one in made if one.fits and one.kind != "quality"],
        "unfit": [one for one in made if not one.fits],
        "failed": [one for one in rows if one.state == FAILED],
        "waiting": sum(one.state == WAITING for one in rows),
        "alike": similar(session, alike) if (alike := for_likeness(made)) else [],
        "alike_by": alike,
        "facts": {
            one.analysis.id: [told(entry) for entry in entries_of(session, one.analysis.id)]
            for one in made
            if takes_facts(one.analysis)
        },
        "models": {one.digest: one for one in bundles},
        "kind": next((one.of_photo for one in made if one.of_photo), ""),
        "unasked": [one for one in bundles if one.digest not in asked],
        "tried": prevalence,
        "said": _,
    }


def for_likeness(made: list[Shown]) -> Analysis | None:
    """The analysis by whose embedding similar photos are found: of a task that suits, else of the quality."""
    kept = [one for one in made if one.analysis.embedding is not None]
    tasks = [one for one in kept if one.fits and one.kind != "quality"]
    return (tasks or kept)[0].analysis if kept else None


@router.post("/studies/{study}/photos/{photo}/analysis")
def ask_again(held: Held, access: Add, form: Filled, photo: str) -> Response:
    """Ask the models of the study, or one of those that are there; what was answered before stays."""
    bundle = form.text("bundle", needed=False)
    anyway = bool(bundle) and form.text("anyway", needed=False) == "yes"
    ask(held, access, photo, [bundle] if bundle else [], anyway=anyway)
    return RedirectResponse(f"/studies/{access.study}/photos/{photo}/analysis", 303)


@router.get("/studies/{study}/photos/{photo}/analysis.pdf")
def analysis_pdf(request: Request, held: Held, access: See, photo: str) -> Response:
    """The result on paper."""
    from cutis.web.analyse.paper import paper

    with held.database.writing() as session:
        found = photo_of(session, access.study, photo)
        held.audit.add(session, "analysis.printed", who=access.user, study=access.study, subject=found.id)
    with held.database.reading() as session:
        values = _values(session, access, photo, None, "")
    return paper(request, held, values)


@router.post("/studies/{study}/prevalence")
def keep_prevalence(held: Held, access: Manage, form: Filled) -> Response:
    """How common something is among the study's patients."""
    try:
        share = float(form.text("prevalence", most=12).replace(",", ".")) / 100
    except ValueError:
        share = 0.0  # refused in the words of any share that is none
    back = form.text("photo", needed=False)
    task, label = form.text("task", most=80), form.text("label", most=80)
    set_prevalence(held, access, task, label, share)
    where = f"/photos/{back}/analysis" if back else ""
    return RedirectResponse(f"/studies/{access.study}{where}", 303)
