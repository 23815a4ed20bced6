"""Photos that come from a participant's phone, now or from its queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from cutis.web.bodies import Form
from cutis.web.capture.clock import moment_taken
from cutis.web.capture.stand import Stand, stand_of
from cutis.web.database import Study
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.photos.intake import Arrived, take_in
from cutis.web.platform import Platform
from cutis.web.secret import same, seal
from cutis.web.words import _


@dataclass(frozen=True)
class Given:
    """What a phone sends.

    Attributes:
        key: its own name of this upload, the same when it is sent again.
        owner: of whom the photo is, as `owner_tag` names it; empty from a plain form.
        taken: when, by the phone's clock.
        clock: the phone's clock when it sent.
    """

    file: IO[bytes]
    key: str
    visit: str
    view: str
    owner: str = ""
    taken: str = ""
    clock: str = ""


def given_of(form: Form) -> Given:
    """What is in a form.

    Raises:
        RefusedError: something is missing.
    """
    return Given(
        form.file("photo").file,
        form.text("key", most=64),
        form.text("visit", most=40),
        form.text("view", most=40),
        form.text("owner", most=64, needed=False),
        form.text("taken", most=40, needed=False),
        form.text("clock", most=40, needed=False),
    )


def owner_tag(held: Platform, participant: str) -> str:
    """How a phone's queue names the participant of a photo: it tells nobody who, and cannot be made up."""
    return seal(held.secret, "phone", participant)[:32]


def take_photo(held: Platform, access: Access, given: Given) -> tuple[Arrived, Stand]:
    """Take a photo in.

    Returns:
        The photo, and where the participant stands with it.

    Raises:
        RefusedError: of another participant than the phone is open for, outside of the protocol, before the
            consent, or the photo is not taken; nothing is kept but a line in the audit.
    """
    try:
        _check(held, access, given)
        moment = moment_taken(given.taken, given.clock, now())
    except RefusedError as error:
        _note(held, access, error)
        raise
    with held.database.reading() as session:
        keeps_moment = session.get_one(Study, access.study).keeps_capture_time
    arrived = take_in(
        held,
        access,
        access.participant,
        given.key,
        given.file,
        given.visit,
        given.view,
        taken=moment.taken if keeps_moment else None,
    )
    if (arrived.photo.visit, arrived.photo.view) != (given.visit, given.view):
        refused = RefusedError(
            409,
            _("The same photo was sent before, for another view. Take a new one."),
            title=_("Sent before"),
        )
        _note(held, access, refused)
        raise refused
    if arrived.new and moment.wrong_by:
        held.audit.note(
            held.database,
            "photo.clock_corrected",
            who=access.who,
            study=access.study,
            subject=arrived.photo.id,
            seconds=moment.wrong_by,
        )
    with held.database.reading() as session:
        return arrived, stand_of(session, access)


def _note(held: Platform, access: Access, error: RefusedError) -> None:
    held.audit.note(
        held.database,
        "photo.refused",
        who=access.who,
        study=access.study,
        status=error.status,
        reason=error.words,
    )


def _check(held: Platform, access: Access, given: Given) -> None:
    if given.owner and not same(given.owner, owner_tag(held, access.participant)):
        raise RefusedError(
            409,
            _("This photo is of another participant. Open that participant's link to send it."),
            title=_("Not of this participant"),
        )
    with held.database.reading() as session:
        stand_of(session, access).need_consent()
