"""Places of a protocol: the views of its visits, at which photos are taken."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from cutis.web.errors import RefusedError
from cutis.web.studies.protocol import Protocol, View, Visit, protocols_of
from cutis.web.words import _


@dataclass(frozen=True)
class Place:
    """A view of a visit, as a form offers it."""

    visit: Visit
    view: View

    @property
    def value(self) -> str:
        """For forms."""
        return f"{self.visit.key}:{self.view.key}"


def places_of(protocol: Protocol) -> list[Place]:
    """Every view of every visit, in order."""
    views = {one.key: one for one in protocol.views}
    return [Place(visit, views[key]) for visit in protocol.visits for key in visit.views]


def need_place(session: Session, study: str, visit: str, view: str) -> None:
    """See that a visit and a view are ones of the study, now or in an earlier version of its protocol.

    A phone without a network sends photos of the version that it knew.

    Raises:
        RefusedError: they are not, or only one of the two is given.
    """
    if not visit and not view:
        return
    now: Protocol | None = None
    for _number, protocol in protocols_of(session, study):
        now = now or protocol
        found = protocol.visit(visit)
        if found is not None and view in found.views:
            return
    assert now is not None
    places = "; ".join(f"{one.key}: {', '.join(one.views) or _('no view')}" for one in now.visits)
    words = _("Visit '%(visit)s' with view '%(view)s' is not in the protocol. It has %(places)s.")
    raise RefusedError(
        422,
        words % {"visit": visit[:40], "view": view[:40], "places": places},
        title=_("Not in the protocol"),
    )
