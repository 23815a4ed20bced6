"""`cutis screen`: photos of one patient in, lesions and a recommendation out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from cutis.clinical.combine import Calibration
    from cutis.clinical.facts import Facts
    from cutis.runtime.screening import Screening


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="screen")(screen)


def screen(
    bundle: Annotated[str, typer.Argument(help="A .cutis file, or the name of a shipped bundle.")],
    photos: Annotated[
        list[Path], typer.Argument(metavar="PHOTO...", help="Photos of one patient, or folders of them.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")],
    prevalence: Annotated[
        float | None,
        typer.Option(help="Share of patients who have it where this is used, 0 to 1.", min=0.0, max=1.0),
    ] = None,
    sensitivity: Annotated[
        float, typer.Option(help="Of the lesion finder, 0 to 1: more finds fainter ones.", min=0.0, max=1.0)
    ] = 0.5,
    pixel_size: Annotated[
        float | None, typer.Option(help="Millimetres per pixel, where it is known.", min=0.0)
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(help="Clinical facts of this patient, as of cutis clinical: JSON or a CSV of one row."),
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(help="Coefficients fitted on your own patients, to combine picture and facts."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Processor cores to use; all by default.", min=1)
    ] = None,
) -> None:
    """Find the lesions of one patient's photos, score each, and say whether to refer.

    Writes lesions.csv, patient.json, an overlay per photo and the page screening.html. The outcome is a
    recommendation, never a diagnosis.
    """
    from cutis.core.errors import CutisError
    from cutis.core.folders import filling
    from cutis.runtime.engine import Engine
    from cutis.runtime.inputs import gather
    from cutis.runtime.screen_facts import answer_with, with_facts
    from cutis.runtime.screen_files import write_screening
    from cutis.runtime.screening import screen as run

    known, fitted = _beside(facts, calibration)
    engine = Engine.open(bundle, threads)
    given = gather(photos)
    if engine.info.training.rendered:
        say(f"{engine.info.name} was trained on rendered images, not for care.")
    with progress("Looking for lesions", total=len(given)) as step:
        done = run(engine, given.paths, sensitivity=sensitivity, pixel_size=pixel_size or None, progress=step)
    if done.state == "unreadable":
        raise CutisError("\n".join(photo.problem for photo in done.photos))
    beside = None if known is None else with_facts(done, known, fitted)
    with filling(out) as scratch:
        write_screening(done, scratch, prevalence, beside)
    _tell(done, prevalence, answer_with(done, beside))
    if beside is not None:
        print(f"By the facts: {beside.next_step}")
    print(f"Screening: {out / 'screening.html'}. For research use; not a medical device.")
    if any(photo.lesions is None for photo in done.photos):
        raise typer.Exit(1)


def _beside(facts: Path | None, calibration: Path | None) -> tuple[Facts | None, Calibration | None]:
    """The patient's facts and how they are combined, read before anything takes time."""
    from cutis.clinical.combine import read_calibration
    from cutis.clinical.record import read_facts

    if facts is None:
        if calibration is not None:
            raise typer.BadParameter("--calibration belongs to --facts; give that too.")
        return None, None
    patients = read_facts(facts)
    if len(patients) != 1:
        raise typer.BadParameter(
            f"{facts} has {len(patients)} patients, and the photos are of one. Give that one's facts."
        )
    return patients[0][1], None if calibration is None else read_calibration(calibration)


def _tell(done: Screening, prevalence: float | None, answer: str) -> None:
    from cutis.runtime.screen_words import NO_DIAGNOSIS, in_words, per_thousand, reasons, telling

    for photo in done.photos:
        if photo.problem:
            say(f"{photo.name}: {photo.problem}")
    print(answer)
    for reason in reasons(done):
        print(reason)
    if done.lesions:
        print(f"Most telling: {telling(done)}.")
    thousand = None if prevalence is None else per_thousand(done, prevalence)
    if thousand is not None:
        print(in_words(thousand))
    elif prevalence is not None:
        say("What this means among 1,000 patients is not known: see patient.json for what the model says.")
    print(NO_DIAGNOSIS)
