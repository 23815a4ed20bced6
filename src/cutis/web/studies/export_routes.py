"""Pages to take a study out and in."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO, Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from cutis.core.errors import ManifestError
from cutis.web.bodies import Form
from cutis.web.database import Participant, Photo, Study
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.studies import overview
from cutis.web.studies.export import export
from cutis.web.studies.importing import Imported, import_study
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Export = Annotated[Access, needs(Permission.EXPORT_STUDY)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]
TITLE = "Not taken in"
_SHOWN = 100  # sentences of a page


@router.get("/studies/{study}/export")
def export_page(request: Request, held: Held, access: Export) -> Response:
    """What an export has in it, and the place to take one in."""
    return _page(request, held, access)


@router.post("/studies/{study}/export")
def export_zip(held: Held, access: Export, form: Filled) -> Response:
    """The study as a zip."""
    return zip_of(held, access, images=form.ticked("images"))


@router.post("/studies/{study}/import")
async def import_zip(request: Request, held: Held, access: Manage, form: Filled) -> Response:
    """Take a zip in."""
    try:
        done = await taken_in(held, access, form)
    except ManifestError as error:
        return _page(request, held, access, wrong=error.problems)
    except RefusedError as error:
        return _page(request, held, access, wrong=[error.words])
    return _page(request, held, access, done=done)


def zip_of(held: Platform, access: Access, *, images: bool) -> Response:
    """A study's zip, which is removed once it is sent."""
    place = held.store.scratch()
    try:
        export(held, access, place, images=images)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    remove = BackgroundTask(partial(place.unlink, missing_ok=True))
    name = f"cutis-{access.study}.zip"
    headers = {"cache-control": "private, no-store"}
    return FileResponse(
        place, media_type="application/zip", filename=name, headers=headers, background=remove
    )


async def taken_in(held: Platform, access: Access, form: Form) -> Imported:
    """Take a sent zip in; what does not hold leaves a line in the audit, and nothing else.

    Raises:
        ManifestError: every row that does not hold.
        RefusedError: no file was sent, or an import is under way.
    """
    file = form.file("zip")
    place = held.store.scratch().with_suffix(".zip")
    lock = _LOCKS.setdefault(id(held), asyncio.Lock())
    if lock.locked():
        raise RefusedError(409, _("Another import is under way. Wait until it is done."), title=TITLE)
    async with lock:
        try:
            await run_in_threadpool(_copy, file.file, place)
            return await run_in_threadpool(import_study, held, access, place)
        except ManifestError as error:
            what = str(error.problems[0])[:200]
            note = partial(held.audit.note, held.database, "study.import_refused")
            await run_in_threadpool(
                note, who=access.who, study=access.study, reason=what, problems=len(error.problems)
            )
            raise
        finally:
            place.unlink(missing_ok=True)


_LOCKS: dict[int, asyncio.Lock] = {}


def _copy(file: IO[bytes], place: Path) -> None:
    with place.open("xb") as copy:
        shutil.copyfileobj(file, copy)


def _page(
    request: Request,
    held: Held,
    access: Access,
    *,
    wrong: Sequence[str] = (),
    done: Imported | None = None,
) -> Response:
    with held.database.reading() as session:
        return page(
            request,
            "studies/export.html",
            status=422 if wrong else 200,
            study=session.get_one(Study, access.study),
            participants=overview.count(session, Participant, access.study),
            photos=overview.count(session, Photo, access.study),
            wrong=list(wrong)[:_SHOWN],
            more=max(0, len(wrong) - _SHOWN),
            done=done,
            limits=held.settings,
        )
