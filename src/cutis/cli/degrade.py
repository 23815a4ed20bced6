"""`cutis data degrade`: photos of known quality from good ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SHOWN = 50  # unreadable photos


def degrade(
    manifest: Annotated[Path, typer.Argument(help="Table of good photos, CSV or Parquet.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the photos and manifest.csv.")],
    copies: Annotated[int, typer.Option("--copies", help="Degraded photos per photo.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same photos.")] = 0,
    settings: Annotated[
        str,
        typer.Option("--settings", help="varied to train on, shifted (other means) to test on, usual: few."),
    ] = "usual",
    single: Annotated[bool, typer.Option("--single", help="At most one reason per photo.")] = False,
    half: Annotated[
        float, typer.Option("--half", help="Share of photos that are degraded in one half only.")
    ] = 0.0,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Processes; default: one per core.", min=1)
    ] = None,
) -> None:
    """Degrade photos by known amounts, and simulate four raters of their quality.

    Photos that cannot be read are listed at the end; the others are written all the same (exit status 1).
    """
    import os

    from cutis.cli.progress import progress, say
    from cutis.core.manifest import read_manifest
    from cutis.phantoms.degradations.dataset import Options, write_degraded

    options = Options(
        copies, seed, settings, single, half
    )  # what is wrong with them is said before work begins
    total = len(read_manifest(manifest)) * copies
    with progress("Degrading photos", total=total) as step:
        outcome = write_degraded(manifest, out, options, jobs=jobs or os.cpu_count() or 1, progress=step)
    if outcome.manifest is not None:
        print(f"{outcome.written} degraded photos (severities known, raters simulated): {outcome.manifest}")
    for error in outcome.unreadable[:SHOWN]:
        say(str(error))
    if len(outcome.unreadable) > SHOWN:
        say(f"... and {len(outcome.unreadable) - SHOWN} more.")
    if outcome.unreadable:
        say(f"{len(outcome.unreadable)} of {total // copies} photos could not be read.")
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the command to the group ``data``."""
    app.command("degrade")(degrade)
