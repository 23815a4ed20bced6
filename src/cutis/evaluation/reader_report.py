"""The report of a study of several readers: ``report.html``, ``mrmc.json``, tables and figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cutis.core.files import write_text
from cutis.evaluation import reader_sentences as sentences
from cutis.evaluation.evidence.tables import cells, to_csv, to_latex
from cutis.evaluation.page import render
from cutis.evaluation.reader_figures import Drawing, forest_drawing, roc_drawings
from cutis.evaluation.reader_plain import plain
from cutis.evaluation.reader_results import Question, ReaderResults
from cutis.evaluation.reader_study import Watch, reader_results
from cutis.evaluation.reader_table import Readings
from cutis.evaluation.reader_tables import begin, reader_title, tables, treatment_title

_METHODS = {
    "delong": "DeLong's, by patient",
    "jackknife": "jackknife, a patient at a time",
    "bootstrap": "bootstrap of patients",
}
_STEP = 0.1  # the axis of AUCs begins at a multiple of it


@dataclass(frozen=True, eq=False)
class ReaderReport:
    """What was written.

    Attributes:
        page: ``report.html``.
        data: ``mrmc.json``.
        results: what they say.
        answer: the result in one sentence.
        second: the difference with its test.
        margins: what the margin of non-inferiority came to.
        models: what is said of the model.
        limits: what the figures cannot bear.
    """

    page: Path
    data: Path
    results: ReaderResults
    answer: str
    second: str
    margins: tuple[str, ...]
    models: tuple[str, ...]
    limits: tuple[str, ...]


def write_reader_report(
    readings: Readings, out: Path | str, question: Question | None = None, *, done: Watch | None = None
) -> ReaderReport:
    """Analyse a study of several readers and write the report of it.

    Args:
        readings: from `reader_table.read_readings`.
        out: folder to write to: ``report.html``, ``mrmc.json``, and folders ``tables`` and ``figures``.
        question: what is asked.
        done: called with 1 after each of `reader_study.steps`.

    Raises:
        CutisError: see `reader_study.reader_results`.
        OutputError: the report could not be written.
    """
    results = reader_results(readings, question, done)
    found, folder = plain(results), Path(out)
    rocs = roc_drawings(results)
    told = ReaderReport(
        folder / "report.html",
        folder / "mrmc.json",
        results,
        sentences.answer(results),
        sentences.second(results),
        tuple(sentences.margins(results)),
        tuple(sentences.of_models(results)),
        tuple(sentences.limits(results)),
    )
    found |= {"answer": told.answer, "limits": list(told.limits)}
    page = _page(told, rocs)
    write_text(told.data, json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    for table in tables(results):
        write_text(folder / "tables" / f"{table.key}.csv", to_csv(table))
        write_text(folder / "tables" / f"{table.key}.tex", to_latex(table))
    for drawing in (*rocs, forest_drawing(results)):
        write_text(folder / "figures" / f"{drawing.key}.svg", drawing.file())
    write_text(told.page, page)
    return told


def _page(told: ReaderReport, rocs: tuple[Drawing, ...]) -> str:
    results = told.results
    readings, question = results.readings, results.question
    lows = [row.estimate.low for row in results.auc.readers] + [a.low for a in results.auc.main.areas]
    return render(
        "readers.html",
        results=results,
        answer=told.answer,
        second=told.second,
        margins=told.margins,
        limits=told.limits,
        design=sentences.design(results),
        of_models=told.models,
        tables=tables(results),
        cells=cells,
        rocs=rocs,
        rows=readings.given + readings.unanswered,
        positives=int(readings.asked.truth.sum()),
        method=_METHODS[question.method],
        confidence=f"{100 * question.confidence:g}%",
        low=max(0.0, float(np.floor(min(lows) / _STEP) * _STEP)),
        begin=begin,
        treatment_title=treatment_title,
        reader_title=reader_title,
    )
