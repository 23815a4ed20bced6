"""Pages of models: those that are there, what each is, and which answers in a study."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from cutis.core.errors import CutisError
from cutis.web.analyse import outbox
from cutis.web.database import Analysis, Photo, StoredBundle, Study, StudyModel, User
from cutis.web.database.analysis import DONE
from cutis.web.errors import RefusedError, answer
from cutis.web.models import registry, upload
from cutis.web.models.activate import activate, tasks_of
from cutis.web.models.card import Opened, card_html, opened, points_of
from cutis.web.models.compare import Asked, Compared, compare
from cutis.web.models.drift import drift
from cutis.web.models.labels import add_lines, closed_readings, lines_of_reading, read_table, truth_of
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.templating import page
from cutis.web.words import _

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


@router.get("/studies/{study}/models/compare")
def compare_models(
    request: Request, held: Held, access: See, task: str = "", one: str = "", other: str = ""
) -> Response:
    """Two models of a task on the study's own labelled photos."""
    return _compare_page(request, held, access, task, one, other)


@router.post("/studies/{study}/models/labels")
async def add_labels(request: Request, held: Held, access: Manage, form: Filled) -> Response:
    """Bring a table of labels."""
    task, one, other = form.text("task"), form.text("one", needed=False), form.text("other", needed=False)
    try:
        reading = form.text("reading", needed=False)
        table = b"" if reading else await form.file("labels").read()
        await run_in_threadpool(bring_labels, held, access, task, table, reading)
    except RefusedError as error:
        if error.status != 422:
            return answer(request, error)
        return await run_in_threadpool(
            _compare_page, request, held, access, task, one, other, problem=error.words
        )
    return RedirectResponse(_compare_address(access, task, one, other), 303)


@router.post("/studies/{study}/models/ask")
def ask_model(held: Held, access: Manage, form: Filled) -> Response:
    """Have a model answer for the labelled photos that it has not answered, beside the one that is active."""
    task, one, other = form.text("task"), form.text("one"), form.text("other")
    for digest in (one, other):
        ask_for_labelled(held, access, task, digest)
    return RedirectResponse(_compare_address(access, task, one, other), 303)


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


def bring_labels(held: Platform, access: Access, task: str, table: bytes, reading: str) -> int:
    """Keep the labels of a table, or those of a closed reading; how many."""
    names = label_names(held, task)
    if not reading:
        return add_lines(held, access, task, names, read_table(table))
    with held.database.reading() as session:
        lines = lines_of_reading(session, access.study, reading)
    return add_lines(held, access, task, names, lines, source="reading")


def label_names(held: Platform, task: str) -> tuple[str, ...]:
    """The labels that any bundle of a task knows.

    Raises:
        RefusedError: there is no such task.
    """
    with held.database.reading() as session:
        bundles = session.scalars(select(StoredBundle).where(StoredBundle.task == task)).all()
    if not bundles:
        raise RefusedError(404, _("There is no such task here."))
    return tuple(
        dict.fromkeys(name for one in bundles for name in opened_bundle(held, one).info.labels.names)
    )


def ask_for_labelled(held: Platform, access: Access, task: str, digest: str) -> int:
    """Write down that a model is to answer for the labelled photos of a study.

    Returns:
        How many it has still to answer.
    """
    with held.database.writing() as session:
        if registry.bundle_of(session, digest).task != task:
            raise RefusedError(422, _("That model answers another task. Choose one of this task."))
        count = 0
        for photo in truth_of(session, access.study, task):
            count += len(outbox.ask(session, session.get_one(Photo, photo), [digest]))
        if count:
            held.audit.add(
                session, "model.asked", who=access.user, study=access.study, subject=digest, photos=count
            )
    return count


def compared(
    held: Platform, session: Session, access: Access, task: str, one: StoredBundle, other: StoredBundle
) -> Compared:
    """Compare two models, see `cutis.web.models.compare`."""
    if one.digest == other.digest:
        raise RefusedError(422, _("Choose two different models."))
    names = [f"{each.name} {each.version}" for each in (one, other)]
    if names[0] == names[1]:
        names = [f"{name} ({each.digest[:6]})" for name, each in zip(names, (one, other), strict=True)]
    asked = [
        Asked(each.digest, name, opened_bundle(held, each).info)
        for each, name in zip((one, other), names, strict=True)
    ]
    return compare(session, access.study, task, asked[0], asked[1])


def chosen_two(session: Session, task: str, one: str, other: str) -> tuple[StoredBundle, StoredBundle]:
    """The two bundles of a comparison.

    Raises:
        RefusedError: not there, or of another task.
    """
    found = registry.bundle_of(session, one), registry.bundle_of(session, other)
    if any(each.task != task for each in found):
        raise RefusedError(422, _("That model answers another task. Choose one of this task."))
    return found


def _compare_page(
    request: Request,
    held: Platform,
    access: Access,
    task: str,
    one: str,
    other: str,
    *,
    problem: str = "",
) -> Response:
    with held.database.reading() as session:
        tasks = [each for each in tasks_of(session, access.study) if each.bundle or each.others]
        of_task = next((each for each in tasks if each.task == task), tasks[0] if tasks else None)
        bundles = [each for each in (of_task.bundle, *of_task.others) if each] if of_task else []
        result = two = None
        if of_task and one and other:
            two = chosen_two(session, of_task.task, one, other)
            result = compared(held, session, access, of_task.task, *two)
        elif len(bundles) > 1:
            one, other = bundles[0].digest, bundles[1].digest
        return page(
            request,
            "models/compare.html",
            status=422 if problem else 200,
            study=session.get_one(Study, access.study),
            tasks=tasks,
            of_task=of_task,
            bundles=bundles,
            one=one,
            other=other,
            two=two,
            result=result,
            labelled=len(truth_of(session, access.study, of_task.task)) if of_task else 0,
            readings=closed_readings(session, access.study),
            problem=problem,
        )


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


def opened_bundle(held: Platform, bundle: StoredBundle) -> Opened:
    """A bundle's description and card.

    Raises:
        RefusedError: its file is gone.
    """
    try:
        return opened(held, bundle.digest)
    except CutisError as error:
        raise RefusedError(
            500, _("The file of this model is missing. Tell the administrator to restore the backup.")
        ) from error


def _used(session: Session, study: str, active: tuple[StoredBundle, ...]) -> list[StoredBundle]:
    """Bundles that answer in a study, or did."""
    earlier = select(StudyModel.bundle_digest).where(StudyModel.study_id == study)
    found = session.scalars(select(StoredBundle).where(StoredBundle.digest.in_(earlier))).all()
    return sorted({one.digest: one for one in (*active, *found)}.values(), key=lambda one: one.title)


def _compare_address(access: Access, task: str, one: str, other: str) -> str:
    from urllib.parse import urlencode

    asked = urlencode({"task": task, "one": one, "other": other})
    return f"/studies/{access.study}/models/compare?{asked}"
