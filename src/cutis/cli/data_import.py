"""`cutis data import`: a public set, as its owners publish it, as a manifest."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.data.importers import get_importer, importer_names

if TYPE_CHECKING:
    from cutis.data.importers._importer import Imported, Importer

SHOWN = 20  # labels
_GROUPS = {"patient_id": "patients", "lesion_id": "lesions"}
_HELP = f"""Write the manifest of a public image set that was unpacked into FOLDER.

Nothing is downloaded, and images stay where they are. NAME is one of: {", ".join(importer_names())}.
"""


def register(data: typer.Typer) -> None:
    """Add the command to the group of `cutis data`."""
    data.command("import", help=_HELP)(import_)


def import_(
    name: Annotated[str, typer.Argument(help="The public set.")],
    folder: Annotated[
        Path,
        typer.Argument(help="Where its files were unpacked; for a MedMNIST set the .npz file or its folder."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The manifest to write, .csv or .parquet.")],
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out images that are listed but not there.")
    ] = False,
) -> None:
    """Write the manifest of a public image set."""
    from cutis.cli.progress import progress
    from cutis.data.importers._importer import import_set

    importer = get_importer(name)
    if importer.unpack is None:
        imported = import_set(importer, folder, out, skip_missing=skip_missing)
    else:
        with progress("Writing images") as step:
            imported = import_set(importer, folder, out, progress=step)
    _report(importer, imported)


def _report(importer: Importer, imported: Imported) -> None:
    """What was imported, what a user has to know about it, and where it is."""
    from rich.console import Console
    from rich.table import Table

    from cutis.data.importers._columns import lists

    console, rows, target = Console(), imported.table, importer.target
    counts = rows[target].drop_nulls().value_counts().sort(["count", target], descending=[True, False])
    print(importer.title)
    table = Table()
    table.add_column(target)
    table.add_column("images", justify="right")
    for label, count in counts.head(SHOWN).iter_rows():
        table.add_row(label, f"{count:,}")
    if counts.height > SHOWN:
        table.add_row(f"{counts.height - SHOWN} more", f"{counts[SHOWN:]['count'].sum():,}")
    if unknown := rows[target].null_count():
        table.add_row("not labelled", f"{unknown:,}")
    console.print(table)
    group = next((column for column in _GROUPS if column in rows.columns), None)
    of = f" of {rows[group].n_unique():,} {_GROUPS[group]}" if group else ""
    if imported.missing:
        print(f"Left out: {len(imported.missing):,} images that are not there ({lists(imported.missing)}).")
    if imported.copies:
        print(f"{imported.copies:,} images lie in several folders; the one nearest to FOLDER was taken.")
    print(f"Source: {importer.source}")
    print(f"Licence: {importer.licence}")
    if importer.caution:
        print(f"Note: {importer.caution}")
    print(f"{rows.height:,} images{of}. Check them with: cutis data check {quote(str(imported.path))}")
    print(f"Manifest: {imported.path}")
