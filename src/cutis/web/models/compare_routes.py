"""Pages on which two models of a task are compared on the study's own labelled photos."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from cutis.web.database import StoredBundle, Study
from cutis.web.errors import RefusedError, answer
from cutis.web.models import registry
from cutis.web.models.activate import tasks_of
from cutis.web.models.card import opened_bundle
from cutis.web.models.compare import Asked, Compared, compare
from cutis.web.models.labelled import ask_for_labelled, bring_labels
from cutis.web.models.labels import closed_readings, truth_of
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

See = Annotated[Access, needs(Permission.SEE_MODELS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]


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


def _compare_address(access: Access, task: str, one: str, other: str) -> str:
    from urllib.parse import urlencode

    asked = urlencode({"task": task, "one": one, "other": other})
    return f"/studies/{access.study}/models/compare?{asked}"
