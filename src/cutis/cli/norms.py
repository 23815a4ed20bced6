"""`cutis norms`: tables of measures in, percentiles by age, sex and skin type out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from cutis.runtime.facial.norms import Norms


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="norms")(norms)


def norms(
    measures: Annotated[
        list[Path],
        typer.Argument(metavar="MEASURES...", help="Tables as cutis face writes them: measures.csv."),
    ],
    out: Annotated[Path, typer.Option(help="The norms, such as norms.json.")],
    least: Annotated[
        int, typer.Option(help="People of about one age, below which nothing is said.", min=20)
    ] = 40,
    replicates: Annotated[int, typer.Option(help="Draws of people for the intervals.", min=100)] = 500,
    seed: Annotated[int, typer.Option(help="Of the draws.", min=0)] = 0,
) -> None:
    """Build norms of your own study, for cutis face --norms.

    Percentiles of every measure in every area by age, for all people, each sex and each pair of skin types,
    with intervals by participant; kinds of people that are too few are refused and named. Photos of one
    participant that were taken again at one visit give the smallest detectable change.
    """
    import numpy as np

    from cutis.runtime.facial.norms import build_norms, steps
    from cutis.runtime.facial.norms_files import write_norms
    from cutis.runtime.facial.tables import read_measures

    table = read_measures(measures)
    names = ", ".join(path.name for path in measures)
    with progress("Building norms", total=steps(table)) as step:
        found = build_norms(
            table,
            np.random.default_rng(seed),
            source=names,
            least=least,
            replicates=replicates,
            progress=step,
        )
    write_norms(found, out)
    _tell(found)
    print(f"Norms: {out}")


def _tell(found: Norms) -> None:
    strata: dict[str, list[int]] = {}
    for table in found.tables:
        strata.setdefault(table.stratum.words, []).append(table.curves.people)
    for words, people in strata.items():
        span = f"{max(people)}" if min(people) == max(people) else f"{min(people)} to {max(people)}"
        ages = [one.curves.ages for one in found.tables if one.stratum.words == words]
        low, high = min(one[0] for one in ages), max(one[-1] for one in ages)
        print(f"{words}: {span} people, ages {low:.0f} to {high:.0f}, {len(people)} measures of areas")
    refused = {(one.stratum.words, one.words) for one in found.refused if one.stratum.words not in strata}
    for words, why in sorted(refused):
        say(f"Nothing of {words}: {why}")
    if found.repeats:
        areas = next(iter(found.repeats.values())).subjects
        print(f"Smallest detectable change of {len(found.repeats)} measures, from {areas} repeated areas")
    else:
        say("No smallest detectable change: no participant was photographed twice at one visit.")
