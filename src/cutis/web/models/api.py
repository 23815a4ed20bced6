"""Models, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from cutis.web.database import StoredBundle
from cutis.web.models import registry, upload
from cutis.web.models.activate import activate, tasks_of
from cutis.web.models.card import opened_bundle
from cutis.web.models.compare_routes import chosen_two, compared
from cutis.web.models.drift import drift
from cutis.web.models.labelled import ask_for_labelled, bring_labels, label_names
from cutis.web.models.labels import add_lines
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held

router = APIRouter(prefix="/api")

SignedIn = Annotated[Access, needs(Permission.SIGNED_IN)]
See = Annotated[Access, needs(Permission.SEE_MODELS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ModelOut(BaseModel):
    """A model; ``digest`` identifies it everywhere."""

    digest: str
    name: str
    version: str
    task: str
    title: str
    rendered: bool
    shipped: bool
    size: int
    created: datetime


class ModelCard(ModelOut):
    """A model with its card and all that its bundle says of it."""

    card: str
    info: dict[str, Any]


class InUse(BaseModel):
    """What answers a task in a study; no ``model``: it is not asked; no ``since``: nothing was chosen."""

    task: str
    title: str
    model: ModelOut | None
    since: datetime | None


class Activation(BaseModel):
    """A choice; an empty ``digest`` is for a task that is not to be asked."""

    task: str = Field(max_length=80)
    digest: str = Field("", max_length=64)


class LabelIn(BaseModel):
    """A photo, by identity or SHA-256, and its label."""

    photo: str = Field(max_length=64)
    label: str = Field(max_length=80)


class LabelsIn(BaseModel):
    """Labels of a task, or the identity of a closed reading whose answers they are."""

    task: str = Field(max_length=80)
    labels: list[LabelIn] = Field(default_factory=list, max_length=20_000)
    reading: str = Field("", max_length=20)


class Ask(BaseModel):
    """A model that is to answer for the labelled photos of a task."""

    task: str = Field(max_length=80)
    digest: Digest


class Counted(BaseModel):
    """How many."""

    count: int


class Comparison(BaseModel):
    """Two models on the same labelled photos; ``tests`` are first minus second."""

    labelled: int
    both: int
    participants: int
    unanswered: dict[str, int]
    answer: str
    figures: dict[str, dict[str, dict[str, float]]]
    tests: list[dict[str, Any]]


class WatchedOut(BaseModel):
    """Something that is watched for change; ``state`` is good, attention or unknown."""

    key: str
    title: str
    state: str
    sentence: str
    weeks: list[dict[str, float]]


@router.get("/models")
def list_models(held: Held, access: SignedIn) -> list[ModelOut]:
    """The models that are there."""
    with held.database.reading() as session:
        found = session.scalars(select(StoredBundle).order_by(StoredBundle.title, StoredBundle.digest))
        return [_out(one) for one in found]


@router.post("/models", status_code=201)
async def add_model(
    response: Response, held: Held, access: Annotated[Access, needs(Permission.ADD_MODELS)], form: Filled
) -> ModelOut:
    """Take a model in: a form with ``bundle`` (a file). 201 is a new one, 200 one that was there."""
    file = form.file("bundle").file
    async with held.decoding:
        bundle, new = await run_in_threadpool(upload.take_in, held, access, file)
    response.status_code = 201 if new else 200
    return _out(bundle)


@router.get("/models/{digest}")
def read_model(held: Held, access: SignedIn, digest: str) -> ModelCard:
    """What a model is."""
    with held.database.reading() as session:
        bundle = registry.bundle_of(session, digest)
    found = opened_bundle(held, bundle)
    return ModelCard(**_out(bundle).model_dump(), card=found.card, info=found.info.to_dict())


@router.get("/studies/{study}/models")
def list_models_in_use(held: Held, access: See) -> list[InUse]:
    """Which model answers each task in a study, and since when."""
    with held.database.reading() as session:
        return [
            InUse(
                task=one.task,
                title=one.title,
                model=_out(one.bundle) if one.bundle else None,
                since=one.since,
            )
            for one in tasks_of(session, access.study)
        ]


@router.post("/studies/{study}/models")
def activate_model(held: Held, access: Manage, given: Activation) -> list[InUse]:
    """A model answers a task from now on; what was answered before stays."""
    activate(held, access, given.task, given.digest)
    return list_models_in_use(held, access)


@router.get("/studies/{study}/models/compare")
def compare_models(held: Held, access: See, task: str, one: str, other: str) -> Comparison:
    """Two models of a task on the labelled photos that both have answered."""
    with held.database.reading() as session:
        found = compared(held, session, access, task, *chosen_two(session, task, one, other))
    return Comparison(
        labelled=found.labelled,
        both=found.both,
        participants=found.participants,
        unanswered={digest: len(photos) for digest, photos in found.unanswered.items()},
        answer=found.answer,
        figures={
            name: {key: value.to_dict() for key, value in figures.items() if value.value == value.value}
            for name, figures in found.measured.items()
        },
        tests=[
            {
                "measure": test.measure,
                "difference": test.difference.value,
                "low": test.difference.low,
                "high": test.difference.high,
                "p_corrected": test.corrected,
                "method": test.method,
            }
            for test in found.tests
        ],
    )


@router.post("/studies/{study}/models/labels")
def add_labels(held: Held, access: Manage, given: LabelsIn) -> Counted:
    """Bring labels of photos; all are kept, or none."""
    if given.reading:
        return Counted(count=bring_labels(held, access, given.task, b"", given.reading))
    names = label_names(held, given.task)
    lines = [(number, one.photo, one.label) for number, one in enumerate(given.labels, start=1)]
    return Counted(count=add_lines(held, access, given.task, names, lines))


@router.post("/studies/{study}/models/ask")
def ask_model(held: Held, access: Manage, given: Ask) -> Counted:
    """Have a model answer for the labelled photos that it has not answered; how many those are."""
    return Counted(count=ask_for_labelled(held, access, given.task, given.digest))


@router.get("/studies/{study}/models/drift")
def watch_model(held: Held, access: See, digest: str) -> list[WatchedOut]:
    """Whether the photos, or a model's answers, have changed since the first weeks."""
    with held.database.reading() as session:
        bundle = registry.bundle_of(session, digest)
        found = drift(session, access.study, digest, opened_bundle(held, bundle).info)
    return [
        WatchedOut(
            key=one.key,
            title=one.title,
            state=one.state,
            sentence=one.sentence,
            weeks=[
                {
                    "week": week.number,
                    "value": week.value,
                    "low": week.low,
                    "high": week.high,
                    "photos": week.photos,
                }
                for week in one.weeks
            ],
        )
        for one in found
    ]


def _out(bundle: StoredBundle) -> ModelOut:
    return ModelOut(
        digest=bundle.digest,
        name=bundle.name,
        version=bundle.version,
        task=bundle.task,
        title=bundle.title,
        rendered=bundle.rendered,
        shipped=bool(bundle.shipped),
        size=bundle.size,
        created=bundle.created,
    )
