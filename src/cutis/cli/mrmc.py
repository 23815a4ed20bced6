"""`cutis mrmc`: several readers, several cases, one or more treatments."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from rich.table import Table

    from cutis.evaluation.reader_report import ReaderReport
    from cutis.evaluation.reader_results import FigureResults
    from cutis.stats.mrmc import Interval, Method


class Covariance(StrEnum):
    """As `cutis.stats.mrmc.Method`, which is loaded only when it is needed."""

    delong = "delong"
    jackknife = "jackknife"
    bootstrap = "bootstrap"


class Intervals(StrEnum):
    """As `cutis.stats.mrmc.Interval`."""

    published = "published"
    bounded = "bounded"


class Designs(StrEnum):
    """As `cutis.stats.mrmc_design.Design`."""

    auto = "auto"
    crossed = "crossed"
    split_plot = "split-plot"
    cases_in_readers = "cases-nested-in-readers"
    cases_in_treatments = "cases-nested-in-treatments"
    readers_in_treatments = "readers-nested-in-treatments"
    partially_crossed = "partially-crossed"
    partly_read = "partly-read"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(mrmc)


def mrmc(
    ratings: Annotated[Path, typer.Argument(help="Table with a row per reader, treatment and case.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    reader: Annotated[str | None, typer.Option(help="Column of readers; default reader.")] = None,
    treatment: Annotated[
        str | None, typer.Option(help="Column of treatments; default treatment, and none is one.")
    ] = None,
    case: Annotated[str | None, typer.Option(help="Column of cases; default case.")] = None,
    truth: Annotated[str | None, typer.Option(help="Column of the truth, 0 or 1; default truth.")] = None,
    rating: Annotated[str | None, typer.Option(help="Column of ratings; default rating.")] = None,
    group: Annotated[
        str | None, typer.Option(help="Column of patients; default patient_id, else lesion_id, else none.")
    ] = None,
    positive: Annotated[
        str | None, typer.Option(help="The class that is looked for, where truth is words.")
    ] = None,
    design: Annotated[Designs, typer.Option(help="Refuse a study of another design.")] = Designs.auto,
    model: Annotated[
        str | None, typer.Option(help="Reader who is a model, compared with the others.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Rating from which a case is called positive; for decisions.")
    ] = None,
    method: Annotated[Covariance, typer.Option(help="How covariances are found.")] = Covariance.delong,
    interval: Annotated[
        Intervals, typer.Option(help="published; bounded is better for few readers.")
    ] = Intervals.published,
    margin: Annotated[
        float | None, typer.Option(help="Test non-inferiority: how much worse is still acceptable.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Treatment that others are compared with; default the first.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of intervals.", min=0.5, max=0.999)] = 0.95,
    replicates: Annotated[int, typer.Option(help="Bootstrap draws of patients.", min=100)] = 2000,
    seed: Annotated[int, typer.Option(help="Of the draws.", min=0)] = 0,
) -> None:
    """Analyse a study of several readers: report.html, mrmc.json, tables and figures.

    Obuchowski and Rockette's analysis with Hillis's degrees of freedom, for readers and cases, or for either.
    """
    from cutis.evaluation.reader_report import write_reader_report
    from cutis.evaluation.reader_results import Question
    from cutis.evaluation.reader_rows import Columns
    from cutis.evaluation.reader_study import steps
    from cutis.evaluation.reader_table import read_readings

    columns = Columns(reader, treatment, case, truth, rating, group)
    readings = read_readings(ratings, columns, design=str(design), model=model, positive=positive)
    question = Question(
        cast("Method", str(method)),
        cast("Interval", str(interval)),
        confidence,
        threshold,
        margin,
        reference,
        replicates,
        seed,
    )
    with progress("Analysing", total=steps(readings)) as step:
        report = write_reader_report(readings, out, question, done=step)
    _show(report)
    print(report.answer)
    print(report.second)
    for sentence in (*report.margins, *report.models):
        print(sentence)
    for limit in report.limits:
        say(f"Note: {limit}")
    print(f"Report: {report.page}, figures: {report.data}")


def _show(report: ReaderReport) -> None:
    """The main analysis of each figure, and the differences of the others."""
    from rich.console import Console

    from cutis.evaluation.reader_tables import MEANT, NAMES
    from cutis.evaluation.words import counted

    results = report.results
    asked, console = results.readings.asked, Console()
    sizes = ((len(asked.readers), "reader"), (len(asked.treatments), "treatment"), (len(asked.truth), "case"))
    print(f"{', '.join(counted(number, noun) for number, noun in sizes)}: {results.readings.design}")
    for one in results.figures:
        console.print(_table(one, f"{NAMES[one.figure]}, for {MEANT[one.main.random]}"))
    for model in results.models:
        title = f"AUC of {results.readings.model} beside the readers, for {MEANT[model.figure.main.random]}"
        console.print(_table(model.figure, title))


def _table(one: FigureResults, title: str) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from cutis.evaluation.reader_tables import MEANT, told_df
    from cutis.pages.numbers import decimal, decimal_range, signed_range, significant

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("mean", "value", "interval", "df", "p"):
        table.add_column(name, justify="left" if name == "mean" else "right", no_wrap=name != "mean")
    for area in one.main.areas:
        ends = decimal_range(area.low, area.high)
        table.add_row(escape(area.treatment), decimal(area.value), ends, significant(told_df(area.df)), "")
    for random, found in one.analyses.items():
        for pair in found.differences:
            name = f"{pair.first} minus {pair.second}" if random == one.main.random else f"  {MEANT[random]}"
            ends, p = signed_range(pair.low, pair.high), "<0.001" if pair.p < 0.001 else f"{pair.p:.3f}"
            cells = (decimal(pair.value, 3, "+"), ends, significant(told_df(pair.df)), p)
            table.add_row(escape(name), *cells)
    return table
