"""Drawings of a study of several readers: ROC curves of each and of all, with points and the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cutis.evaluation import svg
from cutis.evaluation.evidence import drawings
from cutis.evaluation.reader_results import ReaderResults
from cutis.evaluation.reader_tables import begin, reader_title, treatment_title
from cutis.stats.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW = 22  # CSS pixels per reader


@dataclass(frozen=True)
class Drawing:
    """A drawing with its caption.

    Attributes:
        key: its file name without suffix, unique on the page.
        caption: what it shows.
        svg: inline SVG.
    """

    key: str
    caption: str
    svg: str

    def file(self) -> str:
        """The drawing as a file of its own."""
        return drawings.standalone(self.svg)


def roc_drawings(results: ReaderResults) -> tuple[Drawing, ...]:
    """One per treatment: every reader in grey, their average with its band, decisions, and the model."""
    found = []
    for number, treatment in enumerate(results.curves):
        key = f"roc_{number + 1}"
        title = f"ROC curves of the readers, {treatment_title(treatment)}"
        painting = _Roc(results, treatment)
        found.append(
            Drawing(key, _caption(results, treatment), svg.draw(key, 340, 340, painting.paint, title))
        )
    return tuple(found)


def forest_drawing(results: ReaderResults) -> Drawing:
    """Every reader's AUC under every treatment, and the means with the interval of the main analysis."""
    one = results.auc
    rows: list[tuple[str, Estimate]] = []
    for treatment in one.areas.treatments:
        beside = f", {treatment_title(treatment)}" if len(one.areas.treatments) > 1 else ""
        rows += [
            (f"{reader_title(row.reader)}{beside}", row.estimate)
            for row in one.readers
            if row.treatment == treatment
        ]
        area = next(area for area in one.main.areas if area.treatment == treatment)
        rows.append((f"mean{beside}", Estimate(area.value, area.low, area.high)))
    low = min(0.5, *(estimate.low for _, estimate in rows))

    def paint(axes: Axes) -> None:
        for y, (name, estimate) in enumerate(reversed(rows)):
            mean = name.startswith("mean")
            colour, width = (svg.ACCENT, 2.4) if mean else (svg.QUIET, 1.4)
            axes.plot([estimate.low, estimate.high], [y, y], color=colour, linewidth=width)
            axes.plot(estimate.value, y, "o", color=colour, markersize=6 if mean else 5)
        axes.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)])
        axes.set(xlim=(low - 0.01, 1.01), ylim=(-0.7, len(rows) - 0.3), xlabel="AUC")
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=svg.LINE, linewidth=0.7)
        axes.set_axisbelow(True)

    caption = "AUC: each reader over other cases, the means over what the answer is meant for."
    text = svg.draw("auc_by_reader", 560, 70 + _ROW * len(rows), paint, caption)
    return Drawing("auc_by_reader", caption, text)


@dataclass(frozen=True, eq=False)
class _Roc:
    results: ReaderResults
    treatment: str

    def paint(self, axes: Axes) -> None:
        average = self.results.averages[self.treatment]
        axes.plot([0, 1], [0, 1], color=svg.QUIET, alpha=0.5, linewidth=0.8, linestyle=(0, (2, 4)))
        for curve in self.results.curves[self.treatment].values():
            axes.plot(curve.false_positive_rate, curve.sensitivity, color=svg.QUIET, linewidth=0.8, alpha=0.5)
        x = average.false_positive_rate
        axes.fill_between(x, average.low, average.high, color=svg.ACCENT, alpha=0.18, linewidth=0)
        axes.plot(x, average.sensitivity, color=svg.ACCENT, linewidth=2.0)
        for model in self.results.models:
            if model.treatment == self.treatment:
                curve = model.curve
                axes.plot(
                    curve.false_positive_rate,
                    curve.sensitivity,
                    color=svg.TEXT,
                    linewidth=1.6,
                    linestyle=(0, (5, 2)),
                )
        for point in self.results.points:
            if point.treatment == self.treatment:
                axes.plot(
                    1 - point.specificity.value,
                    point.sensitivity.value,
                    "o",
                    markersize=6.5,
                    markerfacecolor=svg.GROUND,
                    markeredgecolor=svg.TEXT,
                    zorder=4,
                )
        axes.set(xlim=(-0.015, 1.015), ylim=(-0.015, 1.015), aspect="equal")
        axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
        axes.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        axes.tick_params(pad=3)
        axes.set(xlabel="false alarms, %", ylabel="found, %")


def _caption(results: ReaderResults, treatment: str) -> str:
    said = [
        f"{begin(treatment_title(treatment))}.",
        "Grey: each reader. Green: the mean of their sensitivities at each specificity, with its 95% band.",
    ]
    if any(point.treatment == treatment for point in results.points):
        said.append("Circles: each reader's decisions.")
    if any(model.treatment == treatment for model in results.models):
        said.append(f"Dashed: {results.readings.model}.")
    return " ".join(said)
