"""The curves of a report: ROC per class, and reliability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cutis.evaluation import svg
from cutis.stats import calibration, discrimination
from cutis.stats.classification import Answers
from cutis.stats.intervals import percentile
from cutis.stats.resampling import Weights, bootstrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RATES = np.linspace(0, 1, 61)
_BAND_REPLICATES = 500  # a band is looked at, not read off to a digit
_LEAST_IN_BIN = 10  # cases; a bin with fewer is drawn hollow, its interval would fill the figure


@dataclass(frozen=True)
class Figure:
    """A drawing with the class that it is about.

    Attributes:
        label: the class, empty for a figure of all.
        svg: inline SVG.
    """

    label: str
    svg: str


def roc_panels(
    answers: Answers, readers: Sequence[Answers], name: str, rng: np.random.Generator
) -> list[Figure]:
    """One ROC curve per class with its 95% band, the other classes in grey behind it.

    A dot marks the answers that the source itself gave, circles those of readers, a diamond their mean. With
    two classes there is one larger curve, of the positive class.

    Args:
        answers: with probabilities.
        readers: answers of the readers, with or without probabilities.
        name: unique on the page.
        rng: source of the bootstrap draws.
    """
    assert answers.probabilities is not None
    shown = [k for k in range(len(answers.labels)) if _is_told(answers, k)]
    if answers.binary:
        shown = [k for k in shown if k == answers.positive]
    curves = {k: discrimination.roc_curve(answers.truth == k, answers.probabilities[:, k]) for k in shown}
    side = 340 if answers.binary else 168
    panels = []
    for k in shown:
        painting = _Roc(
            curves[k],
            _band(answers, k, rng),
            [curve for number, curve in curves.items() if number != k],
            _point(answers, k),
            [_point(reader, k) for reader in readers],
            large=answers.binary,
        )
        title = f"ROC curve of {answers.labels[k]} against the rest, with its 95% band"
        panels.append(
            Figure(answers.labels[k], svg.draw(f"{name}-roc-{k}", side, side, painting.paint, title))
        )
    return panels


@dataclass(frozen=True, eq=False)
class _Roc:
    curve: discrimination.Roc
    band: NDArray[np.float64]
    others: list[discrimination.Roc]
    own: tuple[float, float]
    readers: list[tuple[float, float]]
    large: bool

    def paint(self, axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=svg.QUIET, alpha=0.5, linewidth=0.8, linestyle=(0, (2, 4)))
        for other in self.others:
            axes.plot(
                other.false_positive_rate, other.sensitivity, color=svg.QUIET, linewidth=0.7, alpha=0.35
            )
        axes.fill_between(_RATES, self.band[:, 0], self.band[:, 1], color=svg.ACCENT, alpha=0.2, linewidth=0)
        axes.plot(self.curve.false_positive_rate, self.curve.sensitivity, color=svg.ACCENT, linewidth=1.7)
        size = 7 if self.large else 4.5
        for x, y in self.readers:
            axes.plot(x, y, "o", markersize=size, markerfacecolor="none", markeredgecolor=svg.TEXT, zorder=4)
        if len(self.readers) > 1:
            axes.plot(*np.nanmean(self.readers, axis=0), "D", markersize=size, color=svg.TEXT, zorder=4.5)
        axes.plot(*self.own, "o", markersize=size, color=svg.ACCENT, zorder=5)
        axes.set(xlim=(-0.015, 1.015), ylim=(-0.015, 1.015), aspect="equal")
        axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
        axes.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        axes.tick_params(pad=3)
        if self.large:
            axes.set(xlabel="false alarms, %", ylabel="found, %")


def _point(answers: Answers, k: int) -> tuple[float, float]:
    """False positive rate and sensitivity of the answers themselves."""
    called, is_k = answers.prediction == k, answers.truth == k
    if not is_k.any() or is_k.all():
        return np.nan, np.nan
    return float(called[~is_k].mean()), float(called[is_k].mean())


def _is_told(answers: Answers, k: int) -> bool:
    return bool(answers.scored[k] and 0 < np.sum(answers.truth == k) < len(answers.truth))


def _band(answers: Answers, k: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(points, 2) of the sensitivity at each false positive rate."""
    assert answers.probabilities is not None
    ladder = discrimination.ladder(
        answers.truth == k, answers.probabilities[:, k], answers.index, answers.count
    )

    def statistic(weights: Weights) -> NDArray[np.float64]:
        return discrimination.roc_replicates(ladder, weights, _RATES)

    return percentile(bootstrap(statistic, answers.count, _BAND_REPLICATES, rng))


def reliability_figure(answers: Answers, name: str, rng: np.random.Generator) -> Figure:
    """What a source says of its own certainty against how often it is right, with 95% intervals.

    Args:
        answers: with probabilities.
        name: unique on the page.
        rng: source of the bootstrap draws.
    """
    assert answers.probabilities is not None
    confidence = answers.probabilities.max(axis=1)
    right = answers.probabilities.argmax(axis=1) == answers.truth
    binned = calibration.confidence_bins(confidence, right, answers.index, answers.count, bins=10)
    ones = np.ones((answers.count, 1), np.float32)
    stated, found = (values[:, 0] for values in calibration.reliability(binned, ones))
    draws = bootstrap(lambda w: calibration.reliability(binned, w)[1], answers.count, _BAND_REPLICATES, rng)
    cases = np.asarray(binned.cases.sum(axis=1)).ravel()

    def paint(axes: Axes) -> None:
        _paint_reliability(axes, stated, found, percentile(draws), cases)

    title = "Reliability: how sure the source was, against the share that was right"
    return Figure("", svg.draw(f"{name}-reliability", 340, 340, paint, title))


def _paint_reliability(
    axes: Axes,
    stated: NDArray[np.float64],
    found: NDArray[np.float64],
    ends: NDArray[np.float64],
    cases: NDArray[np.float64],
) -> None:
    axes.plot([0, 1], [0, 1], color=svg.QUIET, alpha=0.5, linewidth=0.9, linestyle=(0, (2, 4)))
    axes.text(
        0.015, 0.05, "as sure as right", color=svg.QUIET, fontsize=10, rotation=45, rotation_mode="anchor"
    )
    edges = np.linspace(0, 1, len(cases) + 1)
    heights = 0.16 * cases / cases.max()
    axes.bar(edges[:-1], heights, width=np.diff(edges) * 0.92, align="edge", color=svg.LINE)
    enough = cases >= _LEAST_IN_BIN
    axes.vlines(stated[enough], ends[enough, 0], ends[enough, 1], color=svg.ACCENT, linewidth=1.6)
    axes.plot(stated[enough], found[enough], "o-", color=svg.ACCENT, markersize=5.5, linewidth=0.9)
    few = ~enough & (cases > 0)
    axes.plot(
        stated[few], found[few], "o", markersize=5, markerfacecolor=svg.GROUND, markeredgecolor=svg.ACCENT
    )
    axes.set(
        xlim=(-0.01, 1.01),
        ylim=(-0.01, 1.03),
        xlabel="how sure it was, %",
        ylabel="how often it was right, %",
    )
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, ["0", "25", "50", "75", "100"])
    axes.set_yticks(ticks, ["0", "25", "50", "75", "100"])
