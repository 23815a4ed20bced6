"""`cutis studies import`: take a study in on the server itself, without the bounds of a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Studies of the platform, on the server itself.", no_args_is_help=True)
    group.callback()(_root)
    group.command(name="import")(import_)
    app.add_typer(group, name="studies")


def _root() -> None:
    """Studies of the platform, on the server itself."""


def import_(
    source: Annotated[Path, typer.Argument(help="A manifest, a folder with one, or a zip of an export.")],
    study: Annotated[str, typer.Option(help="Identity of the study: the last part of its address.")],
    sign_in: Annotated[
        str, typer.Option("--as", help="Sign-in name of an investigator of the study, for the audit.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the platform; ./cutis-data by default.")
    ] = None,
) -> None:
    """Take a manifest with its images into a study, all of it or nothing, while the server does not run."""
    from cutis.cli.progress import progress
    from cutis.core.errors import CutisError, MissingExtraError

    try:
        from cutis.web.app import open_platform
        from cutis.web.errors import RefusedError
        from cutis.web.holding import hold
        from cutis.web.settings import read_settings
        from cutis.web.studies.importing import import_study, member_access
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "cutis":
            raise
        raise MissingExtraError("web", "cutis studies") from error
    settings = read_settings(data_folder=data)
    if not (settings.data_folder / "secret.key").is_file():
        raise CutisError(
            f"{settings.data_folder}: no data of the platform is here. Name its folder with --data."
        )
    with hold(settings.data_folder):
        held = open_platform(settings)
        try:
            access = member_access(held, study, sign_in)
            with progress("Reading images") as step:
                done = import_study(held, access, source, inside=False, progress=step)
        except RefusedError as error:
            raise CutisError(error.words) from error
        finally:
            held.database.close()
    there = f", {done.there} were there already" if done.there else ""
    print(
        f"{done.photos} photos, {done.participants} participants and {done.answers} questionnaires are in "
        f"the study now{there}. Start the server to see them."
    )
