"""`cutis backup` and `cutis restore`: all that the platform keeps, in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


Data = Annotated[Path | None, typer.Option(help="Folder of the platform; ./cutis-data by default.")]


def backup(
    out: Annotated[Path, typer.Option(help="File to write, such as cutis-2026-01-31.tar.")], data: Data = None
) -> None:
    """Copy everything into one file. The server may run meanwhile; the file is whole or not there."""
    from cutis.core.errors import CutisError, MissingExtraError

    try:
        from cutis.web.backup import back_up
        from cutis.web.settings import read_settings
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "cutis":
            raise
        raise MissingExtraError("web", "cutis backup") from error
    if out.is_dir():
        raise CutisError(f"{out}: is a folder. Name a file in it with --out.")
    copied = back_up(
        read_settings(data_folder=data), out, said=lambda words: print(f"{words} ...", flush=True)
    )
    print("It holds passwords' hashes, the secret and every photo: keep it as safe as the server.")
    print(f"Last line of its audit: {copied.head}")
    print(f"{out}: {copied.photos} photos, {copied.rows} rows, {copied.size / 1e6:.1f} MB")


def restore(
    file: Annotated[Path, typer.Argument(help="File that cutis backup wrote.")], data: Data = None
) -> None:
    """Bring an installation back into an empty folder, and check that all of it is there."""
    from cutis.core.errors import CutisError, MissingExtraError

    try:
        from cutis.web.restoring import restore as bring_back
        from cutis.web.settings import read_settings
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "cutis":
            raise
        raise MissingExtraError("web", "cutis restore") from error
    if not file.is_file():
        raise CutisError(f"{file}: there is no such file. Name one that cutis backup wrote.")
    settings = read_settings(data_folder=data)
    copied = bring_back(settings, file, said=lambda words: print(f"{words} ...", flush=True))
    print(f"The audit is whole; its last line: {copied.head}")
    print(f"{settings.data_folder}: {copied.photos} photos, {copied.rows} rows")
