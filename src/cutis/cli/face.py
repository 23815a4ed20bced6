"""`cutis face`: photos of faces in, grades and measures per area and a report out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from cutis.runtime.engine import Engine

SHIPPED = "facial"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="face")(face)


def face(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO|FOLDER|MANIFEST...", help="Photos, folders of them, or manifests."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the report.")],
    bundle: Annotated[
        str | None,
        typer.Option(help="A .cutis file that grades facial conditions, or none; default: the shipped one."),
    ] = None,
    view: Annotated[str, typer.Option(help="From where photos were taken: front, left or right.")] = "front",
    area: Annotated[
        str | None, typer.Option(help="The area that photos show and nothing else, such as cheek_left.")
    ] = None,
    patient: Annotated[
        str, typer.Option(help="Whose the photos are, where no manifest says; all of one participant.")
    ] = "",
    norms: Annotated[
        Path | None, typer.Option(help="Norms of your own study, see cutis norms, for percentiles.")
    ] = None,
    mask: Annotated[
        str,
        typer.Option(help="Cover in all that is shown: eyes, or identity (all but the skin of the face)."),
    ] = "",
    mm_per_pixel: Annotated[
        float | None, typer.Option(help="Of the photos, where a ruler tells it.", min=0.0)
    ] = None,
    which: Annotated[
        int | None, typer.Option(help="Number of the face from the left, 0 first, where there are several.")
    ] = None,
    noise: Annotated[float, typer.Option(help="Strength of noise reduction, 0 to 3.")] = 1.0,
    colour: Annotated[float, typer.Option(help="Strength of colour correction, 0 to 1.")] = 1.0,
    contrast: Annotated[float, typer.Option(help="Strength of local contrast for the model, 0 to 1.")] = 0.0,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="The report on paper too.")] = True,
    threads: Annotated[
        int | None, typer.Option(help="Processor cores to use; all by default.", min=1)
    ] = None,
) -> None:
    """Grade and measure the skin of faces, area by area, and compare visits.

    Writes face.html and face.pdf (one of each per participant), measures.csv and, where there are several
    visits, changes.csv. A manifest may have the columns image, patient_id, visit, date, view, area, age, sex
    and skin_type.
    """
    from typing import get_args

    from cutis.core.errors import CutisError
    from cutis.core.folders import filling
    from cutis.imaging.enhance import Enhancement
    from cutis.imaging.face import AREAS
    from cutis.runtime.facial.analysis import NO_MODEL, Asked, Cover, analyse_each
    from cutis.runtime.facial.norms_files import read_norms
    from cutis.runtime.facial.photos import VIEWS, sources
    from cutis.runtime.facial.repeats import repeats
    from cutis.runtime.facial.report import write_report
    from cutis.runtime.facial.values import Refused

    for name, value, allowed in (("--view", view, VIEWS), ("--area", area or AREAS[0], AREAS)):
        if value not in allowed:
            raise CutisError(f"{name} is '{value}', not one of {', '.join(allowed)}.")
    if mask not in get_args(Cover):
        raise CutisError(f"--mask is '{mask}', not eyes or identity.")
    known = None if norms is None else read_norms(norms)
    engine, why = _engine(bundle, threads)
    found, notes = sources(photos, view=view, area=area, patient=patient)  # type: ignore[arg-type]
    for note in notes:
        say(note)
    if engine is not None and engine.info.training.rendered:
        say(f"{engine.info.name} was trained on rendered images, not for care.")
    asked = Asked(
        engine=engine,
        enhancement=Enhancement(noise=noise, colour=colour, contrast=contrast),
        norms=known,
        mask=mask,  # type: ignore[arg-type]
        mm_per_pixel=mm_per_pixel or None,
        which=which,
        why_no_grades=why or NO_MODEL,
    )
    with progress("Looking at faces", total=len(found)) as step:
        done = list(analyse_each(found, asked, step))
    with filling(out) as scratch:
        written = write_report(done, scratch, pdf=pdf, repeats=repeats(known))
    refused = [one for one in done if isinstance(one, Refused)]
    for one in refused:
        say(f"{one.source.path}: {one.words}")
    for who, answer in written.answers.items():
        print(answer.result if len(written.answers) == 1 else f"{who}: {answer.result}")
    if written.why_no_paper:
        say(written.why_no_paper)
    pages = [str(out / page) for page in written.pages.values()]
    rest = f" and {len(pages) - 3} more" if len(pages) > 3 else ""
    print(f"Report: {', '.join(pages[:3])}{rest}. For research use; not a medical device.")
    if refused:
        raise typer.Exit(1)


def _engine(bundle: str | None, threads: int | None) -> tuple[Engine | None, str]:
    from cutis import zoo
    from cutis.runtime.engine import Engine

    if bundle == "none":
        return None, "No grades: they were not asked for. Measures alone were taken."
    if bundle is None and SHIPPED not in zoo.names():
        return None, ""
    return Engine.open(bundle or SHIPPED, threads), ""
