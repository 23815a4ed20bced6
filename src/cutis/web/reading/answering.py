"""What becomes of a reader's answer: kept once, or refused and told."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import CaseShown, Photo, Reader, ReaderStudy, Reading, ReadingCase
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.reading.design import Design
from cutis.web.reading.found import design_of, reader_of, reader_study
from cutis.web.reading.room import Shown, shown
from cutis.web.words import _

_SLACK = 3.0  # seconds by which the two clocks may differ
_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
_KINDS = ("box", "polygon", "free")
_MOST_REGIONS, _MOST_POINTS = 40, 4000


@dataclass(frozen=True)
class Given:
    """What a reader sends.

    Attributes:
        place: of the case.
        answer: name of one of the answers.
        confidence: on the scale of the design.
        regions: ``{"kind": "box" | "polygon" | "free", "points": [[x, y], ...]}`` in pixels of the photo.
        seconds: that the case was visible.
        key: the page's own name of this answer.
    """

    place: int
    answer: str
    confidence: int | None
    seconds: float
    key: str
    regions: Sequence[Any] = field(default_factory=tuple)


@dataclass(frozen=True)
class Answered:
    """An answer that is kept, and whether it was before."""

    reading: Reading
    new: bool
    truth: str = ""


def answer(held: Platform, access: Access, reading: str, given: Given) -> Answered:
    """Keep an answer, exactly once: the same key is the same answer.

    Raises:
        RefusedError: it does not hold, is of another turn, or the reading is not open; nothing is kept but a
            line in the audit.
    """
    try:
        return _answer(held, access, reading, given)
    except RefusedError as error:
        held.audit.note(
            held.database,
            "reading.refused",
            who=access.user,
            study=access.study,
            subject=reading,
            status=error.status,
            reason=error.words[:200],
        )
        raise


def _answer(held: Platform, access: Access, reading: str, given: Given) -> Answered:
    if not _KEY.fullmatch(given.key):
        raise RefusedError(422, _("The key of an answer has 8 to 64 letters, digits and -_.: in it."))
    with held.database.writing() as session:
        held.audit.lock(session)  # the same answer twice at once: one after the other
        found = reader_study(session, access.study, reading)
        reader = reader_of(session, found, access.user)
        there = session.scalar(
            select(Reading).where(Reading.reader_id == reader.id, Reading.key == given.key)
        )
        if there is not None:
            if there.place != given.place or there.answer not in (given.answer, ""):
                raise RefusedError(409, _("The key of this answer was used for another one."))
            case = session.get_one(ReadingCase, there.case_id)
            return Answered(there, new=False, truth=case.truth if case.training else "")
        seen = _for_answer(session, found, reader, given.place)
        row = _row(session, found, reader, seen, given)
        session.add(row)
        if seen.answered is None:
            reader.done = given.place
        session.flush()
        held.audit.add(
            session,
            "reading.corrected" if row.corrects else "reading.answered",
            who=access.user,
            study=access.study,
            subject=row.id,
            reading=found.id,
            case=seen.case.id,
            place=row.place,
            answer=row.answer,
        )
        return Answered(row, new=True, truth=seen.case.truth if seen.case.training else "")


def _for_answer(session: Session, reading: ReaderStudy, reader: Reader, place: int) -> Shown:
    if place > reader.done + 1:
        raise RefusedError(409, _("The cases before it come first."), title=_("Not possible now"))
    return shown(session, reading, reader, place)


def _row(session: Session, reading: ReaderStudy, reader: Reader, seen: Shown, given: Given) -> Reading:
    design = design_of(reading)
    first = session.get(CaseShown, (reader.id, seen.place))
    if first is None and reader.adjudicator:
        session.add(CaseShown(reader_id=reader.id, place=seen.place, case_id=seen.case.id))
    gone = seen.photo is None
    name, confidence, regions = "", None, list[dict[str, Any]]()
    if not gone:
        name = design.choice(given.answer).name
        confidence, regions = given.confidence, _regions(design, seen, given.regions)
        if not design.takes(confidence):
            raise RefusedError(422, _("Say how sure you are."), title=_("Something is missing"))
    if not (math.isfinite(given.seconds) and given.seconds >= 0):
        raise RefusedError(422, _("The seconds of an answer are a number from 0."))
    most = (now() - first.created).total_seconds() + _SLACK if first else 0.0
    return Reading(
        reader_study_id=reading.id,
        reader_id=reader.id,
        case_id=seen.case.id,
        place=seen.place,
        session=seen.session,
        helped=seen.helped,
        answer=name,
        confidence=confidence,
        regions=regions,
        seconds=round(min(given.seconds, 1e6), 3),
        plausible=given.seconds <= most,
        corrects=seen.answered.id if seen.answered else None,
        key=given.key,
    )


def _regions(design: Design, seen: Shown, sent: Sequence[Any]) -> list[dict[str, Any]]:
    """What was drawn, within the photo.

    Raises:
        RefusedError: it does not hold, or none was drawn though one is needed.
    """
    if design.regions == "none":
        return []
    if design.regions == "needed" and not sent:
        raise RefusedError(422, _("Draw a region on the photo."), title=_("Something is missing"))
    assert seen.photo is not None
    if len(sent) > _MOST_REGIONS:
        raise RefusedError(422, _("There can be %(most)d regions.") % {"most": _MOST_REGIONS})
    kept = []
    for one in sent:
        points = one.get("points") if isinstance(one, dict) else None
        if not isinstance(points, list) or one.get("kind") not in _KINDS or len(points) > _MOST_POINTS:
            raise RefusedError(422, _("A region does not hold. Draw it again."))
        kept.append({"kind": one["kind"], "points": [_point(point, seen.photo) for point in points]})
        if len(points) < (2 if one["kind"] == "box" else 3):
            raise RefusedError(422, _("A region has too few corners. Draw it again."))
    return kept


def _point(point: Any, photo: Photo) -> list[float]:
    numbers = isinstance(point, list) and len(point) == 2
    if not numbers or not all(isinstance(v, int | float) and math.isfinite(v) for v in point):
        raise RefusedError(422, _("A region does not hold. Draw it again."))
    x, y = point
    return [round(min(max(x, 0), photo.width), 1), round(min(max(y, 0), photo.height), 1)]
