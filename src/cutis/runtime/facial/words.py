"""What a facial report says, in sentences: calm, with numbers and their uncertainty, never a diagnosis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cutis.imaging.face import MAKE_UP
from cutis.imaging.measures.words import TITLES
from cutis.pages.numbers import decimal, decimal_range
from cutis.runtime.facial.repeats import Repeats
from cutis.runtime.facial.values import FaceAnalysis, Grade, Peers
from cutis.runtime.facial.visits import Course, Timeline

RENDERED = "Trained on rendered images, not for care."
RENDERED_LONG = (
    "The model was trained on rendered faces, not on photos of people: how well it grades real skin is not "
    "known."
)
NO_DIAGNOSIS = "Grades and measures describe a photo. They are no diagnosis and no advice."
AREA_TITLES = {
    "forehead": "Forehead",
    "glabella": "Between the brows",
    "periorbital_left": "Around the left eye",
    "periorbital_right": "Around the right eye",
    "cheek_left": "Left cheek",
    "cheek_right": "Right cheek",
    "nose": "Nose",
    "perioral": "Around the mouth",
    "chin": "Chin",
}
_IN_SENTENCE = {
    "forehead": "on the forehead",
    "cheek_left": "on the left cheek",
    "cheek_right": "on the right cheek",
    "nose": "on the nose",
    "chin": "on the chin",
}
_DIGITS = {"ita": 0, "monk": 0, "fitzpatrick": 0, "pore_count": 0, "spot_count": 2, "roughness": 2}
_UNITS = {
    "degrees": "°",
    "percent": "%",
    "per cm2": "per cm²",
    "mm per cm2": "mm per cm²",
    "percent of light": "% of light",
}
_PLAIN = ("index", "type", "tone", "grade")
_MOST = 4  # further findings that the answer names


@dataclass(frozen=True)
class Answer:
    """The first thing that is read.

    Attributes:
        result: the answer in one sentence.
        more: what belongs to it, one sentence each.
        notes: what to know before one relies on it.
    """

    result: str
    more: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def where(area: str) -> str:
    """``on the forehead``, ``around the left eye``."""
    return _IN_SENTENCE.get(area, AREA_TITLES.get(area, area).lower())


def measure_title(name: str) -> str:
    """Of a measure, for people."""
    return TITLES.get(name, name.replace("_", " "))


def figure(name: str, value: float, *, sign: str = "") -> str:
    """A value of a measure with as many digits as tell something; ``not measured`` where there is none."""
    if not math.isfinite(value):
        return "not measured"
    return decimal(value, 1 if name.startswith("grade_") else _DIGITS.get(name, 1), sign)


def unit_words(unit: str) -> str:
    """``%``, ``per cm²``; nothing for what is counted in itself."""
    return "" if unit in _PLAIN else _UNITS.get(unit, unit)


def with_unit(name: str, value: float, unit: str) -> str:
    """``12.1 per cm²``, ``45°``."""
    shown = unit_words(unit)
    gap = "" if shown.startswith(("°", "%")) or not shown else " "
    return f"{figure(name, value)}{gap}{shown}"


def range_words(name: str, low: float, high: float) -> str:
    """``10.2–13.9``, or nothing where nothing can be said."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return decimal_range(low, high, _DIGITS.get(name, 1))


def grade_words(grade: Grade) -> str:
    """``moderate (2.3 of 4, likely 2 to 3)``."""
    top = len(grade.scale) - 1
    likely = f"{grade.low}" if grade.low == grade.high else f"{grade.low} to {grade.high}"
    return f"{grade.words} ({grade.score:.1f} of {top}, likely {likely})"


def peers_words(peers: Peers) -> str:
    """``higher than 72 of 100 peers (61–81)``."""
    at, low, high = (round(100 * share) for share in (peers.percentile, peers.low, peers.high))
    if peers.beyond < 0:
        return f"lower than {100 - at} of 100 peers"
    if peers.beyond > 0:
        return f"higher than {at} of 100 peers"
    return f"higher than {at} of 100 peers ({low}–{high})"


