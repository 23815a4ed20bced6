"""The tables of a study of several readers."""

from __future__ import annotations

from cutis.evaluation.evidence.tables import Cell, Column, Table
from cutis.evaluation.reader_results import FigureResults, ReaderResults
from cutis.stats.comparison import Difference
from cutis.stats.intervals import Estimate
from cutis.stats.mrmc import Analysis, Random

NAMES = {"auc": "AUC", "sensitivity": "Sensitivity", "specificity": "Specificity"}
MEANT: dict[Random, str] = {
    "both": "other readers, other cases",
    "cases": "these readers, other cases",
    "readers": "other readers, these cases",
}
_MANY = 1e6
_COMPONENTS = (
    ("ms_treatment", "Mean square of treatments"),
    ("ms_reader", "Mean square of readers"),
    ("ms_interaction", "Mean square of treatment by reader"),
    ("variance", "Error variance"),
    ("cov1", "Covariance, same reader, two treatments"),
    ("cov2", "Covariance, two readers, same treatment"),
    ("cov3", "Covariance, two readers, two treatments"),
    ("reader_variance", "Variance of readers"),
    ("interaction_variance", "Variance of treatment by reader"),
)


def tables(results: ReaderResults) -> tuple[Table, ...]:
    """Every table of the report, in its order; each is also a CSV and a LaTeX file."""
    found = []
    for one in results.figures:
        found.append(_by_reader(one))
        found.append(_means(one))
        if one.main.differences:
            found.append(_differences(one))
    found.append(_components(results.auc))
    if results.points:
        found.append(_points(results))
    for number, model in enumerate(results.models):
        suffix = f"_{number + 1}" if len(results.models) > 1 else ""
        title = f"{results.readings.model} beside the readers under {treatment_title(model.treatment)}"
        found.append(_differences(model.figure, f"model{suffix}", title))
        if model.against:
            found.append(_against(results, number, suffix))
    return tuple(found)


def treatment_title(name: str) -> str:
    """``treatment 1`` for a number, else the name itself."""
    return f"treatment {name}" if name.replace(".", "", 1).isdecimal() else name


def reader_title(name: str) -> str:
    """``reader 1`` for a number, else the name itself."""
    return f"reader {name}" if name.replace(".", "", 1).isdecimal() else name


def told_df(df: float) -> float:
    """Degrees of freedom as tables tell them: past a million nothing tells them from infinitely many."""
    return df if df < _MANY else float("inf")


