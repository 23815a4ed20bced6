"""A page of a participant's phone, which knows where the participant stands."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from cutis.web.capture.stand import stand_of
from cutis.web.capture.uploads import owner_tag
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.studies.consent import LANGUAGES
from cutis.web.templating import page


def participant_page(
    request: Request, held: Platform, access: Access, template: str, **values: Any
) -> Response:
    """A page with where the participant stands, and of whom the phone's queue is."""
    with held.database.reading() as session:
        stand = stand_of(session, access)
    owner = owner_tag(held, access.participant)
    return page(request, template, stand=stand, owner=owner, tongues=LANGUAGES, **values)
