"""The ROC figure of two classes with readers' own curve, where readers say how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cutis.evaluation import svg
from cutis.evaluation.assessment import Assessment, Draws
from cutis.evaluation.evidence.readers import mean_point, point
from cutis.evaluation.figures import Figure
from cutis.evaluation.reader_sources import readings_of
from cutis.evaluation.study import Source, Study
from cutis.evaluation.words import counted
from cutis.stats.discrimination import Roc, ladder, roc_curve, roc_replicates
from cutis.stats.intervals import percentile
from cutis.stats.mrmc_curves import AverageCurve, average_curve
from cutis.stats.resampling import Weights, bootstrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RATES = np.linspace(0, 1, 61)
_DRAWS = 500  # a band is looked at, not read off to a digit
_DASHED = (0, (5, 2))


@dataclass(frozen=True, eq=False)
class ReadersCurve:
    """The average ROC curve of readers.

    Attributes:
        readers: who gave probabilities, and saw both classes.
        average: the mean of their sensitivities at each specificity, with its band.
    """

    readers: tuple[str, ...]
    average: AverageCurve


def readers_curve(study: Study, readers: Sequence[Source], draws: Draws) -> ReadersCurve | None:
    """Average the curves of those readers who gave probabilities.

    Args:
        study: of two classes; of others there is no one curve.
        readers: some of its sources.
        draws: how the band is drawn.

    Returns:
        None where no reader has a curve.
    """
    if len(study.labels) != 2:
        return None
    scored = tuple(one for one in readers if _has_curve(study, one))
    if not scored:
        return None
    asked = readings_of(replace(study, sources=scored)).asked
    average = average_curve(asked, 0, replicates=min(_DRAWS, draws.replicates), rng=draws.rng())
    return ReadersCurve(tuple(one.name for one in scored), average)


def _has_curve(study: Study, reader: Source) -> bool:
    shown = study.target[reader.rows] == study.positive
    return reader.probabilities is not None and bool(shown.any()) and not shown.all()


def roc_panel(
    study: Study, main: Assessment, readers: Sequence[Assessment], curve: ReadersCurve, draws: Draws
) -> Figure:
    """The main source's curve with its band, the readers' average with its own, and everybody's answers.

    Args:
        study: of two classes.
        main: with probabilities.
        readers: beside it.
        curve: of those among them who gave probabilities.
        draws: how the main source's band is drawn.
    """
    answers, k = main.answers, study.positive
    assert answers.probabilities is not None
    truth, score = answers.truth == k, answers.probabilities[:, k]
    steps = ladder(truth, score, answers.index, answers.count)

    def statistic(weights: Weights) -> NDArray[np.float64]:
        return roc_replicates(steps, weights, _RATES)

    band = percentile(bootstrap(statistic, answers.count, min(_DRAWS, draws.replicates), draws.rng()))
    said = [a.answers for a in readers]
    painting = _Painting(
        roc_curve(truth, score),
        band,
        curve.average,
        point(answers, k),
        [point(one, k) for one in said],
        mean_point(said, k),
    )
    title = f"ROC curve of {study.labels[k]}, with the average of {counted(len(curve.readers), 'reader')}"
    return Figure(study.labels[k], svg.draw(f"{main.anchor}-roc-readers", 340, 340, painting.paint, title))


@dataclass(frozen=True, eq=False)
class _Painting:
    curve: Roc
    band: NDArray[np.float64]
    average: AverageCurve
    own: tuple[float, float]
    readers: list[tuple[float, float]]
    mean: tuple[float, float]

    def paint(self, axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=svg.QUIET, alpha=0.5, linewidth=0.8, linestyle=(0, (2, 4)))
        rates, average = self.average.false_positive_rate, self.average
        axes.fill_between(rates, average.low, average.high, color=svg.QUIET, alpha=0.16, linewidth=0)
        axes.fill_between(_RATES, self.band[:, 0], self.band[:, 1], color=svg.ACCENT, alpha=0.2, linewidth=0)
        axes.plot(rates, average.sensitivity, color=svg.TEXT, linewidth=1.3, linestyle=_DASHED)
        axes.plot(self.curve.false_positive_rate, self.curve.sensitivity, color=svg.ACCENT, linewidth=1.7)
        for x, y in self.readers:
            axes.plot(x, y, "o", markersize=7, markerfacecolor="none", markeredgecolor=svg.TEXT, zorder=4)
        if len(self.readers) > 1:
            axes.plot(*self.mean, "D", markersize=7, color=svg.TEXT, zorder=4.5)
        axes.plot(*self.own, "o", markersize=7, color=svg.ACCENT, zorder=5)
        axes.set(xlim=(-0.015, 1.015), ylim=(-0.015, 1.015), aspect="equal")
        axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
        axes.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        axes.tick_params(pad=3)
        axes.set(xlabel="false alarms, %", ylabel="found, %")


def roc_note(
    study: Study, main: Assessment, readers: Sequence[Assessment], curve: ReadersCurve | None
) -> str:
    """How to read the figure, and how curves were averaged."""
    marks = "Dot: the answers as given" + ("; circles: readers" if readers else "")
    marks += "; diamond: their mean" if len(readers) > 1 else ""
    if curve is None:
        return f"Band: 95% interval. {marks}."
    if len(curve.readers) == 1:
        dashed = f"Dashed: the curve of {curve.readers[0]}, the only reader who gave probabilities"
    else:
        who = f"the {len(curve.readers)} readers who gave probabilities"
        dashed = (
            f"Dashed: the average curve of {who}, the mean of their sensitivities at each specificity; its "
            f"band is meant for readers and {study.units} like these"
        )
    return f"Line: {main.name}. {dashed}. Bands: 95% intervals, point by point. {marks}."
