"""`cutis data raters`: how far raters agree, and one answer from all of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from cutis.cli.progress import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from cutis.data.panel import RatedPhotos
    from cutis.evaluation.raters import Agreement, Consensus, Method
    from cutis.stats.intervals import Estimate

_FIGURES = {
    "quadratic_kappa": "quadratic kappa",
    "cohen_kappa": "Cohen kappa",
    "exact_agreement": "exact agreement",
    "fleiss_kappa": "Fleiss kappa",
    "krippendorff_alpha_ordinal": "Krippendorff alpha",
    "krippendorff_alpha_nominal": "Krippendorff alpha",
    "gwet_ac1": "Gwet AC1",
    "gwet_ac2": "Gwet AC2",
    "icc_2_1": "ICC(2,1)",
    "icc_2_k": "ICC(2,k)",
}
_FIRST = ("quadratic_kappa", "cohen_kappa", "exact_agreement", "fleiss_kappa", "icc_2_1")  # of a section


class Choice(StrEnum):
    """As `cutis.evaluation.raters.Method`, which is loaded only when it is needed."""

    majority = "majority"
    dawid_skene = "dawid-skene"
    graded = "graded"


def register(app: typer.Typer) -> None:
    """Add the command to the group ``data``."""
    app.command()(raters)


def raters(
    manifest: Annotated[Path, typer.Argument(help="Table with a column rater_<name> per rater.")],
    out: Annotated[
        Path | None, typer.Option(help="Also write the manifest with the consensus, CSV or Parquet.")
    ] = None,
    by: Annotated[
        Choice | None,
        typer.Option("--consensus", help="How one answer is found; default majority. With --out."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Column of the consensus; default the task's, else consensus.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="Whose labels the ratings are; default: what was found.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Column of patients or lesions.")] = None,
    replicates: Annotated[int, typer.Option(help="Bootstrap draws of patients or lesions.", min=100)] = 2000,
    seed: Annotated[int, typer.Option(help="Of the draws.", min=0)] = 0,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the column where it is there.")] = False,
) -> None:
    """Tell how far the raters of a manifest agree, and write one answer from all of them.

    Raters may rate as many or as few photos as they like. Intervals redraw patients or lesions.
    """
    import numpy as np

    from cutis.core.manifest import need_manifest_name, read_manifest, rebased, write_manifest
    from cutis.data.panel import need_place, read_ratings, with_consensus
    from cutis.evaluation.raters import agreement, consensus
    from cutis.tasks import get_task

    if out is None and (by or target or replace):
        raise typer.BadParameter("--consensus, --target and --replace say how --out is written; give it too.")
    asked = get_task(task) if task is not None else None
    table = read_manifest(manifest, group=group, find_images=False)
    rated = read_ratings(table, asked.labels if asked else None, asked.known if asked else ())
    method = cast("Method", str(by or Choice.majority))
    column = target or (asked.target if asked else "consensus")
    if out is not None:  # what is wrong with the options is said before figures are drawn
        need_manifest_name(out)
        need_place(rated, column, models=method != "majority", over=replace)
        found = consensus(rated, method)
    _say_scale(rated, task)
    _show(rated, agreement(rated, replicates, np.random.default_rng(seed)))
    if out is not None:
        write_manifest(
            rebased(with_consensus(rated, column, found.answer, found.probability), out.parent), out
        )
        _say_consensus(rated, found, method)
        print(f"Consensus of the raters in column {column}: {out}")


def _say_scale(rated: RatedPhotos, task: str | None) -> None:
    """What was assumed."""
    names = ", ".join(rated.labels.names)
    if task is None and rated.graded:
        say(f"Grades found, lowest first: {names}. If the scale has others too, name its --task.")
    elif task is None:
        say(f"Classes found: {names}. They are taken to have no order; name a --task where they have.")
    if rated.idle:
        say(f"Left out, as they rated nothing: {', '.join(rated.idle)}.")
    if rated.manifest.group == "image_id":
        say("No patient_id or lesion_id: every photo counts as a patient of its own. Check that this is so.")


def _show(rated: RatedPhotos, lines: Sequence[Agreement]) -> None:
    """One table, 80 columns wide where names are short."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from cutis.evaluation.words import counted, counted_groups

    group, photos = rated.manifest.group, counted(len(rated.ratings), "photo")
    of = "" if group == "image_id" else f" of {counted_groups(len(set(rated.groups)), group)}"
    scale = counted(len(rated.labels), *(("grade", "grades") if rated.graded else ("class", "classes")))
    title = f"{photos}{of}, {counted(len(rated.raters), 'rater')}, {scale}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("figure", "raters", "photos", "value  95% interval"):
        table.add_column(name, justify="right" if name == "photos" else "left")
    _add_ratings(table, rated)
    last, everybody = "", f"all {len(rated.raters)}"
    for line in lines:
        if line.figure != last and line.figure in _FIRST:
            table.add_section()
        pair = escape(", ".join(line.raters))
        who = "mean of pairs" if line.mean else pair if len(line.raters) == 2 else everybody
        figure = _FIGURES[line.figure] if line.figure != last else ""
        table.add_row(figure, who, f"{line.photos:,}", _value(line.estimate, line.why, group))
        last = line.figure
    Console().print(table)
    if rated.graded:
        print("Kappa and AC2 with quadratic weights, alpha ordinal; Fleiss kappa counts every miss alike.")


def _add_ratings(table: Table, rated: RatedPhotos) -> None:
    import numpy as np
    from rich.markup import escape

    from cutis.evaluation.raters import RATERS_EACH

    counts = np.sum(~np.isnan(rated.ratings), axis=0)
    if len(counts) > RATERS_EACH:
        least, most = counts.min(), counts.max()
        table.add_row("ratings given", "each", f"{least:,}–{most:,}" if least < most else f"{least:,}", "")
        return
    for number, (name, count) in enumerate(zip(rated.raters, counts, strict=True)):
        table.add_row("" if number else "ratings given", escape(name), f"{count:,}", "")


def _value(estimate: Estimate, why: str, group: str) -> str:
    from math import isnan

    from cutis.evaluation.words import decimal_range, group_noun
    from cutis.pages.numbers import decimal

    if why:
        return f"not defined: {why}"
    value = f"{decimal(estimate.value):>6}"
    if isnan(estimate.low):
        return f"{value}  no interval: one {group_noun(group, 1)} only"
    return f"{value}  {decimal_range(estimate)}"


def _say_consensus(rated: RatedPhotos, found: Consensus, method: str) -> None:
    """What became of ties and of photos without ratings."""
    import numpy as np

    from cutis.evaluation.words import counted

    unrated = int(np.isnan(rated.ratings).all(axis=1).sum())
    if method == "majority":
        ties = "go to the lower grade" if rated.graded else "have no consensus"
        say(f"Ties {ties}: {counted(found.tied, 'photo')}.")
    if not found.settled:
        say(f"The consensus '{method}' did not settle; look at what it says before you use it.")
    if unrated:
        say(f"Nobody rated {counted(unrated, 'photo')}; the consensus is empty there.")
