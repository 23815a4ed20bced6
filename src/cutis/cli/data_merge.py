"""`cutis data merge`: one manifest from several."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cutis.cli.progress import say


def register(app: typer.Typer) -> None:
    """Add the command to the `data` group."""
    app.command()(merge)


def merge(
    manifests: Annotated[list[Path], typer.Argument(help="Two or more manifests.")],
    out: Annotated[Path, typer.Option(help="The manifest to write, CSV or Parquet.")],
    target: Annotated[str, typer.Option(help="Target column, which all of them have.")],
    keep: Annotated[
        list[str] | None,
        typer.Option(help="Only rows where COLUMN=VALUE[,VALUE...], where the column exists."),
    ] = None,
) -> None:
    """Put manifests one below the other; a column `cohort` says which row came from which."""
    from cutis.data.merge import merge_manifests

    table = merge_manifests(manifests, out, target=target, keep=keep or (), echo=say)
    for cohort, count in table.group_by("cohort").len().sort("cohort").iter_rows():
        print(f"{cohort}: {count} images")
    print(f"Manifest: {out}")
