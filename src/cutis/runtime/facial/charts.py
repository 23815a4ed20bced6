"""Drawings of a facial report as vectors in the page's own colours: curves over visits, bars of grades."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from markupsafe import Markup, escape

from cutis.runtime.facial.changes import course_title, verdict_words
from cutis.runtime.facial.visits import Course, Visit
from cutis.runtime.facial.words import figure

_WIDE, _HIGH = 300.0, 132.0
# Written on each shape: what sets a page on paper applies no style sheet to a drawing.
_BAND = "fill: var(--quiet); fill-opacity: 0.16; stroke: none"
_WAY = "fill: none; stroke: var(--quiet); stroke-width: 1.5"
_DOT = "fill: var(--ground); stroke: var(--text); stroke-width: 1.5"
_MOVED = "fill: var(--accent); stroke: none"
_AXIS = "stroke: var(--line); stroke-width: 1"
_VALUE = "fill: var(--text); font-size: 13px; font-family: var(--sans)"
_TICK = "fill: var(--quiet); font-size: 12px; font-family: var(--sans)"
_LEFT, _RIGHT, _TOP, _BOTTOM = 12.0, 54.0, 14.0, 26.0


def key() -> list[tuple[Markup, str]]:
    """The marks of a curve with what they mean."""
    marks = (("higher", "rose"), ("lower", "fell"), ("", "within repeatability"))
    head = '<svg viewBox="0 0 22 14" width="22" height="14" aria-hidden="true">'
    return [(Markup(head + _mark(11, 7, verdict) + "</svg>"), words) for verdict, words in marks]


def curve(course: Course, visits: Sequence[Visit]) -> Markup:
    """A measure over the visits, with the band in which it may lie while nothing has changed."""
    known = [(place, value) for place, value in enumerate(course.values) if math.isfinite(value)]
    across = _across(visits)
    ends = [value for _, value in known] + list(course.band or ())
    low, high = min(ends), max(ends)
    room = 0.12 * max(high - low, abs(high) * 0.05, 1e-6)
    low, high = low - room, high + room

    def up(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (_HIGH - _TOP - _BOTTOM)

    parts = []
    if course.band is not None:
        top, bottom = up(course.band[1]), up(course.band[0])
        parts.append(
            f'<rect style="{_BAND}" x="{_LEFT}" y="{top:.1f}" width="{_WIDE - _LEFT - _RIGHT}" '
            f'height="{bottom - top:.1f}"/>'
        )
    points = [(across[place], up(value)) for place, value in known]
    if len(points) > 1:
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline style="{_WAY}" points="{way}"/>')
    for (place, value), (x, y) in zip(known, points, strict=True):
        change = course.changes.get(place)
        moved = change is not None and change.verdict != "within"
        parts.append(_mark(x, y, change.verdict if moved and change else ""))
        if place in (known[0][0], known[-1][0]):
            last = place == known[-1][0] and len(known) > 1
            parts.append(_label(x, y, figure(course.measure, value), last=last))
    parts += _axis(visits, across)
    said = ", ".join(f"{visits[place].name}: {figure(course.measure, value)}" for place, value in known)
    title = f"{course_title(course)} over {len(visits)} visits, {verdict_words(course)}. {said}."
    return Markup(
        f'<svg class="curve" viewBox="0 0 {_WIDE:g} {_HIGH:g}" role="img" aria-label="{escape(title)}">'
        + "".join(parts)
        + "</svg>"
    )


def _across(visits: Sequence[Visit]) -> list[float]:
    """Where each visit lies: by its day where all are known, else evenly."""
    days = [visit.day for visit in visits]
    wide = _WIDE - _LEFT - _RIGHT - 16
    if all(day is not None for day in days) and len(set(days)) > 1:
        numbers = [day.toordinal() for day in days if day is not None]
        first, last = min(numbers), max(numbers)
        return [_LEFT + 8 + wide * (number - first) / (last - first) for number in numbers]
    return [_LEFT + 8 + wide * place / max(1, len(visits) - 1) for place in range(len(visits))]


def _mark(x: float, y: float, verdict: str) -> str:
    if not verdict:
        return f'<circle style="{_DOT}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
    tip = -5.5 if verdict == "higher" else 5.5
    corners = f"{x:.1f},{y + tip:.1f} {x - 5.5:.1f},{y - 0.7 * tip:.1f} {x + 5.5:.1f},{y - 0.7 * tip:.1f}"
    return f'<polygon style="{_MOVED}" points="{corners}"/>'


def _label(x: float, y: float, text: str, *, last: bool) -> str:
    if last:
        return f'<text style="{_VALUE}" x="{x + 10:.1f}" y="{y + 4.5:.1f}">{escape(text)}</text>'
    return f'<text style="{_VALUE}" x="{x - 4:.1f}" y="{max(11.0, y - 8):.1f}">{escape(text)}</text>'


def _axis(visits: Sequence[Visit], across: Sequence[float]) -> list[str]:
    base = _HIGH - _BOTTOM + 4
    parts = [f'<line style="{_AXIS}" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{base}" y2="{base}"/>']
    ends = (0, len(visits) - 1) if len(visits) > 1 else (0,)
    parts += [
        f'<line style="{_AXIS}" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 4}"/>' for x in across
    ]
    for place in ends:
        anchor = "start" if place == 0 else "end"
        x = _LEFT if place == 0 else min(across[place] + 30, _WIDE)
        text = escape(visit_words(visits[place]))
        parts.append(
            f'<text style="{_TICK}" x="{x:.1f}" y="{_HIGH - 4}" text-anchor="{anchor}">{text}</text>'
        )
    return parts


def visit_words(visit: Visit) -> str:
    """``2026-03-09``, or the visit's name."""
    return _day(visit.day) if visit.day else f"visit {visit.name}"


def _day(day: date) -> str:
    return day.isoformat()
