"""`cutis audit verify`: is the record of who did what whole?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The record of who did what to what.", no_args_is_help=True)
    group.callback()(_root)
    group.command()(verify)
    app.add_typer(group, name="audit")


def _root() -> None:
    """The record of who did what to what."""


def verify(
    data: Annotated[
        Path | None, typer.Option(help="Folder of the platform; ./cutis-data by default.")
    ] = None,
    head: Annotated[str, typer.Option(help="NUMBER:SEAL that was noted earlier, to be found again.")] = "",
) -> None:
    """Check every line: none was changed, removed or put in another place. The server may run meanwhile."""
    from cutis.core.errors import CutisError, MissingExtraError

    try:
        from cutis.web.audit.chain import Audit
        from cutis.web.database import Database
        from cutis.web.secret import read_secret
        from cutis.web.settings import read_settings
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "cutis":
            raise
        raise MissingExtraError("web", "cutis audit") from error
    settings = read_settings(data_folder=data)
    if not (settings.data_folder / "secret.key").is_file():
        raise CutisError(
            f"{settings.data_folder}: no data of the platform is here. Name its folder with --data."
        )
    database = Database(settings.database)
    with database.reading() as session:
        found = Audit(read_secret(settings.data_folder)).verify(session, head)
    database.close()
    if found.problems:
        shown = [*found.problems[:50]]
        hidden = len(found.problems) - len(shown)
        raise CutisError("\n".join([*shown, *([f"... and {hidden} more."] if hidden else [])]))
    print(f"{found.lines} lines, all as they were written. The last: {found.head}")
