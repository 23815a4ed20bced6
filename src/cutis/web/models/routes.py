"""Pages of models: those that are there, what each is, and which answers in a study."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from cutis.web.database import Analysis, StoredBundle, Study, StudyModel, User
from cutis.web.database.analysis import DONE
from cutis.web.errors import RefusedError, answer
from cutis.web.models import registry, upload
from cutis.web.models.activate import activate, tasks_of
from cutis.web.models.card import card_html, opened_bundle, points_of
from cutis.web.models.drift import drift
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.templating import page

router = APIRouter()

SignedIn = Annotated[Access, needs(Permission.SIGNED_IN)]
Add = Annotated[Access, needs(Permission.ADD_MODELS)]
See = Annotated[Access, needs(Permission.SEE_MODELS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]


@router.get("/models")
def models(request: Request, held: Held, access: SignedIn) -> Response:
    """The models that are there."""
    return _models_page(request, held)


@router.post("/models")
async def add_model(request: Request, held: Held, access: Add, form: Filled) -> Response:
    """Take a model in; it answers nowhere until a study activates it."""
    try:
        file = form.file("bundle").file
        async with held.decoding:
            bundle, _new = await run_in_threadpool(upload.take_in, held, access, file)
    except RefusedError as error:
        if error.status != 422:
            return answer(request, error)
        return await run_in_threadpool(_models_page, request, held, error.words)
    return RedirectResponse(f"/models/{bundle.digest}", 303)


@router.get("/models/{digest}")
def model(request: Request, held: Held, access: SignedIn, digest: str) -> Response:
    """What a model is: its card, its operating points, what it was trained on."""
    with held.database.reading() as session:
        bundle = registry.bundle_of(session, digest)
        added_by = session.get(User, bundle.added_by) if bundle.added_by else None
    found = opened_bundle(held, bundle)
    return page(
        request,
        "models/model.html",
        bundle=bundle,
        info=found.info,
        added_by=added_by,
        card=card_html(found.card),
        points=points_of(found.info),
    )


@router.get("/studies/{study}/models")
def study_models(request: Request, held: Held, access: See) -> Response:
    """Which model answers each task in a study, and since when."""
    with held.database.reading() as session:
        return page(
            request,
            "models/study.html",
            study=session.get_one(Study, access.study),
            tasks=tasks_of(session, access.study),
        )


@router.post("/studies/{study}/models")
def activate_model(held: Held, access: Manage, form: Filled) -> Response:
    """A model answers a task from now on; what was answered before stays."""
    activate(held, access, form.text("task"), form.text("digest", needed=False))
    return RedirectResponse(f"/studies/{access.study}/models", 303)


@router.get("/studies/{study}/models/drift")
def drift_page(request: Request, held: Held, access: See, digest: str = "") -> Response:
    """Whether the photos, or a model's answers, have changed since the first weeks."""
    with held.database.reading() as session:
        active = registry.active(session, access.study)
        bundle = registry.bundle_of(session, digest) if digest else busiest(session, access.study, active)
        gates = [one for one in active if one is not bundle and opened_bundle(held, one).info.passing]
        watched = [
            found
            for one in (*([bundle] if bundle else []), *gates)
            for found in drift(session, access.study, one.digest, opened_bundle(held, one).info)
            if one is bundle or found.key == "quality"
        ]
        return page(
            request,
            "models/drift.html",
            study=session.get_one(Study, access.study),
            bundle=bundle,
            bundles=_used(session, access.study, active),
            watched=watched,
        )


def busiest(session: Session, study: str, active: tuple[StoredBundle, ...]) -> StoredBundle | None:
    """The bundle that has answered for most photos of a study."""
    counts = session.execute(
        select(Analysis.bundle_digest, func.count(Analysis.id))
        .where(Analysis.study_id == study, Analysis.state == DONE)
        .group_by(Analysis.bundle_digest)
    )
    done = dict(counts.all())
    return max(active, key=lambda one: done.get(one.digest, 0), default=None)


def _models_page(request: Request, held: Platform, problem: str = "") -> Response:
    with held.database.reading() as session:
        bundles = session.scalars(
            select(StoredBundle).order_by(StoredBundle.title, StoredBundle.created.desc())
        ).all()
        used = session.execute(
            select(StudyModel.bundle_digest, func.count(StudyModel.id))
            .where(StudyModel.until.is_(None))
            .group_by(StudyModel.bundle_digest)
        )
        return page(
            request,
            "models/models.html",
            status=422 if problem else 200,
            bundles=bundles,
            used=dict(used.all()),
            defaults={one.digest for one in registry.shipped_defaults(session).values()},
            megabytes=held.settings.bundle_megabytes,
            problem=problem,
        )


def _used(session: Session, study: str, active: tuple[StoredBundle, ...]) -> list[StoredBundle]:
    """Bundles that answer in a study, or did."""
    earlier = select(StudyModel.bundle_digest).where(StudyModel.study_id == study)
    found = session.scalars(select(StoredBundle).where(StoredBundle.digest.in_(earlier))).all()
    return sorted({one.digest: one for one in (*active, *found)}.values(), key=lambda one: one.title)
