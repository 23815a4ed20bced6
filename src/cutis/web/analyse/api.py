"""Analyses, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from cutis.web.analyse import map_routes as maps
from cutis.web.analyse import patient_routes as patients
from cutis.web.analyse import routes as pages
from cutis.web.analyse.asking import ask
from cutis.web.analyse.meaning import set_prevalence
from cutis.web.analyse.results import results_of
from cutis.web.analyse.similar import similar
from cutis.web.analyse.view import shown
from cutis.web.database import Analysis
from cutis.web.database.analysis import DONE
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.photos.access import photo_of
from cutis.web.platform import Held

router = APIRouter(prefix="/api")

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]


class AnalysisOut(BaseModel):
    """What a model says of a photo; ``result`` is there when ``state`` is ``done``.

    ``sentence`` is the answer as the page words it. With ``asked_anyway`` a person asked for it, whatever
    kind of photo it is.
    """

    id: str
    photo: str
    model: str
    state: str
    sentence: str
    asked_anyway: bool
    result: dict[str, Any] | None
    problem: str
    seconds: float | None
    created: datetime
    finished: datetime | None


class Ask(BaseModel):
    """Models to ask, by their digests; those of the study when empty.

    With ``anyway`` the named ones answer whatever kind of photo it is, and the answer says so.
    """

    models: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field([], max_length=20)
    anyway: bool = False


class Asked(BaseModel):
    """How many analyses wait."""

    waiting: int


class PrevalenceIn(BaseModel):
    """How common a label of a task is among the study's patients, a share between 0 and 1."""

    task: str = Field(min_length=1, max_length=80)
    label: str = Field(min_length=1, max_length=80)
    share: float = Field(gt=0, lt=1)


class SimilarOut(BaseModel):
    """A photo that looks alike; ``likeness`` is 1 where it is the same."""

    photo: str
    participant: str
    likeness: float


class Screened(BaseModel):
    """What the photos of a patient say together; ``positive`` is None where there is no answer."""

    participant: str
    photos: list[str]
    lesions: int
    positive: bool | None
    probability: float | None
    threshold: float | None
    sentence: str
    more: list[str]
    rendered: bool
    waiting: int
    among_a_thousand: dict[str, int] | None


@router.get("/studies/{study}/photos/{photo}/analyses")
def list_analyses(held: Held, access: See, photo: str) -> list[AnalysisOut]:
    """What the models say of a photo."""
    with held.database.reading() as session:
        return [_out(one) for one in results_of(session, photo_of(session, access.study, photo))]


@router.post("/studies/{study}/photos/{photo}/analyses", status_code=202)
def ask_models(held: Held, access: Add, given: Ask, photo: str) -> Asked:
    """Ask models about a photo; what is answered already stays as it is."""
    anyway = given.anyway and bool(given.models)
    return Asked(waiting=ask(held, access, photo, given.models, anyway=anyway))


@router.get("/studies/{study}/photos/{photo}/analyses/{analysis}/layer")
def read_layer(held: Held, access: See, photo: str, analysis: str, label: str = "") -> Response:
    """A map over the photo as PNG, clear where there is nothing to show."""
    return maps.layer(held, access, photo, analysis, label)


@router.get("/studies/{study}/photos/{photo}/analyses/{analysis}/grades")
def read_grades(held: Held, access: See, photo: str, analysis: str) -> Response:
    """The map of grades of a mosaic as PNG, a pixel for each place."""
    return maps.grades(held, access, photo, analysis)


@router.get("/studies/{study}/photos/{photo}/analyses/{analysis}/tile")
def read_tile(
    held: Held,
    access: See,
    photo: str,
    analysis: str,
    level: maps.Place = 0,
    row: maps.Place = 0,
    column: maps.Place = 0,
) -> Response:
    """A tile of a mosaic as JPEG; level 0 is the finest."""
    return maps.tile(held, access, photo, analysis, level, row, column)


@router.get("/studies/{study}/photos/{photo}/analysis.pdf")
def print_analysis(request: Request, held: Held, access: See, photo: str) -> Response:
    """The result on paper."""
    return pages.analysis_pdf(request, held, access, photo)


@router.get("/studies/{study}/photos/{photo}/similar")
def list_similar(held: Held, access: See, photo: str) -> list[SimilarOut]:
    """Photos of the same study that look alike, the most alike first."""
    with held.database.reading() as session:
        made = shown(results_of(session, photo_of(session, access.study, photo)), {})
        by = pages.for_likeness(made)
        found = similar(session, by) if by is not None else []
    return [
        SimilarOut(photo=one.photo.id, participant=one.participant.id, likeness=round(one.likeness, 4))
        for one in found
    ]


@router.get("/studies/{study}/participants/{participant}/screening")
def screen_participant(
    held: Held, access: See, participant: str, prevalence: patients.Percent = None
) -> Screened:
    """What the newest photos of a patient say together, by the model that looks at single lesions."""
    with held.database.reading() as session:
        values = patients.screened(session, access.study, participant, prevalence)
    one, rows = values["one"], values["rows"]
    answer = one.extra.get("patient") if one else None
    found = one.meaning if one else None
    counts = ("found", "missed", "alarms", "cleared")
    return Screened(
        participant=participant,
        photos=[photo.id for photo, _row in rows],
        lesions=sum(len(row.result["lesions"]) for _photo, row in rows),
        positive=answer.positive if answer else None,
        probability=answer.probability if answer else None,
        threshold=answer.threshold if answer else None,
        sentence=one.sentence if one else "",
        more=list(one.more) if one else [],
        rendered=bool(one and one.result["model"]["rendered"]),
        waiting=values["waiting"],
        among_a_thousand={name: getattr(found, name) for name in counts} if found else None,
    )


@router.post("/studies/{study}/prevalence", status_code=204)
def set_share(held: Held, access: Manage, given: PrevalenceIn) -> Response:
    """Say how common something is among the study's patients."""
    set_prevalence(held, access, given.task, given.label, given.share)
    return Response(status_code=204)


def _out(row: Analysis) -> AnalysisOut:
    said = shown([row], {})
    return AnalysisOut(
        id=row.id,
        photo=row.photo_id,
        model=row.bundle_digest,
        state=row.state,
        sentence=said[0].sentence if said else "",
        asked_anyway=row.asked_anyway,
        result=row.result if row.state == DONE else None,
        problem=row.problem,
        seconds=row.seconds,
        created=row.created,
        finished=row.finished,
    )
