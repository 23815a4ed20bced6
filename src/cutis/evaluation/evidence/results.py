"""The tables of results."""

from __future__ import annotations

from collections.abc import Sequence

from cutis.evaluation.assessment import Assessment
from cutis.evaluation.evidence.failures import Failures
from cutis.evaluation.evidence.readers import ReaderStudy
from cutis.evaluation.evidence.tables import Cell, Column, Kind, Table, without_empty_columns
from cutis.evaluation.gaps import LEAST_OF_CLASS, Gap
from cutis.evaluation.pairs import Pair
from cutis.evaluation.study import Study
from cutis.evaluation.subgroups import LEAST_GROUPS
from cutis.evaluation.words import class_noun, group_noun
from cutis.stats.mrmc_points import AgainstReader

MEASURES: dict[str, tuple[str, Kind]] = {
    "sensitivity": ("Sensitivity, %", "share"),
    "specificity": ("Specificity, %", "share"),
    "ppv": ("PPV, %", "share"),
    "npv": ("NPV, %", "share"),
    "balanced_accuracy": ("Balanced accuracy, %", "share"),
    "accuracy": ("Accuracy, %", "share"),
    "auc": ("AUC", "decimal"),
    "auc_macro": ("AUC, mean", "decimal"),
    "mean_absolute_deviation": ("Distance, grades", "decimal"),
    "quadratic_kappa": ("Quadratic kappa", "decimal"),
    "expected_calibration_error": ("Calibration error", "decimal"),
    "brier_score": ("Brier score", "decimal"),
}
_BINARY = ("sensitivity", "specificity", "ppv", "npv", "auc", "expected_calibration_error")
_SEVERAL = ("balanced_accuracy", "accuracy", "auc_macro", "expected_calibration_error")
_GRADES = ("accuracy", "balanced_accuracy", "mean_absolute_deviation", "quadratic_kappa")
_PERCENT = ("sensitivity", "specificity", "balanced_accuracy", "accuracy")


def main_measures(study: Study) -> tuple[str, ...]:
    """What sources are judged by: found and left alone, the mean over classes, or the distance of grades."""
    if len(study.labels) == 2:
        return _BINARY
    return _GRADES if study.ordinal else _SEVERAL


def spoken(measure: str) -> str:
    """A measure within a sentence, such as ``balanced accuracy``."""
    return measure.replace("_", " ").replace("auc", "AUC")


def sources(study: Study, assessments: Sequence[Assessment]) -> Table:
    """Every source on the photos that it answered."""
    names = main_measures(study)
    columns = [Column("source", "Source"), Column("kind", "Kind"), Column("photos", "Photos", "count")]
    columns += [Column(name, *MEASURES[name]) for name in names]
    rows: list[list[Cell]] = [
        [a.name, a.source.kind, len(a.source.rows), *(a.figures.get(name) for name in names)]
        for a in assessments
    ]
    kept, cells = without_empty_columns(columns, rows)
    note = f"In brackets: 95% interval. {_meanings(names)}"
    return Table("sources", "Every source on the photos that it answered", kept, cells, note)


def classes(study: Study, main: Assessment, titles: dict[str, str]) -> Table:
    """Each class against the rest."""
    noun = class_noun(study.truth.target or "").capitalize()
    names = ("sensitivity", "specificity", "ppv", "npv", "auc")
    columns = [Column("class", noun), Column("photos", "Photos", "count")]
    columns += [Column(name, *MEASURES[name]) for name in names]
    rows: list[list[Cell]] = [
        [
            titles[label],
            int(main.confusion[k].sum()),
            *(main.figures.get(f"{name}_{label}") for name in names),
        ]
        for k, label in enumerate(study.labels)
    ]
    kept, cells = without_empty_columns(columns, rows)
    note = "PPV, NPV: positive and negative predictive value, at the shares of these photos."
    return Table("classes", f"{main.name} by {noun.lower()}, each against the rest", kept, cells, note)


def confusion(study: Study, main: Assessment, titles: dict[str, str]) -> Table:
    """Photos by truth and answer."""
    columns = (
        Column("truth", "Truth"),
        *(Column(label, label, "count") for label in study.labels),
        Column("photos", "Photos", "count"),
    )
    rows = tuple(
        (titles[label], *(int(n) for n in main.confusion[k]), int(main.confusion[k].sum()))
        for k, label in enumerate(study.labels)
    )
    return Table("confusion", f"Photos by truth and by the answer of {main.name}", columns, rows)


