"""`cutis evaluate` and `cutis compare`: what sources are worth, and whether they differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from cutis.core.bundle_info import BundleInfo
    from cutis.evaluation.conditions_report import ConditionsReport
    from cutis.evaluation.report import Measured
    from cutis.stats.intervals import Estimate

_TRUTH = typer.Option(help="Manifest with the true classes.")
_OUT = typer.Option(help="Folder to write to.")
_TARGET = typer.Option(help="Column of the true classes; a task's own target is found by itself.")
_GROUP = typer.Option(
    help="Column that says which photos belong together; default patient_id, else lesion_id."
)
_SPLIT = typer.Option(help="train, tune, test or all; default test where the truth has a split.")
_BY = typer.Option(help="photo, patient or lesion: all photos of one become one answer (see --group).")
_POSITIVE = typer.Option(help="With two classes: the one that is looked for; default the second.")
_REPLICATES = typer.Option(help="Bootstrap draws of patients or lesions.", min=100)
_SEED = typer.Option(help="Of the draws.", min=0)

_SHOWN = (
    "balanced_accuracy",
    "accuracy",
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "auc_macro",
    "auc",
    "mean_absolute_deviation",
    "mean_absolute_deviation_normalised",
    "quadratic_kappa",
    "expected_calibration_error",
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(evaluate)
    app.command()(compare)


def evaluate(
    predictions: Annotated[list[Path], typer.Argument(help="Predictions files, or run folders.")],
    truth: Annotated[Path, _TRUTH],
    out: Annotated[Path, _OUT],
    target: Annotated[str | None, _TARGET] = None,
    group: Annotated[str | None, _GROUP] = None,
    split: Annotated[str | None, _SPLIT] = None,
    positive: Annotated[str | None, _POSITIVE] = None,
    bundle: Annotated[
        str | None, typer.Option(help="The tested bundle, a file or a shipped name, for its card.")
    ] = None,
    by: Annotated[str, _BY] = "photo",
    prevalence: Annotated[
        str | None,
        typer.Option(help="What the answers mean where so many are positive: 0.01,0.05 or 1%,5%."),
    ] = None,
    subgroup: Annotated[
        list[str] | None, typer.Option(help="Column to divide by; repeatable. Default: the usual ones.")
    ] = None,
    evidence: Annotated[
        bool,
        typer.Option(
            "--evidence", help="Also the report for reviewers: evidence.html and .pdf, tables, figures."
        ),
    ] = False,
    replicates: Annotated[int, _REPLICATES] = 2000,
    seed: Annotated[int, _SEED] = 0,
) -> None:
    """Measure models and readers against the truth: report.html and metrics.json."""
    from cutis.core.errors import CutisError
    from cutis.evaluation.assessment import Draws
    from cutis.evaluation.conditions import asked_at_once
    from cutis.evaluation.conditions_report import write_conditions_report
    from cutis.evaluation.reading import prevalences_from
    from cutis.evaluation.report import write_report

    patients, group = _grouped(by, group)
    prevalences = prevalences_from(prevalence)
    info = _bundle_info(bundle) if bundle is not None else None
    prefix = asked_at_once(predictions, target)
    if prefix is not None:
        if evidence or positive or prevalences or patients:
            raise CutisError(
                "these predictions grade several conditions, and --evidence, --positive, --prevalence "
                "and --by ask about one. Name its column with --target, such as grade_wrinkles."
            )
        conditions = write_conditions_report(
            predictions,
            truth,
            out,
            prefix=prefix,
            group=group,
            split=split,
            bundle=info,
            subgroup_columns=subgroup or (),
            draws=Draws(replicates, seed),
        )
        _conditions(conditions)
        return
    with progress("Measuring") as step:
        report = write_report(
            predictions,
            truth,
            out,
            target=target,
            group=group,
            split=split,
            positive=positive,
            bundle=info,
            patients=patients,
            prevalences=prevalences,
            subgroup_columns=subgroup or (),
            draws=Draws(replicates, seed),
            done=step,
            expect=step.expect,
        )
    results = report.results
    unit = report.measured.study.units
    pooled = results["pooled"]
    of = f"from {pooled['photos']:,} photos" if pooled else f"{results['groups']:,} by {results['group']}"
    _table(f"{results['n']:,} {unit}, {of}", report.figures)
    print(report.answer)
    for source, rows in results["at_prevalence"].items():
        _prevalences(f"{source}: expected in 1,000 {unit}", rows)
    for limit in report.limits:
        say(f"Note: {limit}")
    print(f"Report: {report.page}, figures: {report.metrics}")
    if evidence:
        _write_evidence(report.measured, predictions, out)


def _conditions(report: ConditionsReport) -> None:
    """What each source is worth on several conditions: means, and each condition's accuracy."""
    graded = report.graded
    names = ("auc", "accuracy", "balanced_accuracy", "mean_absolute_deviation", "quadratic_kappa")
    shown = {}
    for source in graded.sources:
        own = [name for name in names if name in source.figures]
        own += [f"{'auc' if graded.present else 'accuracy'}_{name}" for name in source.answers]
        shown[source.name] = {name: source.figures[name] for name in own if name in source.figures}
    _rows(f"{len(graded.truth):,} photos, {graded.count:,} by {graded.truth.group}", shown)
    print(report.answer)
    for limit in report.limits:
        say(f"Note: {limit}")
    print(f"Report: {report.page}, figures: {report.metrics}")


