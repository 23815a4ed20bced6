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
MEAN = "mean of readers"


def main_measures(study: Study) -> tuple[str, ...]:
    """What sources are judged by: found and left alone, the mean over classes, or the distance of grades."""
    if len(study.labels) == 2:
        return _BINARY
    return _GRADES if study.ordinal else _SEVERAL


def spoken(measure: str) -> str:
    """A measure within a sentence, such as ``balanced accuracy``."""
    known = {
        "auc": "AUC",
        "auc_macro": "mean AUC",
        "ppv": "positive predictive value",
        "npv": "negative predictive value",
        "expected_calibration_error": "calibration error",
        "mean_absolute_deviation": "mean distance in grades",
    }
    return known.get(measure, measure.replace("_", " "))


def sources(study: Study, assessments: Sequence[Assessment]) -> Table:
    """Every source on the photos that it answered."""
    names = main_measures(study)
    columns = [Column("source", "Source"), Column("kind", "Kind"), _count(study)]
    columns += [Column(name, *MEASURES[name]) for name in names]
    rows: list[list[Cell]] = []
    for a in assessments:
        first: list[Cell] = [a.name, a.source.kind, len(a.source.rows)]
        rows.append(first + [a.figures.get(name) for name in names])
    kept, cells = without_empty_columns(columns, rows)
    note = f"In brackets: 95% interval. {_meanings(study, names)}"
    return Table("sources", f"Every source on the {study.units} that it answered", kept, cells, note)


def classes(study: Study, main: Assessment, titles: dict[str, str]) -> Table:
    """Each class against the rest."""
    noun = class_noun(study.truth.target or "").capitalize()
    names = ("sensitivity", "specificity", "ppv", "npv", "auc")
    columns = [Column("class", noun), _count(study)]
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
    note = f"PPV, NPV: positive and negative predictive value, at the shares of these {study.units}."
    return Table("classes", f"{main.name} by {noun.lower()}, each against the rest", kept, cells, note)


def confusion(study: Study, main: Assessment, titles: dict[str, str]) -> Table:
    """How many by truth and answer."""
    columns = (
        Column("truth", "Truth"),
        *(Column(label, label, "count") for label in study.labels),
        _count(study),
    )
    rows: list[tuple[Cell, ...]] = []
    for k, label in enumerate(study.labels):
        counts = [int(number) for number in main.confusion[k]]
        rows.append((titles[label], *counts, sum(counts)))
    title = f"{study.units.capitalize()} by truth and by the answer of {main.name}"
    return Table("confusion", title, columns, tuple(rows))


def readers(study: Study, found: ReaderStudy, measure: str) -> Table:
    """Each reader, and all together, beside the model on the same photos, by one measure."""
    title, kind = MEASURES[measure]
    columns = (
        Column("reader", "Reader"),
        _count(study),
        Column("figure", "Reader, %" if kind == "share" else "Reader", kind),
        Column("model", f"{found.model}, %" if kind == "share" else found.model, kind),
        Column("lead", "Reader less model", "points" if kind == "share" else "signed"),
        Column("p", "p", "p"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.reader,
            one.photos,
            one.reader_figures[measure],
            one.model_figures[measure],
            one.differences[measure],
            one.corrected[measure],
        )
        for one in found.readings
    ]
    overall = found.of(measure)
    if overall.readers > 1:
        rows.append((MEAN, None, overall.mean, overall.model, overall.difference, overall.difference.p))
    whose = group_noun(study.truth.group)
    note = (
        f"On the {study.units} that both answered; intervals by drawing {whose} anew"
        f"{', differences in percentage points' if kind == 'share' else ''}. p of readers: corrected by Holm."
    )
    if overall.readers > 1:
        note += " Mean: for readers and cases like these (Obuchowski and Rockette, Hillis)."
    named = title.removesuffix(", %").lower()
    return Table(f"readers_{measure}", f"Readers beside {found.model}: {named}", columns, tuple(rows), note)


