"""Pages of a participant's questionnaires."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from cutis.web.bodies import Form
from cutis.web.database import Study
from cutis.web.database.row import new_id
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.studies.answers import add_answers, answers_of, latest_of
from cutis.web.studies.participant_routes import to_participant
from cutis.web.studies.participants import need_taking_part, participant_of
from cutis.web.studies.protocol import Protocol, Questionnaire, Visit, protocol_of
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

AddPhotos = Annotated[Access, needs(Permission.ADD_PHOTOS)]


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
    return to_participant(access, participant)


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
