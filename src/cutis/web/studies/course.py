"""A participant's way through a study: visits, photos, measures, answers, consent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.stats.change import Repeatability, judge
from cutis.web.database import (
    Analysis,
    Answers,
    Consent,
    ConsentText,
    Participant,
    Photo,
    Site,
    StoredBundle,
    Study,
)
from cutis.web.database.participant import WITHDRAWN
from cutis.web.photos.intake import kept_moment
from cutis.web.studies import charts, measures
from cutis.web.studies.answers import answers_of, latest_of
from cutis.web.studies.due import DueVisit, days, due, this_day
from cutis.web.studies.protocol import Protocol, Questionnaire, View, Visit, protocol_of
from cutis.web.words import _, ngettext

CURVES = 6  # of a model; the rest are in the export


@dataclass(frozen=True)
class Shot:
    """A view of a visit, with its photos, the newest first."""

    view: View
    photos: tuple[Photo, ...]


@dataclass(frozen=True)
class Filled:
    """A questionnaire of a visit, and what was answered."""

    questionnaire: Questionnaire
    answers: Answers | None


@dataclass(frozen=True)
class Step:
    """A visit on the time line; ``stands`` is None after the participant ended."""

    visit: Visit
    day: date
    opens: date
    closes: date
    stands: DueVisit | None
    shots: tuple[Shot, ...]
    filled: tuple[Filled, ...]


@dataclass(frozen=True)
class Curve:
    """A measure over the visits.

    Attributes:
        verdict: what the difference between first and last is worth.
        moved: it is more than the measuring.
    """

    measure: measures.Measure
    view: str
    drawing: object
    verdict: str
    moved: bool


@dataclass(frozen=True)
class Course:
    """A participant's way."""

    participant: Participant
    site: str
    arm: str
    protocol: Protocol
    steps: tuple[Step, ...]
    outside: tuple[Photo, ...]
    photos: tuple[Photo, ...]
    places: dict[str, str]
    qualities: dict[str, measures.Quality]
    curves: tuple[Curve, ...]
    consents: tuple[tuple[Consent, ConsentText], ...]


def course_of(session: Session, study: Study, participant: Participant) -> Course:
    """All that is to be shown of a participant; of one who withdrew, nothing but the fact."""
    protocol = protocol_of(session, study)
    gone = participant.state == WITHDRAWN
    photos, answers = list[Photo](), list[Answers]()
    if not gone:
        chosen = select(Photo).where(Photo.participant_id == participant.id)
        photos = list(session.scalars(chosen.order_by(Photo.created, Photo.id)))
        answers = answers_of(session, study.id, participant.id)
    analyses = measures.done_of_each(session, photos)
    bundles = measures.bundles_of(session, (one for some in analyses.values() for one in some))
    qualities = {p.id: q for p in photos if (q := measures.quality_of(analyses[p.id], bundles)) is not None}
    asked = {(visit.key, view) for visit in protocol.visits for view in visit.views}
    consents = session.execute(
        select(Consent, ConsentText)
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .where(Consent.participant_id == participant.id)
        .order_by(Consent.signed)
    ).all()
    site = session.get(Site, participant.site_id) if participant.site_id else None
    arm = next((one.name for one in protocol.arms if one.key == participant.arm), participant.arm or "")
    return Course(
        participant,
        site.name if site else "",
        arm,
        protocol,
        _steps(protocol, participant, photos, answers) if not gone else (),
        tuple(one for one in photos if (one.visit, one.view) not in asked),
        tuple(photos),
        {one.id: _place(protocol, one) for one in photos},
        qualities,
        _curves(session, participant, protocol, photos, analyses, bundles) if photos else (),
        tuple((consent, text) for consent, text in consents),
    )


def pair(course: Course, before: str, after: str) -> tuple[Photo, Photo] | None:
    """Two to compare: those asked for, else the first and the last of the view that has most photos."""
    by_id = {one.id: one for one in course.photos}
    if before in by_id and after in by_id:
        return by_id[before], by_id[after]
    by_view = defaultdict[str, list[Photo]](list)
    for one in course.photos:
        by_view[one.view or ""].append(one)
    best = max(by_view.values(), key=len, default=[])
    return (best[0], best[-1]) if len(best) > 1 else None


