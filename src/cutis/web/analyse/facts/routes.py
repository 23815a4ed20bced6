"""Clinical facts beside an answer: the page on which they are entered, and the same for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field

from cutis.clinical.summary import summarise, to_json
from cutis.web.analyse.facts import entering
from cutis.web.analyse.facts.fields import DRUG, GROUPS, MOST_DRUGS, ROWS
from cutis.web.analyse.facts.keeping import Entry, add_facts, answered, entries_of, newest_of_photo
from cutis.web.analyse.facts.telling import told
from cutis.web.database import Participant, Study
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

See = Annotated[Access, needs(Permission.SEE_PHOTOS)]
Add = Annotated[Access, needs(Permission.ADD_PHOTOS)]
_PAGE = "/studies/{study}/photos/{photo}/analyses/{analysis}/facts"
_NEVER_MIXED = ("picture", "combined", "not_combined", "facts", "format", "note")


class FactsIn(BaseModel):
    """Clinical facts of the patient; what is not known is left out, and never counts as absent."""

    facts: dict[str, Any] = Field(
        max_length=60,
        description="By the names in docs/clinical.md. Laboratory values carry their unit, and days of a "
        "drug are counted from the first day of the rash.",
        examples=[
            {
                "age": 57,
                "temperature": 38.9,
                "mucosal_sites": ["mouth", "eyes"],
                "detached_percent": 6,
                "bicarbonate": "22 mmol/L",
                "drugs": [{"name": "carbamazepine", "start_day": -14}],
            }
        ],
    )


class FactsOut(BaseModel):
    """Facts that were entered, and what published scores make of them; the newest come first and count.

    ``reading`` has the signs, the urgency of a referral, and SCORTEN, ABCD-10, RegiSCAR and, for each drug,
    ALDEN, each as a range with its items and its source. The model's answer is no part of it.
    """

    id: str
    analysis: str
    entered_by: str
    entered: datetime
    facts: dict[str, Any]
    sentence: str
    reading: dict[str, Any]


@router.get(_PAGE)
def facts_page(request: Request, held: Held, access: Add, photo: str, analysis: str) -> Response:
    """The form, filled in with what was entered last."""
    return _form(request, held, access, photo, analysis)


@router.post(_PAGE)
def keep_facts(
    request: Request, held: Held, access: Add, form: Filled, photo: str, analysis: str
) -> Response:
    """Keep what was filled in, beside what was entered before."""
    given = entering.typed(form.data)
    try:
        add_facts(held, access, photo, analysis, entering.read(entering.plain(given)))
    except entering.NotHeldError as error:
        return _form(request, held, access, photo, analysis, given=given, wrong=error.fields)
    except RefusedError as error:
        if error.status != 422:
            raise
        return _form(request, held, access, photo, analysis, given=given, problem=error.words)
    return RedirectResponse(f"/studies/{access.study}/photos/{photo}/analysis#facts-{analysis}", 303)


@router.get(f"/api{_PAGE}")
def list_facts(held: Held, access: See, photo: str, analysis: str) -> list[FactsOut]:
    """Clinical facts that were entered beside an answer, the newest first."""
    with held.database.reading() as session:
        answered(session, access.study, photo, analysis)
        return [_out(one) for one in entries_of(session, analysis)]


@router.post(f"/api{_PAGE}", status_code=201, response_model=FactsOut)
def enter_facts(held: Held, access: Add, given: FactsIn, photo: str, analysis: str) -> Response | FactsOut:
    """Enter clinical facts beside an answer; earlier ones stay. Errors have a message for each field."""
    with held.database.reading() as session:  # whose answer it is, is asked before what was sent
        answered(session, access.study, photo, analysis)
    try:
        facts = entering.read(given.facts)
    except entering.NotHeldError as error:
        problem = {"type": "about:blank", "title": _("The facts do not hold"), "status": 422}
        told_so = {**problem, "detail": str(error), "fields": error.fields}
        return JSONResponse(told_so, 422, media_type="application/problem+json")
    kept = add_facts(held, access, photo, analysis, facts)
    return _out(Entry(kept, facts, access.name))


def _out(entry: Entry) -> FactsOut:
    reading = to_json(summarise(entry.facts))
    return FactsOut(
        id=entry.row.id,
        analysis=entry.row.analysis_id,
        entered_by=entry.who,
        entered=entry.row.created,
        facts=entry.row.facts,
        sentence=told(entry).sentence,
        reading={name: value for name, value in reading.items() if name not in _NEVER_MIXED},
    )


def _form(
    request: Request,
    held: Held,
    access: Access,
    photo: str,
    analysis: str,
    *,
    given: entering.Typed | None = None,
    wrong: Mapping[str, list[str]] | None = None,
    problem: str = "",
) -> Response:
    with held.database.reading() as session:
        found, row = answered(session, access.study, photo, analysis)
        entries = entries_of(session, row.id)
        last = entries[0] if entries else newest_of_photo(session, found.id)
        filled = given if given is not None else entering.back(last.facts) if last else {}
        return page(
            request,
            "analyse/facts.html",
            status=422 if wrong or problem else 200,
            said=_,
            study=session.get_one(Study, access.study),
            photo=found,
            participant=session.get_one(Participant, found.participant_id),
            analysis=row,
            groups=GROUPS,
            drug=DRUG,
            rows=range(1, min(MOST_DRUGS, entering.drugs_in(filled) + ROWS) + 1),
            filled=filled,
            wrong=wrong or {},
            last=last,
            problem=problem,
        )