def readers(study: Study, found: ReaderStudy, curve: Sequence[AgainstReader]) -> Table:
    """Each reader, and all together, beside the model on the same photos."""
    columns = [Column("reader", "Reader"), Column("photos", "Photos", "count")]
    for measure in found.measures:
        title, kind = MEASURES[measure]
        columns.append(Column(measure, title, kind))
        lead = (f"{measure}_lead", f"less {found.model}", _lead_kind(measure))
        columns += [Column(*lead), Column(f"{measure}_p", "p", "p")]
    if curve:
        columns.append(Column("curve_lead", "Model at the reader's specificity", "points"))
        columns.append(Column("curve_p", "p", "p"))
    beside = {one.reader: one for one in curve}
    rows: list[list[Cell]] = []
    for reading in found.readings:
        row: list[Cell] = [reading.reader, reading.photos]
        for measure in found.measures:
            row += [reading.reader_figures[measure], reading.differences[measure], reading.corrected[measure]]
        if curve:
            one = beside.get(reading.reader)
            row += [one.sensitivity if one else None, one.p_corrected if one else None]
        rows.append(row)
    together: list[Cell] = ["mean of readers", None]
    for measure in found.measures:
        overall = found.of(measure)
        together += [overall.mean, overall.difference, overall.difference.p]
    rows.append(together + ([None, None] if curve else []))
    whose = group_noun(study.truth.group)
    note = (
        f"Reader less model, in percentage points or as it is, on the photos that both answered; {whose} "
        "drawn anew. p of readers: corrected by Holm over the readers. Mean: for readers and cases like "
        "these (Obuchowski and Rockette, Hillis's degrees of freedom)."
    )
    if curve:
        note += " Model at the reader's specificity: sensitivity there, less the reader's."
    title = f"Readers beside {found.model}"
    return Table("readers", title, tuple(columns), tuple(map(tuple, rows)), note)


def models(pairs: Sequence[Pair]) -> Table:
    """Models tested against each other on the same photos."""
    columns = (
        Column("first", "First"),
        Column("second", "Second"),
        Column("measure", "Figure"),
        Column("difference", "First less second", "signed"),
        Column("p", "p", "p"),
        Column("method", "Test"),
    )
    rows = tuple(
        (pair.first, pair.second, spoken(test.measure), test.difference, test.corrected, test.method)
        for pair in pairs
        for test in pair.tests
        if test.measure in MEASURES
    )
    note = "p: corrected by Holm over all pairs, for each figure."
    return Table("models", "Models against each other on the same photos", columns, rows, note)


def subgroups(study: Study, main: Assessment, gaps: Sequence[Gap]) -> Table:
    """Figures of every subgroup and its gap to the rest."""
    measures = list(dict.fromkeys(gap.measure for gap in gaps))
    columns = [
        Column("column", "By"),
        Column("value", "Subgroup"),
        Column("photos", "Photos", "count"),
        Column("groups", group_noun(study.truth.group).capitalize(), "count"),
    ]
    for measure in measures:
        columns.append(Column(measure, *MEASURES[measure]))
        columns.append(Column(f"{measure}_gap", "less the rest", "points"))
        columns.append(Column(f"{measure}_p", "p", "p"))
    known = {(gap.column, gap.value, gap.measure): gap for gap in gaps}
    rows: list[list[Cell]] = []
    for table in main.subgroups:
        for part in table.rows:
            row: list[Cell] = [table.column.replace("_", " "), part.value, part.photos, part.groups]
            for measure in measures:
                gap = known.get((table.column, part.value, measure))
                told = None if gap is None else gap.difference
                row += [part.figures.get(measure), told, None if gap is None else gap.corrected]
            rows.append(row)
    kept, cells = without_empty_columns(columns, rows)
    whose = group_noun(study.truth.group)
    note = (
        f"Fewer than {LEAST_GROUPS} {whose}: no figures. Less the rest: in percentage points, on the same "
        "draws; p corrected by Holm over all subgroups, for each figure."
    )
    if "balanced_accuracy" in measures:
        nouns = class_noun(study.truth.target or "", 2)
        note += (
            f" Balanced accuracy is over the {nouns} of the subgroup; its gap over those with at least "
            f"{LEAST_OF_CLASS} {whose} in the subgroup and in the rest."
        )
    return Table("subgroups", f"{main.name} by subgroup", kept, cells, note, grouped=True)


def mistakes(study: Study, main: Assessment, found: Failures, titles: dict[str, str]) -> Table:
    """The most frequent ways to be wrong."""
    columns = [
        Column("truth", "Truth"),
        Column("named", "Named"),
        Column("photos", "Photos", "count"),
        Column("share", "Of the truth"),
        Column("sureness", "How sure, on average"),
    ]
    rows: list[list[Cell]] = [
        [
            titles[study.labels[one.truth]],
            titles[study.labels[one.named]],
            one.photos,
            f"{100 * one.share:.0f}%",
            None if one.sureness is None else f"{100 * one.sureness:.0f}%",
        ]
        for one in found.confusions
    ]
    kept, cells = without_empty_columns(columns, rows)
    return Table("mistakes", f"What {main.name} took for what, most often first", kept, cells)


def every_figure(assessments: Sequence[Assessment]) -> Table:
    """All figures of all sources, for programs and for appendices."""
    columns = (Column("source", "Source"), Column("figure", "Figure"), Column("value", "Value", "decimal"))
    rows = tuple((a.name, name.replace("_", " "), e) for a in assessments for name, e in a.figures.items())
    return Table("figures", "All figures of all sources", columns, rows, grouped=True)


def _lead_kind(measure: str) -> Kind:
    return "points" if measure in _PERCENT else "signed"


def _meanings(names: Sequence[str]) -> str:
    said = {
        "ppv": "PPV, NPV: positive and negative predictive value, at the shares of these photos.",
        "auc": "AUC: area under the ROC curve.",
        "auc_macro": "AUC: area under the ROC curve, mean of each class against the rest.",
        "expected_calibration_error": "Calibration error: mean gap between how sure and how often right.",
    }
    return " ".join(said[name] for name in names if name in said)