def _steps(
    protocol: Protocol, participant: Participant, photos: Sequence[Photo], answers: Sequence[Answers]
) -> tuple[Step, ...]:
    standing = {one.visit.key: one for one in due(protocol, participant, photos, this_day(), answers)}
    latest = latest_of(answers)
    steps = []
    for visit in protocol.visits:
        opens, day, closes = days(visit, participant.first_day)
        shots = tuple(
            Shot(view, tuple(p for p in reversed(photos) if (p.visit, p.view) == (visit.key, view.key)))
            for view in protocol.views
            if view.key in visit.views
        )
        filled = tuple(
            Filled(one, latest.get((participant.id, visit.key, one.key)))
            for one in protocol.questionnaires
            if one.key in visit.questionnaires
        )
        steps.append(
            Step(
                visit,
                day,
                opens,
                closes,
                standing.get(visit.key),
                shots,
                filled,
            )
        )
    return tuple(steps)


def _place(protocol: Protocol, photo: Photo) -> str:
    """``Visit 1, left cheek``."""
    visit, view = protocol.visit(photo.visit or ""), protocol.view(photo.view or "")
    names = [visit.name if visit else photo.visit or "", view.name if view else photo.view or ""]
    return ", ".join(one for one in names if one) or _("outside the protocol")


def _curves(
    session: Session,
    participant: Participant,
    protocol: Protocol,
    photos: Sequence[Photo],
    analyses: dict[str, list[Analysis]],
    bundles: dict[str, StoredBundle],
) -> tuple[Curve, ...]:
    """One curve for each measure and view of two visits or more; the greatest of a model first."""
    order = {visit.key: place for place, visit in enumerate(protocol.visits)}
    points = defaultdict[tuple[measures.Measure, str], dict[str, charts.Point]](dict)
    for photo in sorted(photos, key=lambda one: (order.get(one.visit or "", 999), one.created)):
        if photo.visit not in order:
            continue
        visit = protocol.visits[order[photo.visit]]
        for one in analyses[photo.id]:
            for measure, value in measures.measures_in(one, measures.made_by(bundles, one)).items():
                point = charts.Point(_day(photo), visit.name, value)
                points[measure, photo.view or ""][visit.key] = point
    planned = {visit.name: days(visit, participant.first_day)[1] for visit in protocol.visits}
    several = {key: _in_order(list(some.values()), planned) for key, some in points.items() if len(some) > 1}
    if not several:
        return ()
    known = measures.known_changes(session, participant.study_id)
    made, count = list[Curve](), defaultdict[tuple[str, str], int](int)
    for (measure, view), some in sorted(several.items(), key=lambda item: -max(p.value for p in item[1])):
        if count[measure.model, view] >= CURVES or (
            measure.scale == "share" and max(p.value for p in some) < 0.05
        ):
            continue
        count[measure.model, view] += 1
        made.append(_curve(measure, view, protocol, some, known.get(measure.name)))
    made.sort(key=lambda one: (one.measure.model, one.view))
    return tuple(made)


def _day(photo: Photo) -> date:
    taken = kept_moment(photo.taken)
    return date.fromisoformat(taken[:10]) if taken else photo.created.date()


def _in_order(points: list[charts.Point], planned: dict[str, date]) -> list[charts.Point]:
    """Points of visits in order; by the planned days where the photos were all added later, at one time."""
    if all(one.day < other.day for one, other in pairwise(points)):
        return points
    return sorted((replace(one, day=planned[one.visit]) for one in points), key=lambda one: one.day)


def _curve(
    measure: measures.Measure,
    view: str,
    protocol: Protocol,
    points: list[charts.Point],
    known: Repeatability | None,
) -> Curve:
    percent = measure.scale == "share"
    found = protocol.view(view)
    drawing = charts.curve(points, known, percent=percent, title=measure.title)
    if known is None:
        words = _(
            "How much it differs by itself is not known yet: for that, take a view twice at some visits."
        )
        return Curve(measure, found.name if found else view, drawing, words, moved=False)
    change = judge(points[0].value, points[-1].value, known)
    size = charts.figure(change.smallest_change, percent=percent)
    repeats = ngettext("%(num)s repeated photo", "%(num)s repeated photos", known.measurements) % {
        "num": known.measurements
    }
    ends = {
        "higher": _("Rose by more than the smallest detectable change of %(size)s (from %(repeats)s)."),
        "lower": _("Fell by more than the smallest detectable change of %(size)s (from %(repeats)s)."),
        "within": _(
            "Within the smallest detectable change of %(size)s (from %(repeats)s): no change is shown."
        ),
    }
    if percent and change.smallest_change >= 1:  # a share cannot change by more
        ends["within"] = _("Repeated photos differ so much (%(repeats)s) that no change of it can be shown.")
    words = ends[change.verdict] % {"size": size, "repeats": repeats}
    return Curve(measure, found.name if found else view, drawing, words, moved=change.verdict != "within")
