"""All that is computed of a study of several readers, for the command, the page and other reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.evaluation.reader_results import (
    FigureResults,
    ModelResults,
    Question,
    ReaderPair,
    ReaderResults,
    ReaderRow,
)
from cutis.evaluation.reader_table import Readings
from cutis.stats.comparison import Difference
from cutis.stats.discrimination import roc_curve
from cutis.stats.intervals import Estimate
from cutis.stats.mrmc import (
    Analysis,
    Figure,
    Random,
    ReaderAreas,
    analyse,
    non_inferiority,
    reader_areas,
    with_model,
)
from cutis.stats.mrmc_curves import average_curve, reader_curves
from cutis.stats.mrmc_design import Study, under
from cutis.stats.mrmc_points import AgainstReader, model_against_readers, operating_points

Watch = Callable[[int], None]


def steps(readings: Readings) -> int:
    """How many steps `reader_results` takes, for a progress bar."""
    return 3 + len(readings.asked.treatments) + len(readings.scores)


def reader_results(
    readings: Readings, question: Question | None = None, done: Watch | None = None
) -> ReaderResults:
    """Analyse a study of several readers.

    Args:
        readings: from `reader_table.read_readings`, or made of a study by hand.
        question: what is asked.
        done: called with 1 after each of `steps`.

    Raises:
        CutisError: the reference is no treatment, the margin is not above 0, or a figure cannot be had.
    """
    question = question or Question()
    asked, step = readings.asked, done or (lambda number: None)
    if question.reference is not None and question.reference not in asked.treatments:
        raise CutisError(
            f"the reference '{question.reference}' is no treatment; there are {', '.join(asked.treatments)}."
        )
    threshold = question.threshold if question.threshold is not None else _binary(asked)
    names: tuple[Figure, ...] = get_args(Figure) if threshold is not None else ("auc",)
    figures = []
    for name in names:
        figures.append(_figure(asked, name, threshold, question))
        step(1)
    step(3 - len(figures))
    points = operating_points(asked, threshold, question.confidence) if threshold is not None else ()
    curves, averages = {}, {}
    for number, treatment in enumerate(asked.treatments):
        curves[treatment] = reader_curves(asked, number)
        averages[treatment] = average_curve(
            asked,
            number,
            replicates=min(question.replicates, 500),
            rng=_rng(question),
            confidence=question.confidence,
        )
        step(1)
    models = []
    for treatment, scores in readings.scores.items():
        models.append(_model(readings, treatment, scores, threshold, question))
        step(1)
    return ReaderResults(
        readings, question, threshold, tuple(figures), points, curves, averages, tuple(models)
    )


def _rng(question: Question) -> np.random.Generator:
    return np.random.default_rng(question.seed)


def _binary(asked: Study) -> float | None:
    """The larger rating where there are two at most."""
    given = np.unique(asked.ratings[asked.read])
    return float(given[-1]) if len(given) == 2 else None


def _figure(asked: Study, name: Figure, threshold: float | None, question: Question) -> FigureResults:
    areas = reader_areas(
        asked,
        question.method,
        figure=name,
        threshold=None if name == "auc" else threshold,
        replicates=question.replicates,
        rng=_rng(question),
    )
    analyses: dict[Random, Analysis] = {}
    refused: dict[Random, str] = {}
    for random in get_args(Random):
        try:
            analyses[random] = analyse(
                areas, random, confidence=question.confidence, interval=question.interval
            )
        except CutisError as error:
            refused[random] = str(error)
    if "cases" not in analyses:
        raise CutisError(refused["cases"])
    made = FigureResults(
        name, areas, _rows(asked, areas, question), _pairs(areas, question), analyses, refused, ()
    )
    return _with_margin(made, question)


def _with_margin(made: FigureResults, question: Question) -> FigureResults:
    names = made.areas.treatments
    if question.margin is None or len(names) < 2:
        return made
    reference = question.reference or names[0]
    tests = tuple(
        non_inferiority(made.main, question.margin, new=name, reference=reference)
        for name in names
        if name != reference
    )
    return replace(made, non_inferiority=tests)


def _rows(asked: Study, areas: ReaderAreas, question: Question) -> tuple[ReaderRow, ...]:
    from scipy.special import ndtri

    wide = float(ndtri(0.5 + question.confidence / 2))
    rows = []
    for r, t in np.argwhere(~np.isnan(areas.auc)):
        value = float(areas.auc[r, t])
        error = float(np.sqrt(max(areas.covariance[r, t, r, t], 0.0)))
        estimate = Estimate(value, max(0.0, value - wide * error), min(1.0, value + wide * error))
        read = asked.read[r, min(t, asked.read.shape[1] - 1)]
        rows.append(ReaderRow(areas.readers[r], areas.treatments[t], estimate, error, int(read.sum())))
    return tuple(rows)


def _pairs(areas: ReaderAreas, question: Question) -> tuple[ReaderPair, ...]:
    """The difference of one reader's figures is that of a study of this reader alone."""
    found = []
    there = ~np.isnan(areas.auc)
    for number, reader in enumerate(areas.readers):
        if there[number].sum() < 2:
            continue
        alone = areas.of(np.arange(len(areas.readers)) == number, there[number])
        for pair in analyse(alone, "cases", confidence=question.confidence).differences:
            told = Difference(pair.value, pair.low, pair.high, pair.p)
            found.append(ReaderPair(reader, pair.first, pair.second, told))
    return tuple(found)


def _model(
    readings: Readings,
    treatment: str,
    scores: NDArray[np.float64],
    threshold: float | None,
    question: Question,
) -> ModelResults:
    number = readings.asked.treatments.index(treatment)
    part, _, cases = under(readings.asked, number)
    own = scores[cases]
    both = with_model(part, own, name=_apart(readings.model, treatment))
    against: tuple[AgainstReader, ...] = ()
    if threshold is not None:
        against = model_against_readers(
            part,
            own,
            threshold,
            replicates=question.replicates,
            rng=_rng(question),
            confidence=question.confidence,
        )
    asked = replace(question, reference=treatment)
    return ModelResults(treatment, _figure(both, "auc", None, asked), roc_curve(part.truth, own), against)


def _apart(model: str, treatment: str) -> str:
    return model if model != treatment else f"{model} (model)"