def peers_short(peers: Peers) -> str:
    """``72 (61–81)``."""
    at, low, high = (round(100 * share) for share in (peers.percentile, peers.low, peers.high))
    if peers.beyond:
        return f"under {at}" if peers.beyond < 0 else f"over {at}"
    return f"{at} ({low}–{high})"


def answer(photos: Sequence[FaceAnalysis], timeline: Timeline) -> Answer:
    """The answer for one participant."""
    latest = [one for one in photos if one.source.order == timeline.visits[-1].order]
    if len(timeline.visits) > 1:
        return _over_time(timeline, latest)
    return _graded(latest) if any(one.model for one in latest) else _measured(latest)


def _graded(photos: Sequence[FaceAnalysis]) -> Answer:
    found = [
        (grade, area.name) for one in photos for area in one.areas for grade in area.grades if grade.grade > 0
    ]
    judged = len({area.name for one in photos for area in one.areas if area.judged})
    if not judged:
        return Answer("No area could be judged.", ("Why stands under each area below.",))
    if not found:
        return Answer(f"No condition is above none in the {_areas(judged)} judged.", _outliers(photos))
    worst: dict[str, tuple[Grade, str]] = {}
    for grade, area in sorted(found, key=lambda one: -one[0].score):
        worst.setdefault(grade.condition, (grade, area))
    told = [f"{grade.title} {where(area)}: {grade_words(grade)}." for grade, area in worst.values()]
    rest = len(told) - 1 - _MOST
    more = told[1 : 1 + _MOST] + ([f"{rest} more below."] if rest > 0 else [])
    return Answer(told[0], (*more, *_outliers(photos)))


def _measured(photos: Sequence[FaceAnalysis]) -> Answer:
    judged = [area for one in photos for area in one.areas if area.judged]
    if not judged:
        return Answer("No area could be judged.", ("Why stands under each area below.",))
    names = {one.name for area in judged for one in area.measures}
    count = len({area.name for area in judged})
    said = f"{_areas(count).capitalize()} measured in {len(names)} ways; none graded."
    return Answer(said, _outliers(photos), (photos[0].why_no_grades,))


def _outliers(photos: Sequence[FaceAnalysis]) -> tuple[str, ...]:
    """Measures that stand furthest from peers, if any stand far."""
    far = []
    for one in photos:
        for area in one.areas:
            titles = {f"grade_{grade.condition}": grade.title for grade in area.grades}
            for name, peers in area.peers.items():
                off = min(1 - peers.low, peers.high)  # certainly among the outer tenth
                if off < 0.2 and (peers.percentile > 0.9 or peers.percentile < 0.1):
                    title = titles.get(name, measure_title(name))
                    far.append(
                        (abs(peers.percentile - 0.5), f"{title} {where(area.name)}: {peers_words(peers)}.")
                    )
    return tuple(words for _, words in sorted(far, reverse=True)[:3])


def _over_time(timeline: Timeline, latest: Sequence[FaceAnalysis]) -> Answer:
    judged = [
        (course, area.name)
        for area in timeline.areas
        for course in area.courses
        if course.last is not None and timeline.visits and max(course.changes) == len(timeline.visits) - 1
    ]
    since = _since(timeline)
    if not judged:
        return Answer(f"Nothing could be compared with {since}.", (), timeline.doubts)
    changed = [(course, area) for course, area in judged if course.last and course.last.verdict != "within"]
    if not changed:
        said = f"Since {since} none of {len(judged)} measurements changed by more than measuring explains."
    else:
        count = f"{len(changed)} of {len(judged)} measurements"
        said = f"Since {since} {count} changed by more than measuring explains."
    told = _by_measure(changed, judged)
    rest = len(told) - _MOST
    more = [*told[:_MOST], *([f"{_measures(rest)} more below."] if rest > 0 else [])]
    chance = (
        f"About {round(0.05 * len(judged))} of {len(judged)} pass the smallest detectable change by chance."
    )
    why = latest[0].why_no_grades if latest and latest[0].model is None else ""
    notes = (*timeline.doubts, chance if changed else "", why)
    return Answer(said, tuple(more), tuple(one for one in notes if one))


