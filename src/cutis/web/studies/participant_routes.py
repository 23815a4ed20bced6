"""Pages of participants: enrolment, the way through the study, questionnaires, consent, withdrawal."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from cutis.web.bodies import Form
from cutis.web.database import Participant, Study
from cutis.web.database.participant import WITHDRAWN
from cutis.web.database.row import new_id
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.studies import changes, consent, course, overview
from cutis.web.studies.answers import add_answers, answers_of, latest_of
from cutis.web.studies.due import this_day
from cutis.web.studies.participants import need_taking_part, participant_of
from cutis.web.studies.protocol import Protocol, Questionnaire, Visit, protocol_of
from cutis.web.studies.standing import standing
from cutis.web.templating import page
from cutis.web.words import _, language

router = APIRouter()

SeePhotos = Annotated[Access, needs(Permission.SEE_PHOTOS)]
AddPhotos = Annotated[Access, needs(Permission.ADD_PHOTOS)]


@router.get("/studies/{study}/participants")
def participants(request: Request, held: Held, access: SeePhotos) -> Response:
    """The participants of a study."""
    return _participants_page(request, held, access)


@router.post("/studies/{study}/participants")
def add_participant(request: Request, held: Held, access: AddPhotos, form: Filled) -> Response:
    """A new participant."""
    filled = {name: value for name, value in form.data.multi_items() if isinstance(value, str)}
    try:
        pseudonym = form.text("pseudonym", most=40, called=_("Pseudonym"))
        site = form.text("site", needed=False)
        said = {
            name.removeprefix("criterion."): value
            for name, value in filled.items()
            if name.startswith("criterion.")
        }
        made = changes.add_participant(held, access, pseudonym, site, said)
    except RefusedError as error:
        return _participants_page(request, held, access, error=error, filled=filled)
    with held.database.reading() as session:
        plain = not made.arm and not consent.texts_now(session, access.study)
    # Where chance has nothing to say and nothing is to be signed, photos come next.
    where = f"photos?participant={made.id}" if plain else f"participants/{made.id}"
    return RedirectResponse(f"/studies/{access.study}/{where}", 303)


@router.get("/studies/{study}/participants/{participant}")
def participant_page(
    request: Request, held: Held, access: SeePhotos, participant: str, before: str = "", after: str = ""
) -> Response:
    """A participant's way through the study."""
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        found = participant_of(session, access.study, participant)
        shown = course.course_of(session, study, found)
        text = consent.text_now(session, study, language())
        signed = consent.consent_of(session, found.id)
        return page(
            request,
            "studies/participant.html",
            study=study,
            one=found,
            course=shown,
            pair=course.pair(shown, before, after),
            text=text,
            signed=signed,
            newer=text is not None
            and not any(t.number == text.number for c, t in shown.consents if not c.withdrawn),
            receipt=_receipt(session, found),
        )


@router.post("/studies/{study}/participants/{participant}/complete")
def complete(held: Held, access: AddPhotos, participant: str) -> Response:
    """Nothing is due any more."""
    changes.complete(held, access, participant)
    return _to(access, participant)


@router.post("/studies/{study}/participants/{participant}/reopen")
def reopen(held: Held, access: AddPhotos, participant: str) -> Response:
    """Visits are due again."""
    changes.reopen(held, access, participant)
    return _to(access, participant)


@router.get("/studies/{study}/participants/{participant}/answers")
def answers_page(
    request: Request,
    held: Held,
    access: AddPhotos,
    participant: str,
    visit: str = "",
    questionnaire: str = "",
) -> Response:
    """A questionnaire to fill in, as it was answered before."""
    with held.database.reading() as session:
        found = need_taking_part(session, access.study, participant)
        there = latest_of(answers_of(session, access.study, found.id)).get((found.id, visit, questionnaire))
    return _answers_page(
        request, held, access, participant, visit, questionnaire, there.values if there else {}
    )


@router.post("/studies/{study}/participants/{participant}/answers")
def answer(request: Request, held: Held, access: AddPhotos, form: Filled, participant: str) -> Response:
    """Keep a questionnaire's answers."""
    with held.database.reading() as session:
        participant_of(session, access.study, participant)
        visit, questionnaire = form.text("visit"), form.text("questionnaire")
        asked = protocol_of(session, access.study).questionnaire(questionnaire)
    values = _values(form, asked) if asked else {}
    try:
        add_answers(held, access, participant, visit, questionnaire, values, form.text("key", needed=False))
    except RefusedError as error:
        if error.status != 422 or asked is None:
            raise
        return _answers_page(request, held, access, participant, visit, questionnaire, values, error=error)
    return _to(access, participant)


@router.get("/studies/{study}/participants/{participant}/consent")
def consent_page(
    request: Request, held: Held, access: AddPhotos, participant: str, lang: str = ""
) -> Response:
    """The text, and the field to sign in."""
    return _consent_page(request, held, access, participant, lang)


@router.post("/studies/{study}/participants/{participant}/consent")
def sign(request: Request, held: Held, access: AddPhotos, form: Filled, participant: str) -> Response:
    """Keep a signature, or that there is one on paper."""
    paper = form.ticked("paper")
    try:
        try:
            drawn = json.loads(form.secret("strokes") or "[]")
        except ValueError as error:
            raise RefusedError(422, _("The signature arrived damaged. Sign again.")) from error
        consent.sign(
            held,
            access,
            participant,
            form.text("text"),
            () if paper else drawn,
            kind="paper" if paper else "drawn",
            clock=form.text("clock", most=40, needed=False),
        )
    except RefusedError as error:
        if error.status == 404:
            raise
        return _consent_page(request, held, access, participant, "", error=error)
    return _to(access, participant)


