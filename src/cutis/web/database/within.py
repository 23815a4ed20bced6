"""Which sites whoever asks may see: said once for each request, and put into every question to the database.

A member of a study may be bound to some of its sites. Of the rest of that study no row of a participant, of a
photo, or of anything that hangs on one comes out of a session then, whatever the route asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria

from cutis.web.database.analysis import Analysis
from cutis.web.database.answers import Answers
from cutis.web.database.clinical_facts import ClinicalFacts
from cutis.web.database.consent import Consent
from cutis.web.database.participant import Participant
from cutis.web.database.participant_link import ParticipantLink
from cutis.web.database.photo import Photo
from cutis.web.database.photo_label import PhotoLabel
from cutis.web.database.site import Site

Bounds = Mapping[str, tuple[str, ...]]  # identity of a study -> of the sites of it that may be seen
EVERYWHERE = {"every_site": True}  # of a question that is about the store, not about what somebody may see
_bounds: ContextVar[Bounds] = ContextVar("cutis_sites", default={})  # noqa: B039 (never changed in place)


def bind(bounds: Bounds) -> None:
    """From here on, in this request, only these sites of these studies are there; of other studies all is."""
    _bounds.set(dict(bounds))


def sites_seen(study: str) -> tuple[str, ...]:
    """The sites of a study to which whoever asks is bound; none where that is nobody, or all are seen."""
    return _bounds.get().get(study, ())


def narrow(state: ORMExecuteState) -> None:
    """Leave out what is of other sites: a listener of every session."""
    bounds = _bounds.get()
    asked = state.is_select or state.is_update or state.is_delete
    if bounds and asked and not state.execution_options.get("every_site"):
        state.statement = state.statement.options(
            *(with_loader_criteria(row, seen, include_aliases=True) for row, seen in _criteria(bounds))
        )


def _criteria(bounds: Bounds) -> list[tuple[type[Any], ColumnElement[bool]]]:
    """A condition for each table whose rows are of a site."""
    sites = [site for some in bounds.values() for site in some]
    people = Participant.__table__.alias("seen_participants")
    photos = Photo.__table__.alias("seen_photos")
    free = people.c.study_id.not_in(bounds)
    seen: Select[Any] = select(people.c.id).where(or_(free, people.c.site_id.in_(sites)))
    pictured = select(photos.c.id).where(photos.c.participant_id.in_(seen))
    return [
        (Participant, or_(Participant.study_id.not_in(bounds), Participant.site_id.in_(sites))),
        (Site, or_(Site.study_id.not_in(bounds), Site.id.in_(sites))),
        *((row, row.participant_id.in_(seen)) for row in (Photo, Answers, Consent, ParticipantLink)),
        *((row, row.photo_id.in_(pictured)) for row in (Analysis, ClinicalFacts, PhotoLabel)),
    ]
