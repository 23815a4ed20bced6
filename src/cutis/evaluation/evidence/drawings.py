"""Drawings of the report as SVG: inline on the page, and each as a file of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cutis.evaluation import svg
from cutis.evaluation.evidence.failures import Abstention
from cutis.pages import numbers
from cutis.stats.comparison import Difference
from cutis.stats.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    "text": svg.TEXT,
    "quiet": svg.QUIET,
    "line": svg.LINE,
    "accent": svg.ACCENT,
    "ground": svg.GROUND,
}
_SANS = "system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif"
_ROW = 22  # CSS pixels per line of a forest


def standalone(drawing: str) -> str:
    """An inline drawing as a file: with its own colours and type, on white."""
    text = re.sub(r"var\(--([a-z]+)\)", lambda name: _COLOURS.get(name[1], _SANS), drawing)
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    assert view is not None, "every drawing begins at 0 0"
    size = f' width="{view[1]}" height="{view[2]}"'
    text = text.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg"{size} ', 1)
    head = text.index(">") + 1
    ground = f'<rect width="100%" height="100%" fill="{svg.GROUND}"/>'
    return f"{text[:head]}{ground}{text[head:]}\n"


def abstention(curve: Abstention, name: str, units: str = "photos") -> str:
    """How often a source is right on what it is most sure of, with its 95% band.

    Args:
        curve: from `failures.failures`.
        name: unique on the page.
        units: what was answered.
    """

    def paint(axes: Axes) -> None:
        axes.fill_between(
            curve.share, curve.band[:, 0], curve.band[:, 1], color=svg.ACCENT, alpha=0.2, linewidth=0
        )
        axes.plot(curve.share, curve.right, color=svg.ACCENT, linewidth=1.7)
        low = min(0.9, np.floor(10 * float(np.nanmin(curve.band))) / 10)
        ticks = np.arange(low, 1.001, 0.1)
        axes.set(
            xlim=(0.08, 1.02),
            ylim=(low - 0.005, 1.005),
            xlabel=f"{units} answered, the surest first, %",
            ylabel="of these right, %",
        )
        axes.set_xticks([0.25, 0.5, 0.75, 1], ["25", "50", "75", "100"])
        axes.set_yticks(ticks, [f"{100 * tick:.0f}" for tick in ticks])
        axes.grid(axis="y", color=svg.LINE, linewidth=0.7)
        axes.set_axisbelow(True)

    return svg.draw(f"{name}-abstention", 340, 300, paint, f"Right answers by share of {units} answered")


def forest(
    rows: Sequence[tuple[str, Estimate | Difference]],
    name: str,
    title: str,
    *,
    span: tuple[float, float],
    line: float | None = None,
    hollow: Collection[int] = (),
    percent: bool = False,
) -> str:
    """Values with their intervals, one below the other.

    Args:
        rows: names and values, from the top.
        name: unique on the page.
        title: below the axis.
        span: ends of the axis.
        line: a value to compare with.
        hollow: numbers of the rows whose dot is hollow.
        percent: the axis counts in hundredths.
    """

    def paint(axes: Axes) -> None:
        at = np.arange(len(rows))[::-1]
        if line is not None:
            axes.axvline(line, color=svg.QUIET, linewidth=0.8, linestyle=(0, (2, 3)))
        for row, (y, (_, value)) in enumerate(zip(at, rows, strict=True)):
            axes.plot([value.low, value.high], [y, y], color=svg.ACCENT, linewidth=1.6, solid_capstyle="butt")
            face = svg.GROUND if row in hollow else svg.ACCENT
            axes.plot(value.value, y, "o", color=svg.ACCENT, markerfacecolor=face, markersize=5.5)
        axes.set(xlim=span, ylim=(-0.7, len(rows) - 0.3), xlabel=title)
        axes.set_yticks(at, [text for text, _ in rows])
        if percent:
            axes.xaxis.set_major_formatter(lambda value, _: numbers.decimal(100 * value, 0))
        axes.tick_params(axis="y", labelcolor=svg.TEXT)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=svg.LINE, linewidth=0.7)
        axes.set_axisbelow(True)

    return svg.draw(name, 560, 70 + _ROW * len(rows), paint, title)


def confusion(matrix: NDArray[np.float64], labels: Sequence[str], name: str, units: str = "photos") -> str:
    """The confusion matrix, shaded by the share of each row."""
    size = len(labels)
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)

    def paint(axes: Axes) -> None:
        from matplotlib.patches import Rectangle

        for row in range(size):
            for column in range(size):
                where = (column - 0.48, row - 0.48)
                shade = 0.45 * shares[row, column]
                axes.add_patch(Rectangle(where, 0.96, 0.96, color=svg.ACCENT, alpha=shade, linewidth=0))
                count = int(matrix[row, column])
                weight = "bold" if row == column else "normal"
                colour = svg.TEXT if count else svg.QUIET
                axes.text(
                    column, row, f"{count:,}", ha="center", va="center", color=colour, fontweight=weight
                )
        axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), xlabel="named", ylabel="truth")
        axes.set_xticks(range(size), list(labels), rotation=90 if max(map(len, labels)) > 6 else 0)
        axes.set_yticks(range(size), list(labels))
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)

    side = 120 + 46 * size
    return svg.draw(name, side, side, paint, f"Confusion matrix, {units} by truth and answer")
