"""Visits of one participant compared, area by area: skin laid on itself, each measure's change judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from cutis.core.errors import CutisError
from cutis.imaging.registration import Registration, register
from cutis.runtime.facial.repeats import Known, Repeats
from cutis.runtime.facial.values import AreaAnalysis, FaceAnalysis
from cutis.stats.change import Change, Repeatability, band, judge

SAME_SKIN = 0.5  # share of areas that have to fit for two visits to show one person's skin


@dataclass(frozen=True)
class Visit:
    """When photos were taken.

    Attributes:
        order: 0 first.
        name: as the user calls it.
        day: where it is known.
        photos: taken then.
    """

    order: int
    name: str
    day: date | None
    photos: int


@dataclass(frozen=True)
class Course:
    """One measure of one area over the visits.

    Attributes:
        measure: its name, ``grade_<condition>`` for grades.
        title, unit: for people.
        values: mean of the visit's photos by visit, not a number where nothing was measured.
        photos: how many each is the mean of.
        changes: from the first visit that has it to each later one, by that one's order.
        band: what later values lie in 95 times of 100 while nothing has changed; None where not known.
        repeats: on which it rests; None where not known.
        source: where these come from, in words.
    """

    measure: str
    title: str
    unit: str
    values: tuple[float, ...]
    photos: tuple[int, ...]
    changes: Mapping[int, Change]
    band: tuple[float, float] | None
    repeats: Repeatability | None
    source: str

    @property
    def last(self) -> Change | None:
        """From the first visit to the latest."""
        return self.changes[max(self.changes)] if self.changes else None


@dataclass(frozen=True, eq=False)
class AreaCourse:
    """One area over the visits.

    Attributes:
        name: of the area.
        shown: the photo of it at each visit, None where there is none or it was refused.
        laid: how each visit's photo lies on the first one's, None where there is nothing to lay.
        courses: of the measures.
    """

    name: str
    shown: tuple[AreaAnalysis | None, ...]
    laid: tuple[Registration | None, ...]
    courses: tuple[Course, ...]

    @property
    def first(self) -> int | None:
        """Order of the first visit that shows it."""
        return next((order for order, one in enumerate(self.shown) if one is not None), None)

    @property
    def latest(self) -> int | None:
        """Order of the latest visit that shows it."""
        return next((order for order in reversed(range(len(self.shown))) if self.shown[order]), None)


@dataclass(frozen=True, eq=False)
class Timeline:
    """All visits of one participant.

    Attributes:
        visits: in order.
        areas: of the face.
        doubts: what speaks against comparing them, in words.
    """

    visits: tuple[Visit, ...]
    areas: tuple[AreaCourse, ...]
    doubts: tuple[str, ...]

    def area(self, name: str) -> AreaCourse | None:
        """One area, or None."""
        return next((one for one in self.areas if one.name == name), None)


def timeline(photos: Sequence[FaceAnalysis], repeats: Repeats) -> Timeline:
    """Compare the visits of one participant with the first.

    Args:
        photos: of one participant, at least one.
        repeats: what measures differ by when nothing has changed.

    Raises:
        CutisError: the photos are of several participants.
    """
    who = {one.source.patient for one in photos}
    if len(who) != 1:
        raise CutisError(f"photos of {len(who)} participants ({', '.join(sorted(who))}) are no time line.")
    visits = tuple(_visit(order, photos) for order in sorted({one.source.order for one in photos}))
    places = {visit.order: place for place, visit in enumerate(visits)}
    names = list(dict.fromkeys(area.name for one in photos for area in one.areas))
    areas = tuple(_area(name, photos, visits, places, repeats) for name in names)
    return Timeline(visits, areas, _doubts(areas, visits))


def _visit(order: int, photos: Sequence[FaceAnalysis]) -> Visit:
    own = [one.source for one in photos if one.source.order == order]
    return Visit(order, own[0].visit or "1", own[0].day, len(own))


def _area(
    name: str,
    photos: Sequence[FaceAnalysis],
    visits: Sequence[Visit],
    places: Mapping[int, int],
    repeats: Repeats,
) -> AreaCourse:
    view = _view(name, photos)
    shots: list[list[AreaAnalysis]] = [[] for _ in visits]
    for one in photos:
        area = one.area(name)
        if area is not None and area.judged and one.source.view == view:
            shots[places[one.source.order]].append(area)
    shown = tuple(max(own, key=lambda one: one.area.usable) if own else None for own in shots)
    return AreaCourse(name, shown, _laid(shown), tuple(_courses(shots, repeats.measures)))


def _view(name: str, photos: Sequence[FaceAnalysis]) -> str:
    """The view in which an area is judged at most visits; of equal ones the front."""
    visits: dict[str, set[int]] = {}
    for one in photos:
        area = one.area(name)
        if area is not None and area.judged:
            visits.setdefault(one.source.view, set()).add(one.source.order)
    return max(sorted(visits), key=lambda view: len(visits[view]), default="front")


def _laid(shown: Sequence[AreaAnalysis | None]) -> tuple[Registration | None, ...]:
    first = next((one for one in shown if one is not None), None)
    found: list[Registration | None] = []
    for one in shown:
        if one is None or first is None or one is first:
            found.append(None)
            continue
        found.append(
            register(
                first.area.image, one.area.image, first.area.mask, one.area.mask, first.area.mm_per_pixel
            )
        )
    return tuple(found)


def _courses(shots: Sequence[Sequence[AreaAnalysis]], repeats: Mapping[str, Known]) -> list[Course]:
    facts: dict[str, tuple[str, str]] = {}
    for own in shots:
        for one in own:
            facts |= {f"grade_{grade.condition}": (grade.title, "grade") for grade in one.grades}
            facts |= {measure.name: (measure.name, measure.unit) for measure in one.measures}
    return [_course(name, title, unit, shots, repeats.get(name)) for name, (title, unit) in facts.items()]


def _course(
    name: str, title: str, unit: str, shots: Sequence[Sequence[AreaAnalysis]], known: Known | None
) -> Course:
    own = [[one.values()[name] for one in shot if name in one.values()] for shot in shots]
    values = tuple(float(np.mean(one)) if one else math.nan for one in own)
    photos = tuple(len(one) for one in own)
    measured = [order for order, value in enumerate(values) if math.isfinite(value)]
    repeats = None if known is None else known.repeats
    changes: dict[int, Change] = {}
    kept = None
    if repeats is not None and measured:
        base = measured[0]
        try:
            changes = {
                order: judge(values[base], values[order], repeats, repeats=(photos[base], photos[order]))
                for order in measured[1:]
            }
            kept = band(values[base], repeats, repeats=(photos[base], photos[measured[-1]]))
        except CutisError:  # a ratio from or to nothing
            changes, kept, repeats = {}, None, None
    source = "" if known is None else known.source
    return Course(name, title, unit, values, photos, changes, kept, repeats, source)


def _doubts(areas: Sequence[AreaCourse], visits: Sequence[Visit]) -> tuple[str, ...]:
    doubts = []
    for place, visit in enumerate(visits[1:], start=1):
        tried = [one.laid[place] for one in areas if one.laid[place] is not None]
        fit = [one for one in tried if one is not None and one.fits]
        if len(tried) >= 2 and not fit:
            doubts.append(
                f"The skin of visit {visit.name} is not that of the first in any of {len(tried)} areas: "
                "another person, another view, or photos too unlike. Nothing was laid on each other; check "
                "whose they are."
            )
        elif len(tried) >= 2 and len(fit) < SAME_SKIN * len(tried):
            doubts.append(
                f"At visit {visit.name} only {len(fit)} of {len(tried)} areas could be laid on the first "
                "visit; changes elsewhere may be of the photo."
            )
    return tuple(doubts)
