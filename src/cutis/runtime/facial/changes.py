"""What is said of changes between visits, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cutis.runtime.facial.values import FaceAnalysis
from cutis.runtime.facial.visits import Course, Timeline
from cutis.runtime.facial.words import Answer, areas_words, figure, measure_title, where, with_unit

_MOST = 4  # changes that the answer names
_EVERYWHERE = 3  # areas from which on something went the same way everywhere
_BY_LIGHT = ("ita", "fitzpatrick", "monk", "melanin_index", "roughness", "shine")


def over_time_answer(timeline: Timeline, latest: Sequence[FaceAnalysis]) -> Answer:
    """The answer where there are several visits: what changed by more than measuring explains."""
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
    light = _of_the_light(changed, judged)
    notes = (
        *timeline.doubts,
        f"In every area alike: {', '.join(light)}. Another light does the same; compare photos taken in one "
        "light before relying on it."
        if light
        else "",
        chance if changed else "",
        why,
    )
    return Answer(said, tuple(more), tuple(one for one in notes if one))


def _by_measure(changed: Sequence[tuple[Course, str]], judged: Sequence[tuple[Course, str]]) -> list[str]:
    """A sentence per measure that changed: in how many areas, and where most; conditions first."""
    groups: dict[tuple[str, str], list[tuple[Course, str]]] = {}
    for course, area in sorted(changed, key=_foremost):
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
            f"{course_title(course)} {went} in {len(own)} of {areas_words(compared)}, most {where(area)}: "
            f"{_from_to(course)}."
        )
    return told


def _foremost(one: tuple[Course, str]) -> tuple[bool, float]:
    """Graded conditions before measures, the strongest change first."""
    return not one[0].measure.startswith("grade_"), -strength(one[0])


def _of_the_light(changed: Sequence[tuple[Course, str]], judged: Sequence[tuple[Course, str]]) -> list[str]:
    """What went the same way everywhere, and does so when photos are taken in another light."""
    said = []
    for name in _BY_LIGHT:
        went = {course.last.verdict for course, _ in changed if course.measure == name and course.last}
        moved = sum(course.measure == name for course, _ in changed)
        if moved >= _EVERYWHERE and len(went) == 1 and moved == sum(one.measure == name for one, _ in judged):
            said.append(measure_title(name).lower())
    return said


def _from_to(course: Course) -> str:
    """``from 44.5 to 1.4% (changes from 3.3 on can be told)``."""
    change = course.last
    assert change is not None
    after = with_unit(course.measure, change.after, course.unit)
    limit = figure(course.measure, change.smallest_change)
    return f"from {figure(course.measure, change.before)} to {after} (changes from {limit} on can be told)"


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


def _measures(count: int) -> str:
    return "1 measure" if count == 1 else f"{count} measures"
