"""`cutis dicom`: photos into DICOM and out again, and what is right and wrong with a file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cutis.cli.progress import say
from cutis.core.errors import CutisError

if TYPE_CHECKING:
    from cutis.interop.dicom.description import Description


T = TypeVar("T", bound=str)


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Photos into DICOM and out again, results, checks.", no_args_is_help=True)
    group.command()(wrap)
    group.command()(unwrap)
    group.command()(check)
    group.command()(deidentify)
    app.add_typer(group, name="dicom")


def wrap(
    photos: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="The photo; several of a confocal stack only.")
    ],
    kind: Annotated[str, typer.Option("--as", help="clinical, dermoscopic or confocal.")],
    out: Annotated[Path, typer.Option(help="DICOM file to write.")],
    patient_id: Annotated[str, typer.Option(help="As the institution numbers patients.")] = "",
    patient_name: Annotated[str, typer.Option(help="Family^Given")] = "",
    birth_date: Annotated[str, typer.Option(help="YYYY-MM-DD")] = "",
    sex: Annotated[str, typer.Option(help="M, F or O.")] = "",
    study_uid: Annotated[str, typer.Option(help="Of the study; a new one by default.")] = "",
    study_id: Annotated[str, typer.Option(help="Short, as people number it.")] = "",
    accession: Annotated[str, typer.Option(help="Number of the order.")] = "",
    description: Annotated[str, typer.Option(help="Of the study.")] = "",
    referrer: Annotated[str, typer.Option(help="Referring physician, Family^Given.")] = "",
    institution: Annotated[str, typer.Option(help="Where it was taken.")] = "",
    series_uid: Annotated[str, typer.Option(help="Of the series; a new one by default.")] = "",
    number: Annotated[int, typer.Option(help="Of the image in its series.", min=1)] = 1,
    site: Annotated[str, typer.Option(help="Body site, such as 'face'; skin by default.")] = "",
    side: Annotated[str, typer.Option(help="left, right or both.")] = "",
    acquired: Annotated[str, typer.Option(help="When it was taken, ISO 8601, or 'exif'.")] = "",
    manufacturer: Annotated[str, typer.Option(help="Of the camera; EXIF's by default.")] = "",
    model: Annotated[str, typer.Option(help="Of the camera; EXIF's by default.")] = "",
    serial: Annotated[str, typer.Option(help="Of the camera; EXIF's by default.")] = "",
    software: Annotated[str, typer.Option(help="Of the camera; EXIF's by default.")] = "",
    polarised: Annotated[bool | None, typer.Option("--polarised/--not-polarised")] = None,
    contact: Annotated[bool | None, typer.Option("--contact/--no-contact")] = None,
    immersion: Annotated[str, typer.Option(help="gel, alcohol, water, oil or cap.")] = "",
    magnification: Annotated[float | None, typer.Option(help="Of the optics, in times.")] = None,
    kelvin: Annotated[float | None, typer.Option(help="Colour temperature of the light.")] = None,
    wavelength: Annotated[float | None, typer.Option(help="Confocal: nanometres.")] = None,
    spacing: Annotated[float | None, typer.Option(help="Confocal: micrometres per pixel.")] = None,
    step: Annotated[float | None, typer.Option(help="Confocal: micrometres between images.")] = None,
    recognisable: Annotated[bool | None, typer.Option("--recognisable/--not-recognisable")] = None,
    burned_in: Annotated[bool | None, typer.Option("--burned-in/--nothing-burned-in")] = None,
    pack: Annotated[str, typer.Option(help="none, jpeg-ls, jpeg-2000 or rle; for other than JPEG.")] = "none",
    strip: Annotated[bool, typer.Option("--strip", help="Leave EXIF out of a JPEG that is kept.")] = False,
) -> None:
    """Make a DICOM file of a photo. A JPEG is kept bit by bit, everything else without loss.

    What is not given stays empty or unknown, as the standard allows; nothing is guessed. The study is now.
    """
    from cutis.interop.dicom.pixels import PACKINGS
    from cutis.interop.dicom.wrap import KINDS, wrap_file

    chosen = _one_of(kind, KINDS, "--as")
    said = _described(locals())
    exif = acquired.lower() == "exif"
    packing = _one_of(pack, PACKINGS, "--pack")
    wrapped = wrap_file(photos, chosen, said, out, packing=packing, strip=strip, exif_time=exif)
    for note in wrapped.notes:
        say(f"{photos[0]}: {note}.")
    how = "bit by bit" if wrapped.kept else "without further loss"
    print(f"DICOM: {out} ({wrapped.data.SOPClassUID.name}; the photo is inside {how})")


def unwrap(
    file: Annotated[Path, typer.Argument(help="DICOM file.")],
    out: Annotated[Path, typer.Option(help=".jpg for a JPEG inside, else .png or .tif.")],
) -> None:
    """Take the photo out of a DICOM file: a JPEG bit by bit, everything else without loss."""
    from cutis.interop.dicom.wrap import unwrap as run

    done = run(file, out)
    for note in done.notes:
        say(f"{file}: {note}.")
    words = {True: "the file that was wrapped, bit by bit", False: "not the file that was wrapped", None: ""}
    print(f"Photo: {out}" + (f" ({words[done.same]})" if done.same is not None else ""))


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="DICOM files.")],
) -> None:
    """Tell what is right and wrong with DICOM files. Exit status 1 where something is wrong."""
    from cutis.interop.dicom.check import check_file

    wrong = 0
    for file in files:
        found = check_file(file)
        print(f"{file}: {found.kind}, {found.size}" if found.kind else f"{file}:")
        for finding in found.findings:
            print(f"  {finding.level}: {finding.text}")
        wrong += not found.good
        if found.good:
            print("  good")
    if wrong:
        say(f"{wrong} of {len(files)} files have something wrong.")
        raise typer.Exit(1)


def deidentify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="DICOM files.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    key: Annotated[
        Path | None, typer.Option(help="File with the secret that UIDs are mapped by; made where missing.")
    ] = None,
    retain: Annotated[
        list[str] | None, typer.Option(help="dates, device, institution, patient or uids; several times.")
    ] = None,
) -> None:
    """Write copies without what identifies the patient, by the basic profile of DICOM PS3.15, annex E.

    Pixels are kept. Writing in them is not taken out: where some is found, you are warned.
    """
    from cutis.interop.dicom.deidentify import deidentify_files

    for path, notes in deidentify_files(files, out, key=key, retain=tuple(retain or ())):
        for note in notes:
            say(f"{path}: {note}.")
        print(f"De-identified: {path}")


def _described(given: dict[str, object]) -> Description:
    """The description that the options say."""
    from cutis.interop.dicom import description as d
    from cutis.interop.dicom.sites import side_of, site_code
    from cutis.interop.dicom.uids import new_uid

    def text(name: str) -> str:
        return str(given[name] or "")

    media = {"gel": "ULTRASOUND_GEL", "oil": "MINERAL_OIL", "cap": "PLASTIC_CAP"}
    medium = text("immersion")
    when = text("acquired")
    return d.Description(
        patient=d.Patient(
            text("patient_id"), text("patient_name"), _day(text("birth_date")), text("sex").upper()
        ),
        study=d.Study(
            text("study_uid") or new_uid(),
            id=text("study_id"),
            accession=text("accession"),
            description=text("description"),
            referrer=text("referrer"),
        ),
        device=d.Device(
            *(text(name) for name in ("manufacturer", "model", "serial", "software", "institution"))
        ),
        site=site_code(text("site")) if text("site") else None,
        laterality=side_of(text("side")) if text("side") else None,
        dermoscope=d.Dermoscope(
            given["polarised"],  # type: ignore[arg-type]
            given["contact"],  # type: ignore[arg-type]
            (media.get(medium, medium.upper()),) if medium else (),
            given["magnification"],  # type: ignore[arg-type]
            given["kelvin"],  # type: ignore[arg-type]
        ),
        microscope=d.Microscope(given["wavelength"], given["spacing"], given["step"]),  # type: ignore[arg-type]
        acquired=_moment(when) if when and when.lower() != "exif" else None,
        recognisable=given["recognisable"],  # type: ignore[arg-type]
        burned_in=given["burned_in"],  # type: ignore[arg-type]
        series_uid=text("series_uid") or new_uid(),
        instance_number=int(text("number")),
    )


def _one_of(value: str, allowed: tuple[T, ...], option: str) -> T:
    for one in allowed:
        if one == value:
            return one
    raise CutisError(f"{option} is '{value}', not one of {', '.join(allowed)}. Correct it.")


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise CutisError(f"--birth-date is '{text}', not a day such as 1980-12-31. Correct it.") from None


def _moment(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        mend = "such as 2026-01-31T09:30 or 'exif'. Correct it."
        raise CutisError(f"--acquired is '{text}', not a moment {mend}") from None
