"""The numbered pictures of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutis.evaluation.assessment import Assessment
from cutis.evaluation.evidence import drawings, participants, results
from cutis.evaluation.evidence.failures import Failures
from cutis.evaluation.evidence.flow import draw_flow
from cutis.evaluation.evidence.readers import ReaderStudy
from cutis.evaluation.figures import Figure
from cutis.evaluation.gaps import Gap, measures_of
from cutis.evaluation.study import Study

SHOWN = 2  # measures of readers that the page shows; all are in files


@dataclass(frozen=True)
class Picture:
    """A numbered figure.

    Attributes:
        key: its file name without suffix.
        number: on the page.
        title: what it shows.
        note: how to read it.
        drawings: inline SVG by the name of its part; one part is named by the key itself.
        drawn: whether the page shows the drawing; where it does not, it shows the same as text and bars.
    """

    key: str
    number: int
    title: str
    note: str
    drawings: dict[str, str]
    drawn: bool = True


_Made = tuple[str, str, str, dict[str, str], bool]  # a picture without its number


def numbered(
    study: Study,
    assessments: Sequence[Assessment],
    readers: Sequence[Assessment],
    against: ReaderStudy | None,
    found: Sequence[Gap],
    wrong: Failures,
    benefit: Sequence[Figure],
    roc: tuple[Sequence[Figure], str],
    titles: dict[str, str],
) -> dict[str, Picture]:
    """Every picture in the order of the page.

    Args:
        study: what was evaluated.
        assessments: of all sources, the main one first.
        readers: beside it.
        against: these against the model.
        found: gaps of the main source's subgroups.
        wrong: its wrong answers.
        benefit: its decision curves.
        roc: its ROC curves, and how to read them.
        titles: of the classes.
    """
    main = assessments[0]
    made: list[_Made] = []
    steps = participants.flow(study, main.source, tuple(a.source for a in readers), titles)
    made.append(("flow", f"Flow of {study.units}", "", {"flow": draw_flow(steps)}, True))
    if roc[0]:
        panels = {f"roc_{_file(panel.label)}": panel.svg for panel in roc[0]}
        title = f"ROC curve{'s' if len(panels) > 1 else ''} of {main.name}"
        made.append(("roc", title, roc[1], panels, True))
    if main.reliability is not None:
        note = (
            "Dots on the dashed line: as often right as it said. Bars: 95% interval; hollow dots: fewer than "
            f"10 {study.units}. At the foot: how many {study.units}, by how sure it was."
        )
        drawn = {"reliability": main.reliability.svg}
        made.append(("reliability", f"How sure {main.name} is, and how often it is right", note, drawn, True))
    if benefit:
        note = (
            f"Net benefit per {study.unit} of acting from a probability on: those found, less false alarms "
            "by their weight. Line and band: the model, 95% interval; grey: acting on all; dotted: on none."
        )
        panels = {f"benefit_{_file(panel.label)}": panel.svg for panel in benefit}
        made.append(("benefit", f"Decision curves of {main.name}", note, panels, True))
    if against is not None:
        made += _reader_pictures(against)
    made += _gap_pictures(study, main, found)
    if wrong.abstention is not None:
        note = "Line and 95% band: the share of right answers if only the surest are given."
        drawn = {"abstention": drawings.abstention(wrong.abstention, main.anchor, study.units)}
        made.append(("abstention", "Right answers, by how many are given", note, drawn, True))
    svg = drawings.confusion(main.confusion, study.labels, f"{main.anchor}-matrix", study.units)
    made.append(("confusion", "Confusion matrix", "", {"confusion": svg}, False))
    return {one[0]: Picture(one[0], number + 1, *one[1:]) for number, one in enumerate(made)}


def _reader_pictures(against: ReaderStudy) -> list[_Made]:
    drawn = {}
    for measure in against.measures[:SHOWN]:
        overall = against.of(measure)
        rows = [(against.model, overall.model), (results.MEAN, overall.mean)]
        order = sorted(against.readings, key=lambda one: -one.reader_figures[measure].value)
        rows += [(one.reader, one.reader_figures[measure]) for one in order]
        low = min(estimate.low for _, estimate in rows)
        span = (axis_start(low), 1.0)
        drawn[f"readers_{measure}"] = drawings.forest(
            rows,
            f"readers-{measure}",
            f"{results.spoken(measure)}, %",
            span=span,
            line=overall.model.value,
            hollow=range(2, len(rows)),
            percent=True,
        )
    note = f"Dashed line: {against.model}. Readers from the highest figure to the lowest."
    return [("readers", f"Readers beside {against.model}", note, drawn, False)]


def _gap_pictures(study: Study, main: Assessment, found: Sequence[Gap]) -> list[_Made]:
    if not found:
        return []
    drawn = {}
    for measure in measures_of(study):
        told = [gap for gap in found if gap.measure == measure]
        if told:
            rows = [(f"{g.column.replace('_', ' ')}: {g.value}", g.difference) for g in told]
            reach = max(max(abs(gap.difference.low), abs(gap.difference.high)) for gap in told) or 0.1
            drawn[f"subgroups_{measure}"] = drawings.forest(
                rows,
                f"gaps-{measure}",
                f"{results.spoken(measure)}, subgroup less the rest, percentage points",
                span=(-reach, reach),
                line=0.0,
                hollow=[row for row, gap in enumerate(told) if not gap.sure],
                percent=True,
            )
    note = "Left of the line: lower than in the rest. Filled dots: surely different after correction."
    return [("subgroups", f"{main.name}: each subgroup against the rest", note, drawn, False)]


def axis_start(low: float) -> float:
    """Where an axis of shares begins: the tenth below all that it shows."""
    return max(0.0, float(np.floor(10 * low)) / 10)


def _file(label: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in label)
