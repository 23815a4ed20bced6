"""What a participant's page shows of the time between visits: what changed, where, and by which curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cutis.runtime.facial.changes import course_title, strength, verdict_words
from cutis.runtime.facial.charts import curve, visit_words
from cutis.runtime.facial.pictures import (
    MAPPED,
    Layer,
    after_on_before,
    data_of,
    difference_of,
    reach_of,
    two_sided,
)
from cutis.runtime.facial.values import Field
from cutis.runtime.facial.visits import AreaCourse, Course, Timeline
from cutis.runtime.facial.words import AREA_TITLES, measure_title, unit_words

_CURVES = 4  # of an area that are shown before the others
_DIFFERENCES = 3  # maps of an area
_WHERE = tuple(name for name in MAPPED if name != "ita")  # of which it is said what changed where


def differences_of(timeline: Timeline) -> dict[tuple[str, str], Layer]:
    """What changed where since the first visit, by area and measure, in scales that areas share."""
    found: dict[str, dict[str, Field]] = {}
    for area in timeline.areas:
        first, latest = area.first, area.latest
        how = None if latest is None else area.laid[latest]
        if first is None or latest is None or how is None or not how.fits:
            continue
        before, after = area.shown[first], area.shown[latest]
        assert before is not None and after is not None
        wanted = [
            one for one in sorted(area.courses, key=lambda one: -strength(one)) if one.measure in _WHERE
        ]
        for one in wanted[:_DIFFERENCES]:
            field = difference_of(one.measure, before, after, how)
            if field is not None:
                found.setdefault(one.measure, {})[area.name] = field
    layers_of = {}
    for measure, fields in found.items():
        reach = reach_of(list(fields.values()))
        for name, field in fields.items():
            picture = data_of(two_sided(field, reach))
            title = measure_title(measure)
            layers_of[name, measure] = Layer(measure, title, picture, ("less", "more"))
    return layers_of


def over_time(
    area: AreaCourse, visits: Sequence[Any], differences: dict[tuple[str, str], Layer]
) -> dict[str, Any] | None:
    """An area at its first visit and its latest, with its maps and curves; None where it was seen once."""
    first, latest = area.first, area.latest
    if first is None or latest is None or first == latest:
        return None
    before, after, how = area.shown[first], area.shown[latest], area.laid[latest]
    assert before is not None and after is not None and how is not None
    courses = sorted(area.courses, key=lambda one: -strength(one))
    compared = [one for one in courses if one.last is not None]
    moved = [one for one in compared if one.last and one.last.verdict != "within"]
    maps = [differences[area.name, one.measure] for one in courses if (area.name, one.measure) in differences]
    return {
        "anchor": area.name,
        "number": list(AREA_TITLES).index(area.name) + 1,
        "title": AREA_TITLES[area.name],
        "before": data_of(before.shown),
        "after": data_of(after_on_before(after, how) if how.fits else after.shown),
        "ratio": f"{before.shown.shape[1]} / {before.shown.shape[0]}",
        "fits": how.fits,
        "words": how.words,
        "agreement": f"{how.agreement:.2f}",
        "first": visit_words(visits[first]),
        "latest": visit_words(visits[latest]),
        "maps": maps,
        "open": False,
        "moved": len(moved),
        "compared": len(compared),
        "curves": [_curve(one, visits) for one in courses[:_CURVES]],
        "others": [_curve(one, visits) for one in courses[_CURVES:]],
    }


def _curve(course: Course, visits: Sequence[Any]) -> dict[str, Any]:
    verdict = course.last.verdict if course.last else ""
    return {
        "title": course_title(course),
        "unit": unit_words(course.unit),
        "svg": curve(course, visits),
        "verdict": verdict_words(course),
        "moved": verdict in ("higher", "lower"),
    }


def change_sources(timeline: Timeline) -> tuple[str, ...]:
    """What the judgements of changes rest on, each once."""
    return tuple(dict.fromkeys(one.source for area in timeline.areas for one in area.courses if one.source))
