"""Maps over photos, and mosaics at any zoom."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from cutis.web.analyse import grids, mosaics
from cutis.web.analyse.asking import analysis_of
from cutis.web.analyse.view import shown
from cutis.web.database import Analysis, Participant, Study
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Spacing = Annotated[float | None, Query(gt=0, lt=100)]
Place = Annotated[int, Query(ge=0, le=1 << 20)]


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
    request: Request, held: Held, access: See, photo: str, analysis: str, spacing: Spacing = None
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