def _by_measure(changed: Sequence[tuple[Course, str]], judged: Sequence[tuple[Course, str]]) -> list[str]:
    """A sentence per measure that changed, the strongest first: in how many areas, and where most."""
    groups: dict[tuple[str, str], list[tuple[Course, str]]] = {}
    for course, area in sorted(changed, key=lambda one: -strength(one[0])):
        assert course.last is not None
        groups.setdefault((course.measure, course.last.verdict), []).append((course, area))
    told = []
    for (measure, verdict), own in groups.items():
        course, area = own[0]
        if len(own) == 1:
            told.append(change_words(course, area))
            continue
        assert course.last is not None
        compared = sum(one.measure == measure for one, _ in judged)
        went = "rose" if verdict == "higher" else "fell"
        told.append(
            f"{course_title(course)} {went} in {len(own)} of {_areas(compared)}, most {where(area)}: "
            f"{_from_to(course)}."
        )
    return told


def _from_to(course: Course) -> str:
    """``from 44.5 to 1.4% (3.3 can be told)``."""
    change = course.last
    assert change is not None
    after = with_unit(course.measure, change.after, course.unit)
    limit = figure(course.measure, change.smallest_change)
    return f"from {figure(course.measure, change.before)} to {after} ({limit} can be told)"


def _since(timeline: Timeline) -> str:
    first = timeline.visits[0]
    return first.day.isoformat() if first.day else f"visit {first.name}"


def strength(course: Course) -> float:
    """Size of the latest change over the smallest detectable one."""
    change = course.last
    return 0.0 if change is None else abs(change.difference) / max(change.smallest_change, 1e-9)


def course_title(course: Course) -> str:
    """Of a course, for people."""
    return course.title if course.measure.startswith("grade_") else measure_title(course.measure)


def change_words(course: Course, area: str) -> str:
    """One change in a sentence."""
    change = course.last
    assert change is not None
    went = {"higher": "rose", "lower": "fell", "within": "stayed"}[change.verdict]
    sure = "" if change.sure or change.verdict == "within" else ", just past it"
    return f"{course_title(course)} {where(area)} {went} {_from_to(course)}{sure}."


def verdict_words(course: Course) -> str:
    """A verdict in a word or two, for a curve."""
    if course.last is None:
        known = sum(math.isfinite(value) for value in course.values)
        return "measured once" if known < 2 else "not judged: its repeatability is not known"
    words = {"higher": "rose", "lower": "fell", "within": "within repeatability"}[course.last.verdict]
    return words if course.last.sure or course.last.verdict == "within" else f"{words}, just past it"


def limits(photos: Sequence[FaceAnalysis], repeats: Repeats, timeline: Timeline) -> tuple[str, ...]:
    """What was not looked at, or cannot be told; one sentence each."""
    said = [MAKE_UP]
    if any(one.model is not None and one.model.training.rendered for one in photos):
        said.append(RENDERED_LONG)
    if not all(one.card for one in photos):
        said.append(
            "Without a colour card tone, redness and melanin move with the light; their ranges are wide "
            "for it."
        )
    if len(timeline.visits) > 1 and repeats.rendered:
        said.append(
            "The smallest change that can be told comes from rendered faces photographed again; photos of "
            "people differ by more. Photograph some participants twice at a visit and give their norms."
        )
    said.append("Lips, eyes, lids, hair, neck and ears are not looked at.")
    said.append("Fitzpatrick and Monk types are estimates from a photo, not what a person would answer.")
    return tuple(said)


def _measures(count: int) -> str:
    return "1 measure" if count == 1 else f"{count} measures"


def _areas(count: int) -> str:
    return "one area" if count == 1 else f"{count} areas"
