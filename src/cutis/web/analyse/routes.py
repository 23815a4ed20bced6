"""Pages of analyses: take a photo in and analyse it; what the models say of a photo, and of a patient."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from cutis.web.analyse import grids, mosaics, outbox
from cutis.web.analyse.facts.keeping import entries_of, takes_facts
from cutis.web.analyse.facts.telling import told
from cutis.web.analyse.meaning import need_share, prevalences, set_prevalence
from cutis.web.analyse.results import results_of, results_of_each
from cutis.web.analyse.similar import similar
from cutis.web.analyse.view import Shown, patient, shown, with_prevalence
from cutis.web.database import Analysis, Participant, Photo, StoredBundle, Study
from cutis.web.database.analysis import DONE, FAILED, WAITING
from cutis.web.database.row import new_id
from cutis.web.errors import RefusedError, answer
from cutis.web.models import registry
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.photos.access import photo_of
from cutis.web.photos.intake import take_in
from cutis.web.platform import Held, Platform
from cutis.web.studies import changes, overview
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]
Percent = Annotated[float | None, Query(gt=0, lt=100)]
Place = Annotated[int, Query(ge=0, le=1 << 20)]
OF_PATIENT = 12  # newest photos that are looked at together


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


def ask(held: Platform, access: Access, photo: str, digests: list[str], *, anyway: bool = False) -> int:
    """Ask models about a photo.

    Args:
        held: the platform.
        access: who asks, and in which study.
        photo: identity.
        digests: of models; those of the study when empty.
        anyway: also where the photo is of another kind than a model is for.

    Returns:
        How many analyses wait now.

    Raises:
        RefusedError: no such photo, or no such model.
    """
    with held.database.writing() as session:
        found = photo_of(session, access.study, photo)
        for digest in digests:
            registry.bundle_of(session, digest)
        asked = outbox.ask(session, found, digests, anyway=anyway)
        held.audit.add(
            session,
            "analysis.asked",
            who=access.user,
            study=access.study,
            subject=found.id,
            models=len(asked),
            **({"anyway": True} if anyway else {}),
        )
    held.queue.wake(photo)
    return len(asked)


def analysis_of(session: Session, study: str, photo: str, analysis: str) -> tuple[Photo, Analysis]:
    """An analysis of a photo of a study, that is done.

    Raises:
        RefusedError: there is none, or it is not done.
    """
    found = photo_of(session, study, photo)
    chosen = select(Analysis).where(Analysis.id == analysis, Analysis.photo_id == found.id)
    row = session.scalar(chosen)
    if row is None:
        raise RefusedError(404)
    if row.state != DONE:
        raise RefusedError(409, _("This analysis is not done. Look again in a moment."))
    return found, row


@router.get("/studies/{study}/photos/{photo}/analyses/{analysis}/layer")
def layer(held: Held, access: See, photo: str, analysis: str, label: str = "") -> Response:
    """A map over the photo, clear where there is nothing to show."""
    with held.database.reading() as session:
        found, row = analysis_of(session, access.study, photo, analysis)
    layers = (row.result or {}).get("layers", {})
    said = layers.get(label) or next(iter(layers.values()), None)
    if said is None:
        raise RefusedError(409, _("This model draws no map."))
    headers = {"cache-control": "private, max-age=3600"}
    return Response(grids.layer(said, found.width, found.height), media_type="image/png", headers=headers)


@router.get("/studies/{study}/photos/{photo}/analyses/{analysis}/viewer")
def viewer(
    request: Request, held: Held, access: See, photo: str, analysis: str, spacing: Percent = None
) -> Response:
    """A mosaic with its map of grades, at any zoom."""
    with held.database.reading() as session:
        found, row = analysis_of(session, access.study, photo, analysis)
        _need_map(row)
        said = shown([row], {})[0]
        return page(
            request,
            "analyse/viewer.html",
            said=_,
            study=session.get_one(Study, access.study),
            photo=found,
            participant=session.get_one(Participant, found.participant_id),
            one=said,
            map=said.result["map"],
            spacing=spacing or said.result["map"]["spacing"],
            given=spacing,
        )


@router.get("/studies/{study}/photos/{photo}/analyses/{analysis}/tile")
def tile(
    held: Held, access: See, photo: str, analysis: str, level: Place = 0, row: Place = 0, column: Place = 0
) -> Response:
    """A tile of a mosaic; level 0 is the finest."""
    return _of_map(held, access, photo, analysis, lambda out: mosaics.tile(out, level, row, column), "tile")


@router.get("/studies/{study}/photos/{photo}/analyses/{analysis}/grades")
def grades(held: Held, access: See, photo: str, analysis: str) -> Response:
    """The map of grades of a mosaic, a pixel for each place."""
    return _of_map(held, access, photo, analysis, lambda out: out / mosaics.GRADES, "grades")


def _of_map(held: Platform, access: Access, photo: str, analysis: str, place: Any, what: str) -> Response:
    with held.database.reading() as session:
        found, row = analysis_of(session, access.study, photo, analysis)
        _need_map(row)
    if what == "grades":  # with the first look; tiles are parts of it
        held.audit.note(held.database, "mosaic.seen", who=access.user, study=access.study, subject=found.id)
    file = place(mosaics.place(held.settings.data_folder, found.digest, row.bundle_digest))
    if not file.is_file():
        raise RefusedError(404)
    media = "image/png" if file.suffix == ".png" else "image/jpeg"
    return FileResponse(file, media_type=media, headers={"cache-control": "private, max-age=3600"})


def _need_map(row: Analysis) -> None:
    if "map" not in (row.result or {}):
        raise RefusedError(409, _("This model draws no map."))


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


@router.get("/studies/{study}/participants/{participant}/screening")
def screening_page(
    request: Request, held: Held, access: See, participant: str, prevalence: Percent = None
) -> Response:
    """What a model that looks at single lesions says of a patient, by all photos."""
    with held.database.reading() as session:
        values = screened(session, access.study, participant, prevalence)
        study = session.get_one(Study, access.study)
        return page(request, "analyse/screening.html", said=_, study=study, **values)


def screened(session: Session, study: str, participant: str, prevalence: float | None) -> dict[str, Any]:
    """The lesions of a patient's newest photos, and what they say together.

    Raises:
        RefusedError: no such participant.
    """
    whose = session.scalar(
        select(Participant).where(Participant.id == participant, Participant.study_id == study)
    )
    if whose is None:
        raise RefusedError(404)
    if prevalence is not None:
        need_share(prevalence / 100)
    chosen = select(Photo).where(Photo.participant_id == whose.id).order_by(Photo.created.desc())
    photos = list(session.scalars(chosen.limit(OF_PATIENT)))
    results = results_of_each(session, photos)
    active = {one.digest for one in registry.active(session, study)}
    rows: list[tuple[Photo, Analysis]] = [
        (photo, row)
        for photo in photos
        for row in results[photo.id]
        if row.bundle_digest in active and row.state == DONE and "rule" in (row.result or {})
        if not outbox.answered_anyway(row)
    ]
    one = patient([row for _photo, row in rows])
    if one is not None and one.asked[0]:
        one = with_prevalence(
            one, prevalences(session, study), None if prevalence is None else prevalence / 100
        )
    return {
        "participant": whose,
        "one": one,
        "rows": rows,
        "waiting": sum(row.state == WAITING for each in results.values() for row in each),
        "photos": photos,
        "tried": prevalence,
        "most": OF_PATIENT,
    }
