"""`cutis map`: whole images in, maps of grades out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from cutis.runtime.dense import DenseSession
    from cutis.runtime.map_facts import MapFacts


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="map")(draw)


def draw(
    bundle: Annotated[str, typer.Argument(help="A .cutis file, or the name of a shipped bundle.")],
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE...", help="PNG, TIFF, DICOM, JPEG, WebP, BMP."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the map; several images get a folder each in it.")],
    stack: Annotated[
        bool, typer.Option("--stack", help="The images are a depth stack, from the surface down.")
    ] = False,
    step: Annotated[
        float | None, typer.Option(help="Micrometres from one image of the stack to the next.", min=0.0)
    ] = None,
    spacing: Annotated[
        float | None, typer.Option(help="Micrometres per pixel, instead of what the file says.", min=0.0)
    ] = None,
    resample: Annotated[
        bool, typer.Option("--resample", help="Grade at the scale that the model expects.")
    ] = False,
    window: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="LOW HIGH", help="Stored values of black and white, instead of the file's."),
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Grade also what does not look like tissue.")
    ] = False,
    tile: Annotated[
        int, typer.Option(help="Pixels that a tile advances by; more takes more memory.", min=64)
    ] = 1024,
    threads: Annotated[
        int | None, typer.Option(help="Processor cores to use; all by default.", min=1)
    ] = None,
) -> None:
    """Draw the map of grades of images of any size, in memory that does not grow with them.

    Writes overlay.png, grade.tif, confidence.tif, class.tif, areas.csv, map.json and the page map.html.
    """
    from cutis.runtime.dense import DenseSession
    from cutis.runtime.engine import Engine
    from cutis.runtime.session import available_cores
    from cutis.runtime.tissue import TissueRule

    if step and not stack:
        reason = "it is the depth between the images of a stack; give --stack too"
        raise typer.BadParameter(reason, param_hint="--step")
    opened = Engine.open(bundle, threads).bundle
    session = DenseSession(opened, threads or available_cores())
    if opened.info.training.rendered:
        say(f"{opened.info.name} was trained on rendered images, not for care.")
    opening = {"window": window, "spacing": spacing or None}
    drawing = {"resample": resample, "tile": tile, "rule": None if everywhere else TissueRule()}
    if stack:
        _draw_stack(session, images, out, step, opening, drawing)
    else:
        _draw_each(session, images, out, opening, drawing)


def _draw_each(
    session: DenseSession, images: Sequence[Path], out: Path, opening: dict[str, Any], drawing: dict[str, Any]
) -> None:
    from cutis.core.folders import filling

    places = _places(images, out)
    for image, place in zip(images, places, strict=True):
        with filling(place) as scratch:
            facts = _draw_one(session, image, None, scratch, opening, drawing)
        _tell(facts)
        print(f"Map: {place / 'map.html'}. For research use; not a medical device.")


def _draw_stack(
    session: DenseSession,
    images: Sequence[Path],
    out: Path,
    step: float | None,
    opening: dict[str, Any],
    drawing: dict[str, Any],
) -> None:
    from functools import partial

    from cutis.core.folders import filling
    from cutis.imaging.mosaic import open_mosaic
    from cutis.runtime.stack import gather_stack, write_curve

    found = gather_stack(images, step, partial(open_mosaic, **opening))
    said: list[MapFacts] = []
    with filling(out) as scratch:
        for number, each in enumerate(found.slices, 1):
            place = scratch / "slices" / f"{number:03d}"
            place.mkdir(parents=True)
            facts = _draw_one(session, each.path, each.frame, place, opening, {**drawing, "page": False})
            said.append(facts)
        write_curve(found, said, scratch)
    for note in found.notes:
        say(f"{images[0].name}: {note}.")
    for note in dict.fromkeys(note for facts in said for note in facts.notes):
        say(f"{said[0].image}: {note}.")
    print(f"Curve of {len(said)} images: {out / 'curve.svg'}. For research use; not a medical device.")


def _draw_one(
    session: DenseSession,
    image: Path,
    frame: int | None,
    out: Path,
    opening: dict[str, Any],
    drawing: dict[str, Any],
) -> MapFacts:
    from cutis.imaging.mosaic import open_mosaic
    from cutis.runtime.draw import at_scale, draw_map
    from cutis.runtime.maps import count_tiles, grid_of

    with open_mosaic(image, frame=frame, **opening) as mosaic:
        graded, _ = at_scale(mosaic, session.dense, drawing["resample"])
        total = count_tiles(grid_of(graded, session.dense), drawing["tile"])
        title = f"Mapping {image.name}" if frame is None else f"Mapping {image.name}, image {frame + 1}"
        with progress(title, total=total) as done:
            return draw_map(session, mosaic, out, frame=frame, progress=done, **drawing)


def _places(images: Sequence[Path], out: Path) -> list[Path]:
    """A folder per image; ``out`` itself where there is one."""
    from collections import Counter

    from cutis.core.errors import CutisError

    if len(images) == 1:
        return [out]
    names = Counter(image.stem for image in images)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise CutisError(f"several images are named {twice[0]}; their maps need a folder each. Rename one.")
    return [out / image.stem for image in images]


def _tell(facts: MapFacts) -> None:
    """Sum the map up."""
    from cutis.runtime.map_page import summary

    for note in facts.notes:
        say(f"{facts.image}: {note}.")
    print(f"{facts.image}: {' '.join(summary(facts))}")
    for area in facts.areas:
        if area.percent is not None:
            mm2 = "" if area.mm2 is None else f"  {facts.mm2_text(area)} mm2"
            print(f"  {area.title}: {area.percent:.1f}%{mm2}")
