"""Decision curves: is acting on the source's probability better than acting on all, or on none?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cutis.evaluation import svg
from cutis.evaluation.assessment import Assessment, Draws
from cutis.evaluation.figures import Figure
from cutis.evaluation.study import Study
from cutis.stats.decision import DecisionCurve, decision_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DRAWS = 500  # a band is looked at, not read off to a digit
_THRESHOLDS = np.linspace(0.01, 0.6, 60)  # beyond, a false alarm would weigh more than a miss


def benefit_panels(study: Study, main: Assessment, draws: Draws) -> list[Figure]:
    """One drawing per class that the source knows, with two classes one of the positive class.

    Args:
        study: the photos.
        main: a source; without probabilities there is nothing to draw.
        draws: how intervals are drawn.
    """
    answers = main.answers
    if answers.probabilities is None:
        return []
    unit = study.unit if answers.binary else ""
    shown = [study.positive] if answers.binary else range(len(study.labels))
    panels = []
    for k in shown:
        truth = answers.truth == k
        if not answers.scored[k] or truth.all() or not truth.any():
            continue
        found = decision_curve(
            truth,
            answers.probabilities[:, k],
            _THRESHOLDS,
            min(_DRAWS, draws.replicates),
            draws.rng(),
            groups=answers.index,
        )
        panels.append(_panel(found, study.labels[k], f"{main.anchor}-benefit-{k}", unit))
    return panels


def _panel(found: DecisionCurve, label: str, name: str, unit: str) -> Figure:
    """A large drawing names its axes, where there is a unit to name."""
    at, top = found.thresholds, found.prevalence

    def paint(axes: Axes) -> None:
        axes.axhline(0, color=svg.QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
        axes.plot(at, found.everybody.value, color=svg.QUIET, linewidth=1.2)
        axes.fill_between(at, found.model.low, found.model.high, color=svg.ACCENT, alpha=0.2, linewidth=0)
        axes.plot(at, found.model.value, color=svg.ACCENT, linewidth=1.7)
        axes.set(xlim=(0, at[-1]), ylim=(-0.35 * top, 1.08 * top))
        axes.set_xticks([0, 0.2, 0.4, 0.6], ["0", "20", "40", "60"])
        axes.set_yticks([0, top], ["0", f"{top:.2f}"])
        axes.tick_params(pad=3)
        if unit:
            axes.set(xlabel="acts from this probability on, %", ylabel=f"net benefit per {unit}")

    side = 340 if unit else 168
    title = f"Net benefit of acting on {label}, by the probability from which one acts"
    return Figure(label, svg.draw(name, side, 0.8 * side, paint, title))
