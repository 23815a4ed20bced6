"""`cutis enhance`: noise, colour and local contrast of photos, and what was done to each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from cutis.imaging.enhance import Enhanced

SHOWN = 50  # unreadable photos
TOLD = 3  # photos of which every step is said; for more there is the table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(enhance)


def enhance(
    inputs: Annotated[
        list[Path], typer.Argument(metavar="INPUT...", help="Images, folders of images, or manifests.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the enhanced photos and enhancement.csv.")],
    noise: Annotated[
        float, typer.Option(help="Noise reduction, 0 to 3; 1 is meant for the noise that is measured.")
    ] = 1.0,
    colour: Annotated[float, typer.Option(help="Colour correction, 0 to 1.")] = 1.0,
    contrast: Annotated[float, typer.Option(help="Local contrast, 0 to 1.")] = 0.3,
    card: Annotated[
        str, typer.Option(help="auto looks for a 24-patch colour card in each photo; off does not.")
    ] = "auto",
    card_pitch: Annotated[
        float | None,
        typer.Option(help="Millimetres from patch to patch; default 44, of the card of 279 x 216 mm."),
    ] = None,
    card_edition: Annotated[
        str, typer.Option(help="2014 for cards made since November 2014, 2005 for earlier ones.")
    ] = "2014",
    split: Annotated[str | None, typer.Option(help="Only this split of the manifest.")] = None,
) -> None:
    """Reduce noise, correct colours, limit local contrast; figures for every photo.

    A single manifest is written again beside the photos, so that the enhanced set stands for the other.
    Photos that cannot be read are listed at the end; the others are written all the same (exit status 1).
    """
    from cutis.core.errors import CutisError, OutputError
    from cutis.imaging.enhance import Enhancement
    from cutis.imaging.enhance.files import write_enhanced
    from cutis.runtime.inputs import TABLES, gather

    if card_edition not in ("2014", "2005"):
        raise CutisError(f"--card-edition is '{card_edition}', not 2014 or 2005.")
    told: dict[str, Any] = {} if card_pitch is None else {"pitch_mm": card_pitch}
    wanted = Enhancement(noise, colour, contrast, card, edition=card_edition, **told)  # type: ignore[arg-type]
    for source in inputs:
        if source.resolve() in {(out / name).resolve() for name in ("manifest.csv", "enhancement.csv")}:
            raise OutputError(
                f"{source}: would be replaced by the enhanced photos' table. Choose another --out."
            )
    photos = gather(inputs, split=split)
    for note in photos.notes:
        say(note)
    with progress("Enhancing", total=len(photos)) as step:
        done = write_enhanced(
            photos.ids,
            photos.paths,
            out,
            wanted,
            progress=step,
            tell=_tell if len(photos) <= TOLD else None,
        )
    for error in done.unreadable[:SHOWN]:
        say(str(error))
    if len(done.unreadable) > SHOWN:
        say(f"... and {len(done.unreadable) - SHOWN} more.")
    written = len(photos) - len(done.unreadable)
    if len(inputs) == 1 and inputs[0].suffix.lower() in TABLES and written:
        images = dict(zip(photos.ids, done.images, strict=True))
        print(f"The same rows with enhanced photos: {_manifest(inputs[0], images, out)}")
    used = f"; a colour card was used in {done.cards}" if done.cards else ""
    print(f"{written} of {len(photos)} photos enhanced{used}: {done.table}")
    if done.unreadable:
        raise typer.Exit(1)


def _tell(name: str, done: Enhanced) -> None:
    for sentence in done.words:
        print(f"{name}: {sentence}")


def _manifest(source: Path, images: dict[str, str | None], out: Path) -> Path:
    """The manifest's rows whose photos were written, with the new photos' paths."""
    import polars as pl

    from cutis.core.manifest import read_manifest, rebased, write_manifest

    table = rebased(read_manifest(source, find_images=False), out)  # masks stay where they are
    kept = table.filter(pl.col("image_id").is_in([name for name, place in images.items() if place]))
    named = kept.with_columns(
        pl.col("image_id").replace_strict(images, return_dtype=pl.String).alias("image")
    )
    path = out / "manifest.csv"
    write_manifest(named, path)
    return path