def curve(model: str, found: Sequence[AgainstReader]) -> Table:
    """The model's ROC curve at each reader's specificity."""
    columns = (
        Column("reader", "Reader"),
        Column("specificity", "Specificity"),
        Column("sensitivity", "Sensitivity"),
        Column("model", f"Sensitivity of {model} there"),
        Column("lead", "Model less reader", "points"),
        Column("p", "p", "p"),
        Column("place", "The curve passes"),
    )
    rows = tuple(
        (
            one.reader,
            f"{100 * one.reader_specificity:.1f}%",
            f"{100 * one.reader_sensitivity:.1f}%",
            f"{100 * one.model_sensitivity:.1f}%",
            one.sensitivity,
            one.p_corrected,
            one.place,
        )
        for one in found
    )
    note = (
        "The model is given the threshold at which it has the reader's specificity. Difference in "
        "percentage points, found anew in every draw; p corrected by Holm over the readers."
    )
    return Table("readers_curve", f"The ROC curve of {model} at each reader's point", columns, rows, note)


def models(study: Study, pairs: Sequence[Pair]) -> Table:
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
    return Table("models", f"Models against each other on the same {study.units}", columns, rows, note)


def subgroups(study: Study, main: Assessment, gaps: Sequence[Gap], measure: str) -> Table:
    """One figure of every subgroup, of the rest, and the gap between them."""
    title, kind = MEASURES[measure]
    nouns = class_noun(study.truth.target or "", 2)
    columns = [
        Column("column", "By"),
        Column("value", "Subgroup"),
        _count(study),
        Column("groups", group_noun(study.truth.group).capitalize(), "count"),
        Column("classes", nouns.capitalize(), "count"),
        Column("figure", "Here, %", kind),
        Column("rest", "Rest, %", kind),
        Column("gap", "Here less rest", "points"),
        Column("p", "p", "p"),
    ]
    known = {(gap.column, gap.value): gap for gap in gaps if gap.measure == measure}
    rows: list[list[Cell]] = []
    for table in main.subgroups:
        for part in table.rows:
            groups = None if study.pooled else part.groups  # each is a group of its own
            row: list[Cell] = [table.column.replace("_", " "), part.value, part.photos, groups]
            gap = known.get((table.column, part.value))
            balanced = measure == "balanced_accuracy"
            if gap is None:
                row += [None] * 5
            else:
                row += [gap.classes if balanced else None, gap.here, gap.rest, gap.difference, gap.corrected]
            rows.append(row)
    kept, cells = without_empty_columns(columns, rows)
    whose = group_noun(study.truth.group)
    note = (
        f"Fewer than {LEAST_GROUPS} {whose}, here or in the rest: no figures. Gaps in percentage points, "
        "both sides found anew in every draw; p corrected by Holm over all subgroups."
    )
    if measure == "balanced_accuracy":
        note += (
            f" Mean over the {nouns} with at least {LEAST_OF_CLASS} {whose} both here and in the rest; how "
            "many these are is told."
        )
    if measure in ("sensitivity", "specificity"):
        note += f" None where fewer than {LEAST_OF_CLASS} {whose} have that class, here or in the rest."
    named = title.removesuffix(", %").lower()
    return Table(f"subgroups_{measure}", f"{main.name} by subgroup: {named}", kept, cells, note, grouped=True)


def mistakes(study: Study, main: Assessment, found: Failures, titles: dict[str, str]) -> Table:
    """The most frequent ways to be wrong."""
    columns = [
        Column("truth", "Truth"),
        Column("named", "Named"),
        _count(study),
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


def _count(study: Study) -> Column:
    return Column(study.units, study.units.capitalize(), "count")


def _meanings(study: Study, names: Sequence[str]) -> str:
    said = {
        "ppv": f"PPV, NPV: positive and negative predictive value, at the shares of these {study.units}.",
        "auc": "AUC: area under the ROC curve.",
        "auc_macro": "AUC: area under the ROC curve, mean of each class against the rest.",
        "expected_calibration_error": "Calibration error: mean gap between how sure and how often right.",
    }
    return " ".join(said[name] for name in names if name in said)
