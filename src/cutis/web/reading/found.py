"""Find a study of readers within its study, in the state that is needed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Reader, ReaderStudy
from cutis.web.errors import RefusedError
from cutis.web.platform import platform_of
from cutis.web.reading.design import Design
from cutis.web.words import _

DRAFT, OPEN, CLOSED = "draft", "open", "closed"


def reader_study(session: Session, study: str, reading: str, *states: str) -> ReaderStudy:
    """A study of readers.

    Args:
        session: of the database.
        study: that it must be of.
        reading: identity.
        states: one of which it must be in; any when there is none.

    Raises:
        RefusedError: it is not there, or in another state.
    """
    found = session.scalar(
        select(ReaderStudy).where(ReaderStudy.id == reading, ReaderStudy.study_id == study)
    )
    if found is None:
        raise RefusedError(404)
    if states and found.state not in states:
        raise RefusedError(409, _state_words(found.state), title=_("Not possible now"))
    return found


def _state_words(state: str) -> str:
    if state == DRAFT:
        return _("The reader study is not open yet. Open it first.")
    if state == OPEN:
        return _(
            "The reader study is open: its design and its cases stay as they are, and accuracy is not shown."
        )
    return _("The reader study is closed. Make a new one.")


def _reading(request: Request) -> str:
    """Refuses, before anything that was sent is looked at, what is of another study."""
    reading = str(request.path_params["reading"])
    access = request.state.access
    with platform_of(request).database.reading() as session:
        reader_study(session, access.study, reading)
    return reading


Reading = Annotated[str, Depends(_reading)]


def reader_of(session: Session, reading: ReaderStudy, user: str) -> Reader:
    """What somebody is in a study of readers.

    Raises:
        RefusedError: nothing.
    """
    found = session.scalar(select(Reader).where(Reader.reader_study_id == reading.id, Reader.user_id == user))
    if found is None:
        words = _("You are not one of its readers. The investigator can add you.")
        raise RefusedError(404, words, title=_("Not among the readers"))
    return found


def design_of(reading: ReaderStudy) -> Design:
    """Its design."""
    return Design.model_validate(reading.design)