def _write_evidence(measured: Measured, predictions: Sequence[Path], out: Path) -> None:
    from cutis.evaluation.evidence.report import write_evidence

    say("Writing the evidence report")
    written = write_evidence(measured, out, predictions=predictions)
    for checklist in written.checklists:
        answered, part = checklist.count("answered"), checklist.count("in part")
        count = len(checklist.items)
        print(f"{checklist.title}: {answered} of {count} items answered, {part} in part, others open")
    if written.why_no_paper:
        say(f"Note: {written.why_no_paper}")
    pages = " and ".join(str(path) for path in (written.page, written.paper) if path is not None)
    print(f"Evidence: {pages}; tables: {out / 'tables'}, figures: {out / 'figures'}")


def compare(
    predictions: Annotated[
        list[Path], typer.Argument(metavar="RUN_OR_PREDICTIONS...", help="Run folders, or predictions files.")
    ],
    truth: Annotated[Path, _TRUTH],
    out: Annotated[Path, _OUT],
    target: Annotated[str | None, _TARGET] = None,
    group: Annotated[str | None, _GROUP] = None,
    split: Annotated[str | None, _SPLIT] = None,
    positive: Annotated[str | None, _POSITIVE] = None,
    by: Annotated[str, _BY] = "photo",
    replicates: Annotated[int, _REPLICATES] = 2000,
    seed: Annotated[int, _SEED] = 0,
) -> None:
    """Test whether sources differ on the same photos: compare.html and compare.json."""
    from cutis.evaluation.assessment import Draws
    from cutis.evaluation.compare import write_comparison

    patients, group = _grouped(by, group)
    with progress("Comparing") as step:
        found = write_comparison(
            predictions,
            truth,
            out,
            target=target,
            group=group,
            split=split,
            positive=positive,
            patients=patients,
            draws=Draws(replicates, seed),
            done=step,
            expect=step.expect,
        )
    _table(f"Each source on the {found.units} that it answered", found.figures)
    print(found.answer)
    print(f"Comparison: {found.page}, figures: {found.data}")


def _grouped(by: str, group: str | None) -> tuple[bool, str | None]:
    """Whether photos are pooled, and by which column; None for the one that a manifest has by itself."""
    if by not in ("photo", "patient", "lesion"):
        raise typer.BadParameter(f"'{by}' is none of photo, patient and lesion.", param_hint="--by")
    return by != "photo", group or ("lesion_id" if by == "lesion" else None)


def _bundle_info(name: str) -> BundleInfo:
    from cutis import zoo
    from cutis.core.bundle import Bundle

    return Bundle.open(zoo.path(name) if name in zoo.names() else Path(name)).info


def _prevalences(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """What the answers mean at each prevalence."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from cutis.evaluation.words import expected, share_percent

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("prevalence", "found", "missed", "false alarms", "left alone", "PPV", "NPV"):
        table.add_column(name, justify="right")
    for row in rows:
        counts = [expected(number) for number in row["per_1000"].values()]
        values = [
            "–" if row[name]["value"] is None else f"{row[name]['value']:.3f}" for name in ("ppv", "npv")
        ]
        table.add_row(f"{share_percent(row['prevalence'])}%", *counts, *values)
    Console().print(table)


def _table(title: str, figures: Mapping[str, Mapping[str, Estimate]]) -> None:
    """The main figures of each source; narrow enough for any terminal and any log."""
    main = {}
    for source, found in figures.items():
        shown = [name for name in _SHOWN if name in found]
        if found.get("sensitivity") == found["balanced_accuracy"]:  # with several classes they are the same
            shown = [name for name in shown if name not in ("sensitivity", "specificity", "ppv", "npv")]
        main[source] = {name: found[name] for name in shown}
    _rows(title, main)


def _rows(title: str, figures: Mapping[str, Mapping[str, Estimate]]) -> None:
    """Figures by source, one below the other."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from cutis.evaluation.words import decimal_range

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("source", "figure", "value", "95% interval"):
        table.add_column(name, justify="left" if name in ("source", "figure") else "right")
    for source, found in figures.items():
        for number, (name, estimate) in enumerate(found.items()):
            first = source if number == 0 else ""
            table.add_row(first, name.replace("_", " "), f"{estimate.value:.3f}", decimal_range(estimate))
    Console().print(table)
