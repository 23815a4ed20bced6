"""`cutis fhir report`: photos of one patient in, a FHIR transaction out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from cutis.interop.fhir.results import Finding, Prediction, Risk
    from cutis.runtime.engine import Engine
    from cutis.runtime.inputs import Inputs


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Results for medical records, as FHIR R4 or R5.", no_args_is_help=True)
    group.callback()(_group)
    group.command()(report)
    app.add_typer(group, name="fhir")


def _group() -> None:
    """Make typer treat the only command as a named one."""


def report(
    bundle: Annotated[str, typer.Argument(help="A .cutis file, or the name of a shipped bundle.")],
    photos: Annotated[
        list[Path], typer.Argument(metavar="PHOTO...", help="Photos of one patient, or folders of them.")
    ],
    patient: Annotated[str, typer.Option(help="Reference to the patient, such as Patient/12.")],
    out: Annotated[Path, typer.Option(help="File to write, a Bundle as JSON.")],
    release: Annotated[str, typer.Option(help="Of FHIR: R4 or R5.")] = "R4",
    prevalence: Annotated[
        float | None,
        typer.Option(help="Share of patients who have it where this is used, 0 to 1.", min=0.0, max=1.0),
    ] = None,
    embed: Annotated[
        bool, typer.Option("--embed/--no-embed", help="Put the photos themselves into the report.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(help="Processor cores to use; all by default.", min=1)
    ] = None,
) -> None:
    """Ask a model about the photos of one patient, and write the report that a medical record takes.

    A bundle that answers for patients needs --prevalence: the risk is told for where it is used.
    """
    import json

    from cutis.core.errors import CutisError
    from cutis.core.files import write_text
    from cutis.interop.fhir.bundle import transaction
    from cutis.interop.fhir.elements import checked_release, patient_of
    from cutis.interop.fhir.gather import now, picture_of
    from cutis.interop.fhir.results import Finding
    from cutis.runtime.engine import Engine
    from cutis.runtime.inputs import gather

    chosen, subject = checked_release(release), patient_of(patient)
    engine, given = Engine.open(bundle, threads), gather(photos)
    if engine.info.patient is not None and prevalence is None:
        raise CutisError(f"{engine.info.name} answers for patients: give --prevalence, such as 0.01.")
    if engine.info.training.rendered:
        say(f"{engine.info.name} was trained on rendered images, not for care.")
    if engine.info.patient is not None and prevalence is not None:
        risk: Risk | None = _screened(engine, given, prevalence)
        predictions = _predicted(Engine.open("image_quality", threads), given)
    else:
        predictions, risk = _predicted(engine, given), None
    pictures = tuple(
        picture_of(Path(path), name, subject, embed=embed)
        for path, name in zip(given.paths, given.ids, strict=True)
    )
    finding = Finding(subject, now(), predictions, pictures, risk)
    made = transaction(finding, chosen)
    write_text(out, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    _tell(finding, made, chosen, out)


def _predicted(engine: Engine, given: Inputs) -> tuple[Prediction, ...]:
    from cutis.core.errors import ImageError

    """What the model says of each photo, and a gate of its quality."""
    from cutis.interop.fhir.gather import prediction_of, quality_of
    from cutis.runtime.engine import Engine
    from cutis.runtime.gate import Gate

    judged = engine.info.modality != "confocal"
    own = engine.info.passing is not None
    gate = Gate(engine if own else Engine.open("image_quality", engine.threads)) if judged else None
    found = []
    with progress("Predicting", total=len(given)) as step:
        for (path, said), name in zip(engine.stream(given.paths), given.ids, strict=True):
            if isinstance(said, ImageError):
                raise said
            quality = quality_of(gate, gate(path)) if gate else None
            found.append(prediction_of(engine.info, engine.bundle.digest, name, said, quality))
            step(1)
    return tuple(found)


def _screened(engine: Engine, given: Inputs, prevalence: float) -> Risk:
    from cutis.core.errors import CutisError
    from cutis.interop.fhir.gather import risk_of
    from cutis.runtime.screen_words import answer, reasons
    from cutis.runtime.screening import screen

    with progress("Looking for lesions", total=len(given)) as step:
        done = screen(engine, given.paths, progress=step)
    found = risk_of(done, engine.bundle.digest, prevalence)
    if found is None:
        raise CutisError(" ".join((answer(done), *reasons(done), "Nothing was written.")))
    return found


def _tell(finding: Finding, made: dict[str, Any], release: str, out: Path) -> None:
    if finding.risk is not None:
        print(finding.risk.sentence)
    kinds = [entry["resource"]["resourceType"] for entry in made["entry"]]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    print(f"FHIR {release}, preliminary: {counted}.")
    print(f"Report: {out}. For research use; not a medical device.")