@router.get("/studies/{study}/participants/{participant}/withdraw")
def withdraw_page(request: Request, held: Held, access: AddPhotos, participant: str) -> Response:
    """What withdrawal does, before it is done."""
    return _withdraw_page(request, held, access, participant)


@router.post("/studies/{study}/participants/{participant}/withdraw")
def withdraw(request: Request, held: Held, access: AddPhotos, form: Filled, participant: str) -> Response:
    """End a participant's part; to be sure, the pseudonym is typed."""
    with held.database.reading() as session:
        found = participant_of(session, access.study, participant)
    if form.text("pseudonym", most=40, needed=False) != found.pseudonym:
        words = _("That is not the pseudonym of this participant. Type %(name)s.") % {"name": found.pseudonym}
        return _withdraw_page(request, held, access, participant, RefusedError(422, words))
    consent.withdraw(held, access, participant)
    return RedirectResponse(f"/studies/{access.study}/participants/{participant}/receipt", 303)


@router.get("/studies/{study}/participants/{participant}/receipt")
def receipt(request: Request, held: Held, access: SeePhotos, participant: str) -> Response:
    """What a withdrawal did, to be printed."""
    with held.database.reading() as session:
        return page(
            request,
            "studies/receipt.html",
            study=session.get_one(Study, access.study),
            receipt=consent.receipt_of(session, access.study, participant),
        )


def _receipt(session: Session, participant: Participant) -> consent.Receipt | None:
    """Of a withdrawal; who came as withdrawn by an import has none here."""
    try:
        return consent.receipt_of(session, participant.study_id, participant.id)
    except RefusedError:
        return None


def _participants_page(
    request: Request,
    held: Held,
    access: Access,
    *,
    error: RefusedError | None = None,
    filled: dict[str, str] | None = None,
) -> Response:
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        stands = standing(session, study, this_day())
        waits: dict[str, Any] = {}
        for line in (*stands.missed, *stands.due):
            waits[line.participant.id] = line
        return page(
            request,
            "studies/participants.html",
            status=error.status if error else 200,
            study=study,
            enrolled=overview.participants_of(session, access.study),
            sites=overview.sites_of(session, access.study),
            protocol=stands.protocol,
            arms={one.key: one.name for one in stands.protocol.arms},
            waits=waits,
            problem=error.words if error else "",
            filled=filled or {},
        )


def _answers_page(
    request: Request,
    held: Held,
    access: Access,
    participant: str,
    visit: str,
    questionnaire: str,
    values: dict[str, Any],
    *,
    error: RefusedError | None = None,
) -> Response:
    with held.database.reading() as session:
        found = participant_of(session, access.study, participant)
        protocol = protocol_of(session, access.study)
        when, asked = _asked(protocol, visit, questionnaire)
        return page(
            request,
            "studies/answers.html",
            status=error.status if error else 200,
            study=session.get_one(Study, access.study),
            one=found,
            visit=when,
            questionnaire=asked,
            values=values,
            key=new_id(),
            problem=error.words if error else "",
        )


def _consent_page(
    request: Request,
    held: Held,
    access: Access,
    participant: str,
    wanted: str,
    error: RefusedError | None = None,
) -> Response:
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        found = participant_of(session, access.study, participant)
        return page(
            request,
            "studies/sign.html",
            status=error.status if error else 200,
            study=study,
            one=found,
            text=consent.text_now(session, study, wanted or language()),
            texts=consent.texts_now(session, study),
            called=consent.LANGUAGES,
            problem=error.words if error else "",
        )


def _withdraw_page(
    request: Request, held: Held, access: Access, participant: str, error: RefusedError | None = None
) -> Response:
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        found: Participant = participant_of(session, access.study, participant)
        if found.state == WITHDRAWN:
            return RedirectResponse(f"/studies/{study.id}/participants/{found.id}/receipt", 303)
        return page(
            request,
            "studies/withdraw.html",
            status=error.status if error else 200,
            study=study,
            one=found,
            protocol=protocol_of(session, study),
            photos=_photos(session, found),
            problem=error.words if error else "",
        )


def _photos(session: Session, participant: Participant) -> int:
    from sqlalchemy import func, select

    from cutis.web.database import Photo

    return session.scalar(select(func.count(Photo.id)).where(Photo.participant_id == participant.id)) or 0


def _asked(protocol: Protocol, visit: str, questionnaire: str) -> tuple[Visit, Questionnaire]:
    when, asked = protocol.visit(visit), protocol.questionnaire(questionnaire)
    if when is None or asked is None or questionnaire not in when.questionnaires:
        raise RefusedError(
            422, _("There is no such questionnaire at this visit."), title=_("Not in the protocol")
        )
    return when, asked


def _values(form: Form, asked: Questionnaire) -> dict[str, Any]:
    """What was filled in, by question."""
    values: dict[str, Any] = {}
    for question in asked.questions:
        given = [one for one in form.data.getlist(f"q.{question.key}") if isinstance(one, str)]
        values[question.key] = given if question.kind == "several" else given[-1] if given else ""
    return values


def _to(access: Access, participant: str) -> Response:
    return RedirectResponse(f"/studies/{access.study}/participants/{participant}", 303)
