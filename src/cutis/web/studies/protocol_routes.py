"""Pages of a study's protocol and of its consent texts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import ConsentText, ProtocolVersion, Study, User
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.studies import arms, editor, versions
from cutis.web.studies.consent import LANGUAGES, texts_now
from cutis.web.studies.protocol import DEFAULT, Protocol, latest, read_protocol
from cutis.web.studies.words import KINDS, OUTLINES, PHOTO_KINDS
from cutis.web.templating import page

router = APIRouter()

SeePhotos = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Manage = Annotated[Access, needs(Permission.MANAGE_STUDY)]
Number = Annotated[int | None, Query(ge=0, le=1_000_000)]


@router.get("/studies/{study}/protocol")
def protocol_page(request: Request, held: Held, access: SeePhotos, version: Number = None) -> Response:
    """The protocol, of now or of an earlier version."""
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        kept = _versions(session, access.study)
        number = (kept[0].number if kept else 0) if version is None else version
        found = next((one for one in kept if one.number == number), None)
        if found is None and number:
            raise RefusedError(404)
        return page(
            request,
            "studies/protocol.html",
            study=study,
            protocol=Protocol.model_validate(found.document) if found else DEFAULT,
            number=number,
            shown=found,
            made_by=session.get(User, found.made_by) if found else None,
            versions=[one.number for one in kept],
            texts=texts_now(session, study),
            called=LANGUAGES,
            kinds=KINDS,
            photo_kinds=PHOTO_KINDS,
            drawn=arms.drawn(session, study.id),
        )


@router.get("/studies/{study}/protocol/edit")
def edit_page(request: Request, held: Held, access: Manage) -> Response:
    """The protocol as a form."""
    with held.database.reading() as session:
        newest = latest(session, access.study)
    protocol = Protocol.model_validate(newest.document) if newest else DEFAULT
    return _edit_page(request, held, access, editor.draft_of(protocol), newest.number if newest else 0)


@router.post("/studies/{study}/protocol/edit")
def edit(request: Request, held: Held, access: Manage, form: Filled) -> Response:
    """Change a part of the form, or save all of it as the next version."""
    draft = editor.read_draft(form.data)
    number = form.text("number", needed=False)
    based_on = int(number) if number.isdigit() and len(number) < 7 else 0
    do = form.text("do", needed=False)
    if do and not do.startswith("save"):
        return _edit_page(request, held, access, draft, based_on, focus=editor.change(draft, do))
    try:
        protocol = read_protocol(editor.document_of(draft))
        versions.save_protocol(held, access, protocol, based_on)
    except versions.StaleError as error:
        return _edit_page(request, held, access, draft, based_on, error=error, newer=error.number)
    except RefusedError as error:
        return _edit_page(request, held, access, draft, based_on, error=error)
    return RedirectResponse(f"/studies/{access.study}/protocol", 303)


@router.get("/studies/{study}/consent-texts")
def texts_page(request: Request, held: Held, access: Manage) -> Response:
    """The consent texts, to be written anew."""
    with held.database.reading() as session:
        now = {one.language: one for one in texts_now(session, access.study)}
    number = next(iter(now.values())).number if now else 0
    return _texts_page(request, held, access, {name: one.text for name, one in now.items()}, number)


@router.post("/studies/{study}/consent-texts")
def save_texts(request: Request, held: Held, access: Manage, form: Filled) -> Response:
    """A new version of the consent texts."""
    texts = {name: form.secret(f"text.{name}") for name in LANGUAGES}
    number = form.text("number", needed=False)
    based_on = int(number) if number.isdigit() and len(number) < 7 else 0
    try:
        versions.save_texts(held, access, texts, based_on)
    except versions.StaleError as error:
        return _texts_page(request, held, access, texts, based_on, error=error, newer=error.number)
    except RefusedError as error:
        return _texts_page(request, held, access, texts, based_on, error=error)
    return RedirectResponse(f"/studies/{access.study}/protocol#consent", 303)


def _versions(session: Session, study: str) -> list[ProtocolVersion]:
    chosen = select(ProtocolVersion).where(ProtocolVersion.study_id == study)
    return list(session.scalars(chosen.order_by(ProtocolVersion.number.desc())))


def _edit_page(
    request: Request,
    held: Held,
    access: Access,
    draft: editor.Draft,
    number: int,
    *,
    focus: str = "",
    error: RefusedError | None = None,
    newer: int = 0,
) -> Response:
    with held.database.reading() as session:
        return page(
            request,
            "studies/protocol_edit.html",
            status=error.status if error else 200,
            study=session.get_one(Study, access.study),
            draft=draft,
            number=number,
            focus=focus,
            newer=newer,
            problem=error.words if error else "",
            kinds=KINDS,
            outlines=OUTLINES,
            photo_kinds=PHOTO_KINDS,
            fixed=bool(arms.drawn(session, access.study)),
        )


def _texts_page(
    request: Request,
    held: Held,
    access: Access,
    texts: dict[str, str],
    number: int,
    *,
    error: RefusedError | None = None,
    newer: int = 0,
) -> Response:
    with held.database.reading() as session:
        earlier = session.scalars(
            select(ConsentText)
            .where(ConsentText.study_id == access.study)
            .order_by(ConsentText.number.desc(), ConsentText.language)
        ).all()
        return page(
            request,
            "studies/consent_texts.html",
            status=error.status if error else 200,
            study=session.get_one(Study, access.study),
            texts=texts,
            number=number,
            newer=newer,
            earlier=earlier,
            called=LANGUAGES,
            problem=error.words if error else "",
        )
