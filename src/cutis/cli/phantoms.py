"""`cutis data phantoms`: rendered photos with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def phantoms(
    task: Annotated[str, typer.Argument(help="Name of the task, as `cutis tasks` lists it.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the photos and manifest.csv.")],
    n: Annotated[int, typer.Option("-n", "--number", help="Number of photos.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same photos.")] = 0,
    size: Annotated[int, typer.Option("--size", help="Side of a photo in pixels.")] = 224,
    masks: Annotated[bool, typer.Option("--masks", help="Also write where the lesion is.")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", help="Processes; default: one per core.")] = None,
) -> None:
    """Render photos with known truth, as a manifest. For tests and demonstrations, not for care."""
    import os

    from cutis.cli.progress import progress
    from cutis.phantoms.dataset import write_phantoms
    from cutis.tasks import get_task

    chosen = get_task(task)
    with progress("Rendering photos", total=n) as step:
        manifest = write_phantoms(
            chosen, out, n, seed, size=size, masks=masks, jobs=jobs or os.cpu_count() or 1, progress=step
        )
    print(f"{n} rendered photos (not of people, not for care): {manifest}")


def register(app: typer.Typer) -> None:
    """Add the command to the group ``data``."""
    app.command("phantoms")(phantoms)
