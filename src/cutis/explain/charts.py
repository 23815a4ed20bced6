"""Small line charts as SVG that follow the page's theme: bands for intervals, names at the lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from numpy.typing import NDArray

WIDTH, HEIGHT = 340, 240
LEFT, RIGHT, TOP, BOTTOM = 40, 104, 12, 44
_GAP = 16  # pixels between two names


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a chart.

    Attributes:
        name: written at its end.
        style: CSS class: ``main``, ``second`` or ``third``.
        x: (points,).
        y: (points,).
        low: (points,) lower end of the interval, or None.
        high: (points,) upper end of the interval, or None.
    """

    name: str
    style: str
    x: NDArray[Any]
    y: NDArray[Any]
    low: NDArray[Any] | None = None
    high: NDArray[Any] | None = None


def chart(
    lines: Sequence[Line],
    *,
    title: str,
    x_title: str,
    y_range: tuple[float, float] = (0.0, 1.0),
    y_ticks: Sequence[float] = (0, 0.25, 0.5, 0.75, 1),
    y_percent: bool = True,
    rule: tuple[float, str] | None = None,
) -> Markup:
    """Draw lines over a share from 0 to 100%.

    Args:
        lines: drawn in order; the first is named first where names would collide.
        title: for screen readers; the page prints its own.
        x_title: below the axis.
        y_range: both ends of the axis.
        y_ticks: values that are marked.
        y_percent: label the axis in percent.
        rule: a value to mark with a thin line, and its name.
    """
    low, high = y_range

    def px(x: float) -> float:
        return LEFT + x * (WIDTH - LEFT - RIGHT)

    def py(y: float) -> float:
        return HEIGHT - BOTTOM - (min(max(y, low), high) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    for value in y_ticks:
        text = f"{value:.0%}" if y_percent else f"{value:.1f}".replace("-", "\N{MINUS SIGN}")
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py(value):.1f}" y2="{py(value):.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 8}" y="{py(value) + 4:.1f}" text-anchor="end">{text}</text>')
    parts += [
        f'<text x="{px(share):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{share:.0%}</text>'
        for share in (0, 0.5, 1)
    ]
    parts.append(f'<text x="{px(0.5):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_title)}</text>')
    if rule:
        y = f"{py(rule[0]):.1f}"
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{py(rule[0]) + 4:.1f}">{escape(rule[1])}</text>')
    for line in lines[::-1]:  # the first on top
        if line.low is not None and line.high is not None:
            there = [f"{px(x):.1f},{py(y):.1f}" for x, y in zip(line.x, line.high, strict=True)]
            back = [f"{px(x):.1f},{py(y):.1f}" for x, y in zip(line.x[::-1], line.low[::-1], strict=True)]
            parts.append(f'<polygon class="band {line.style}" points="{" ".join(there + back)}"/>')
        points = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in zip(line.x, line.y, strict=True))
        parts.append(f'<polyline class="line {line.style}" points="{points}"/>')
    parts += _names(lines, px, py)
    return Markup("\n".join([*parts, "</svg>"]))  # every text above is escaped


def _names(lines: Sequence[Line], px: Any, py: Any) -> list[str]:
    """Names right of the plot, each beside a sample of its line, in the order of the lines' middles."""
    middle = len(lines[0].y) // 2
    wanted = sorted(
        ((py(float(line.y[min(middle, len(line.y) - 1)])), line) for line in lines), key=lambda w: w[0]
    )
    parts, last = [], TOP - _GAP
    for y, line in wanted:
        last = max(y, last + _GAP)
        x = WIDTH - RIGHT + 8
        parts.append(
            f'<line class="line {line.style}" x1="{x}" x2="{x + 14}" y1="{last:.1f}" y2="{last:.1f}"/>'
        )
        parts.append(f'<text class="name" x="{x + 20}" y="{last + 4:.1f}">{escape(line.name)}</text>')
    return parts