def begin(sentence: str) -> str:
    """The same with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def _by_reader(one: FigureResults) -> Table:
    """One line per reader: the figure under each treatment, and the difference where there are two."""
    treatments = one.areas.treatments
    two = len(treatments) == 2 and bool(one.pairs)
    columns = [
        Column("reader", "Reader"),
        *(Column(f"under_{name}", begin(treatment_title(name)), "decimal") for name in treatments),
    ]
    if two:
        columns += [Column("difference", "Difference", "signed"), Column("p", "p", "p")]
    known = {(row.reader, row.treatment): row.estimate for row in one.readers}
    apart = {pair.reader: pair.difference for pair in one.pairs}
    rows = []
    for reader in one.areas.readers:
        cells: list[Cell] = [reader_title(reader), *(known.get((reader, name)) for name in treatments)]
        if two:
            difference = apart.get(reader)
            cells += [difference, difference.p if difference else None]
        rows.append(tuple(cells))
    return Table(
        f"{one.figure}_by_reader",
        f"{NAMES[one.figure]} of each reader",
        tuple(columns),
        tuple(rows),
        "95% intervals over cases, each reader as he or she is.".replace("95%", _confidence(one)),
    )


def _means(one: FigureResults) -> Table:
    columns = (
        Column("meant_for", "Meant for"),
        Column("treatment", "Treatment"),
        Column("readers", "Readers", "count"),
        Column("mean", f"Mean {_in_words(one)}", "decimal"),
        Column("standard_error", "Standard error", "number"),
        Column("df", "df", "number"),
    )
    rows = [
        (
            MEANT[random],
            treatment_title(area.treatment),
            area.readers,
            Estimate(area.value, area.low, area.high),
            area.standard_error,
            told_df(area.df),
        )
        for random, found in one.analyses.items()
        for area in found.areas
    ]
    note = "Each treatment from its own readings. A df of ∞ stands for the normal distribution."
    title = f"Readers' mean {_in_words(one)}"
    return Table(f"{one.figure}_means", title, columns, tuple(rows), note, grouped=True)


def _differences(one: FigureResults, key: str = "", title: str = "") -> Table:
    columns = (
        Column("meant_for", "Meant for"),
        Column("first", "First"),
        Column("second", "minus second"),
        Column("difference", "Difference", "signed"),
        Column("standard_error", "Standard error", "number"),
        Column("df", "df", "number"),
        Column("f", "F", "number"),
        Column("p", "p", "p"),
    )
    rows = [row for random, found in one.analyses.items() for row in _pairs(MEANT[random], found)]
    note = (
        "" if len(one.main.differences) == 1 else "F = t², of each pair; p is not corrected for their number."
    )
    return Table(
        key or f"{one.figure}_differences",
        title or f"Difference of the readers' mean {_in_words(one)}",
        columns,
        tuple(rows),
        note,
        grouped=True,
    )


def _pairs(meant: str, found: Analysis) -> list[tuple[Cell, ...]]:
    return [
        (
            meant,
            treatment_title(pair.first),
            treatment_title(pair.second),
            Difference(pair.value, pair.low, pair.high, pair.p),
            pair.standard_error,
            told_df(pair.df),
            pair.t**2,
            pair.p,
        )
        for pair in found.differences
    ]


def _components(one: FigureResults) -> Table:
    parts = one.main.components
    rows = tuple((title, value) for name, title in _COMPONENTS if (value := getattr(parts, name)) == value)
    note = "Estimates by moments; a variance may come out below zero, and then counts as none."
    columns = (Column("part", "Part"), Column("value", "Value", "number"))
    return Table("variance_components", f"What the {_in_words(one)} varies by", columns, rows, note)


def _points(results: ReaderResults) -> Table:
    columns = (
        Column("reader", "Reader"),
        Column("treatment", "Treatment"),
        Column("positives", "Positive", "count"),
        Column("sensitivity", "Sensitivity, %", "share"),
        Column("negatives", "Negative", "count"),
        Column("specificity", "Specificity, %", "share"),
    )
    rows = tuple(
        (
            reader_title(point.reader),
            treatment_title(point.treatment),
            point.positives,
            point.sensitivity,
            point.negatives,
            point.specificity,
        )
        for point in results.points
    )
    note = f"A case is called positive from a rating of {results.threshold:g}. Wilson's intervals."
    return Table("operating_points", "Operating point of each reader", columns, rows, note)


def _against(results: ReaderResults, number: int, suffix: str) -> Table:
    model = results.models[number]
    columns = (
        Column("reader", "Reader"),
        Column("reader_sensitivity", "Sensitivity", "number"),
        Column("reader_specificity", "Specificity", "number"),
        Column("model_sensitivity", "Model there", "number"),
        Column("sensitivity", "Model minus reader", "signed"),
        Column("p", "p, corrected", "p"),
        Column("place", "The model's curve passes"),
    )
    rows = tuple(
        (
            reader_title(row.reader),
            row.reader_sensitivity,
            row.reader_specificity,
            row.model_sensitivity,
            row.sensitivity,
            row.p_corrected,
            row.place,
        )
        for row in model.against
    )
    title = f"{results.readings.model} at each reader's specificity, {treatment_title(model.treatment)}"
    note = "Sensitivities at the same specificity, on the same cases; p corrected by Holm for the readers."
    return Table(f"model_against_readers{suffix}", title, columns, rows, note)


def _in_words(one: FigureResults) -> str:
    return NAMES[one.figure] if one.figure == "auc" else NAMES[one.figure].lower()


def _confidence(one: FigureResults) -> str:
    return f"{100 * one.main.confidence:g}%"
