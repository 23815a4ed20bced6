"""The flow of photos as a drawing: boxes down the middle, what is left out beside them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import escape

from cutis.evaluation.evidence.participants import Step

_WIDTH, _MAIN, _GAP = 360, 220, 10  # CSS pixels: fits a phone's screen at its stated size
_SIZE, _LEAD, _PAD = 12, 16, 8
_LETTER = 6.3  # pixels that a letter of this size takes at most, on average


def draw_flow(steps: Sequence[Step]) -> str:
    """Inline SVG in the page's own colours and type.

    Args:
        steps: from the first to the last.
    """
    parts: list[str] = []
    y, right, narrow = 1.0, float(_MAIN + _GAP), float(_WIDTH - _MAIN - _GAP - 1)
    for number, step in enumerate(steps):
        less, beside = _wrapped(step.less, narrow), _wrapped(step.beside, narrow)
        if number:
            aside = _height(less) if less else 0.0
            length = max(aside + 14, 24) + (14 if beside else 0)
            if less:
                middle = y + (aside + 4) / 2 + 2
                parts.append(_line(_MAIN / 2, middle, right, middle))
                parts.append(_box(right, middle - aside / 2, narrow, less, quiet=True))
            if beside:
                turn = y + length - 14
                parts.append(_line(_MAIN / 2, turn, right + narrow / 2, turn))
                parts.append(_arrow(right + narrow / 2, turn, y + length))
            parts.append(_arrow(_MAIN / 2, y, y + length))
            y += length
        lines = _wrapped(step.lines, _MAIN)
        parts.append(_box(1, y, _MAIN, lines))
        if beside:
            parts.append(_box(right, y, narrow, beside))
        y += max(_height(lines), _height(beside) if beside else 0.0)
    said = "; ".join(
        " ".join((*step.lines, *step.beside, *(f"(left out: {one})" for one in step.less))) for step in steps
    )
    head = f'<svg viewBox="0 0 {_WIDTH} {y + 2:.0f}" role="img" aria-label="{escape("Flow: " + said)}">'
    return head + "".join(parts) + "</svg>"


def _box(x: float, y: float, width: float, lines: Sequence[str], quiet: bool = False) -> str:
    line, text = ("line", "quiet") if quiet else ("quiet", "text")
    shape = (
        f'<rect x="{x:.0f}" y="{y:.1f}" width="{width:.0f}" height="{_height(lines):.0f}" rx="4" '
        f'style="fill: none; stroke: var(--{line})"/>'
    )
    rows = "".join(
        f'<text x="{x + _PAD:.0f}" y="{y + _PAD + _LEAD * k + 11:.1f}" '
        f'style="font: {_SIZE}px var(--sans); fill: var(--{text})">{escape(row)}</text>'
        for k, row in enumerate(lines)
    )
    return shape + rows


def _height(lines: Sequence[str]) -> float:
    return 2 * _PAD + _LEAD * len(lines) - 2


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" style="stroke: var(--quiet)"/>'


def _arrow(x: float, y1: float, y2: float) -> str:
    head = f'<path d="M{x - 3.5:.1f} {y2 - 6:.1f} L{x:.1f} {y2 - 0.5:.1f} L{x + 3.5:.1f} {y2 - 6:.1f}" '
    return _line(x, y1, x, y2 - 1) + head + 'style="fill: none; stroke: var(--quiet)"/>'


def _wrapped(lines: Sequence[str], width: float) -> list[str]:
    """Lines broken at spaces so that they fit a box; a word that is too long stands alone."""
    most = int((width - 2 * _PAD) / _LETTER)
    found = []
    for line in lines:
        row = ""
        for word in line.split():
            if row and len(row) + 1 + len(word) > most:
                found.append(row)
                row = ""
            row = f"{row} {word}".strip()
        found += [_shortened(row, most)]
    return found


def _shortened(word: str, most: int) -> str:
    return word if len(word) <= most or " " in word else f"{word[: most - 1]}…"
