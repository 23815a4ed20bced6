"""Drawings of a study as vectors in the page's own colours: how it grew, and a measure over visits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from cutis.stats.change import Repeatability, band, judge
from cutis.web.studies.standing import months

_WIDE, _HIGH = 420.0, 168.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 64.0, 18.0, 26.0


@dataclass(frozen=True)
class Point:
    """A measure of a photo: the day, what a visit is called, the value."""

    day: date
    visit: str
    value: float


def growth(grown: Sequence[tuple[date, int]], title: str) -> Markup:
    """How many were enrolled by each day; steps, since people come one by one.

    Args:
        grown: day and number from then on, the last one today.
        title: what a screen reader says instead.
    """
    first, last = grown[0][0], grown[-1][0]
    most = grown[-1][1]
    across = _across(first, last)

    def up(number: int) -> float:
        return _HIGH - _BOTTOM - number / most * (_HIGH - _TOP - _BOTTOM)

    way = [f"M{across(first):.1f},{up(0):.1f}"]
    for day, number in grown:
        way.append(f"H{across(day):.1f}V{up(number):.1f}")
    x, y = across(last), up(most)
    parts = [
        f'<path class="line main" d="{"".join(way)}"/>',
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>',
        f'<text class="name" x="{x + 8:.1f}" y="{y + 4.5:.1f}">{most}</text>',
        *_days(first, last),
    ]
    return _svg(parts, title)


def curve(points: Sequence[Point], known: Repeatability | None, *, percent: bool, title: str) -> Markup:
    """A measure over visits, with the band in which it may lie while nothing has changed.

    Args:
        points: by day.
        known: repeatability of the measure; without it no change is judged.
        percent: the values are shares of 1.
        title: what a screen reader says before the values.
    """
    values = [one.value for one in points]
    span = band(values[0], known) if known is not None else None
    low, high = min(*values, *(span or ()), values[0]), max(*values, *(span or ()), values[0])
    low, high = (max(0.0, low), min(1.0, high)) if percent else (low, high)
    room = 0.15 * max(high - low, 0.05 if percent else 0.2)
    low, high = low - room, high + room
    across = _across(points[0].day, points[-1].day)

    def up(value: float) -> float:
        return _TOP + (high - min(high, max(low, value))) / (high - low) * (_HIGH - _TOP - _BOTTOM)

    parts = []
    if span is not None:
        top, bottom = up(span[1]), up(span[0])
        wide = _WIDE - _LEFT - _RIGHT
        parts.append(
            f'<rect class="band" x="{_LEFT}" y="{top:.1f}" width="{wide}" height="{bottom - top:.1f}"/>'
        )
    places = [(across(one.day), up(one.value)) for one in points]
    if len(places) > 1:
        parts.append(f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>')
    for place, (x, y) in enumerate(places):
        change = judge(values[0], values[place], known) if known is not None and place else None
        moved = change is not None and change.verdict != "within"
        parts.append(f'<circle class="{"dot moved" if moved else "dot"}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
    ends = {0, len(points) - 1}
    for place in ends:
        x, y = places[place]
        last = place and len(points) > 1
        at = f'x="{x + 9:.1f}" y="{y + 4.5:.1f}"' if last else f'x="{max(_LEFT, x - 4):.1f}" y="{y - 9:.1f}"'
        parts.append(f'<text class="name" {at}>{figure(values[place], percent=percent)}</text>')
    said = ", ".join(f"{one.visit}: {figure(one.value, percent=percent)}" for one in points)
    return _svg([*parts, *_days(points[0].day, points[-1].day)], f"{title}. {said}.")


def figure(value: float, *, percent: bool) -> str:
    """A value as it is written."""
    return f"{value:.0%}" if percent else f"{value:.1f}" if value % 1 else f"{value:.0f}"


def _across(first: date, last: date) -> Callable[[date], float]:
    days = max(1, (last - first).days)

    def place(day: date) -> float:
        return _LEFT + 6 + (day - first).days / days * (_WIDE - _LEFT - _RIGHT - 12)

    return place


def _days(first: date, last: date) -> list[str]:
    base = _HIGH - _BOTTOM + 4
    across = _across(first, last)
    parts = [f'<line class="grid" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{base}" y2="{base}"/>']
    for day in months(first, last):
        x = across(day)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 4}"/>')
    parts.append(f'<text x="{_LEFT}" y="{_HIGH - 4}">{first.isoformat()}</text>')
    if (last - first).days > 0:
        parts.append(
            f'<text x="{_WIDE - _RIGHT + 30}" y="{_HIGH - 4}" text-anchor="end">{last.isoformat()}</text>'
        )
    return parts


def _svg(parts: Sequence[str], title: str) -> Markup:
    return Markup(
        f'<svg class="chart" viewBox="0 0 {_WIDE:g} {_HIGH:g}" role="img" aria-label="{escape(title)}">'
        + "".join(parts)
        + "</svg>"
    )
