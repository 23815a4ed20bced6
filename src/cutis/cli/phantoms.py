"""`cutis data phantoms`: rendered photos with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def phantoms(
    task: Annotated[str, typer.Argument(help="Name of the task, as `cutis tasks` lists it.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the photos and manifest.csv.")],
    n: Annotated[
        int | None, typer.Option("-n", "--number", help="Number of photos; with --wide, of patients.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same photos.")] = 0,
    size: Annotated[
        int | None,
        typer.Option("--size", help="(Shorter) side in pixels; default: the network's, at most 224."),
    ] = None,
    masks: Annotated[
        bool, typer.Option("--masks", help="Also write where the lesion, or each condition, is.")
    ] = False,
    conditions: Annotated[
        str | None,
        typer.Option(
            "--conditions",
            help="confocal, drug_reaction, facial: usual, or shifted beyond every usual range; "
            "facial: also stand, one phone in even light.",
        ),
    ] = None,
    mosaic: Annotated[
        int | None,
        typer.Option("--mosaic", help="confocal: also (or only) a mosaic of this side, and its grades."),
    ] = None,
    wide: Annotated[
        bool,
        typer.Option("--wide", help="drug_reaction: whole photos of -n patients, instead of single lesions."),
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Processes; default: one per core.", min=1)
    ] = None,
) -> None:
    """Render photos with known truth, as a manifest. For tests and demonstrations, not for care."""
    import os

    from cutis.cli.progress import progress
    from cutis.phantoms.dataset import default_size, write_mosaic, write_phantoms, write_wide
    from cutis.tasks import get_task

    chosen = get_task(task)
    if n is None and mosaic is None:
        raise typer.BadParameter("give the number of photos.", param_hint="-n")
    if size is not None and (wide or n is None):
        raise typer.BadParameter(
            "is of single photos; wide ones and mosaics have a size of their own.", param_hint="--size"
        )
    if mosaic is not None:
        with progress("Rendering rows", total=mosaic) as step:
            written = write_mosaic(chosen, out, mosaic, seed, conditions=conditions, progress=step)
        print(f"1 rendered mosaic (not of a person, not for care): {written}")
    if n is not None and wide:
        with progress("Rendering patients", total=n) as step:
            manifest = write_wide(chosen, out, n, seed, conditions=conditions, progress=step)
        print(
            f"Wide photos of {n} rendered patient{'s' * (n != 1)} (not of people, not for care): {manifest}"
        )
    elif n is not None:
        with progress("Rendering photos", total=n) as step:
            manifest = write_phantoms(
                chosen,
                out,
                n,
                seed,
                size=default_size(chosen, chosen.network.size) if size is None else size,
                masks=masks,
                conditions=conditions,
                jobs=jobs or os.cpu_count() or 1,
                progress=step,
            )
        print(f"{n} rendered photo{'s' * (n != 1)} (not of people, not for care): {manifest}")


def register(app: typer.Typer) -> None:
    """Add the command to the group ``data``."""
    app.command("phantoms")(phantoms)
