"""What is right and wrong with a DICOM file."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cutis.core.errors import ImageError
from cutis.imaging.dicom import DicomImage, open_dicom_image, read_dataset
from cutis.interop.dicom.iod import mandatory
from cutis.interop.dicom.writing import find_writing

Level = Literal["wrong", "attention", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing about a file.

    Attributes:
        level: ``wrong`` where the file should not be used so.
        text: a sentence.
    """

    level: Level
    text: str


@dataclass(frozen=True)
class Checked:
    """What was found of a file.

    Attributes:
        kind: the object's name; empty where the file cannot be read.
        size: width, height and frames in words.
        findings: worst first.
    """

    kind: str
    size: str
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """Nothing is wrong."""
        return not any(finding.level == "wrong" for finding in self.findings)


def check_file(path: Path | str) -> Checked:
    """Look at a DICOM file: its attributes, pixels, colours, patient, writing; and ask dciodvfy.

    A file that cannot be read is an answer, not an error.
    """
    try:
        data = read_dataset(path)
    except ImageError as error:
        return Checked("", "", (Finding("wrong", error.reason),))
    found = [*_missing(data), *_patient(data)]
    size = "no image"
    if "PixelData" in data:
        said, size = _pixels(path)
        found += said
    found += _validator(Path(path))
    order: tuple[Level, ...] = ("wrong", "attention", "note")
    kind = getattr(data.get("SOPClassUID"), "name", "object of no known class")
    return Checked(kind, size, tuple(sorted(found, key=lambda finding: order.index(finding.level))))


def _missing(data: Any) -> list[Finding]:
    sop_class = str(data.get("SOPClassUID", ""))
    wanted = mandatory(sop_class)
    if not wanted:
        return [
            Finding("attention", f"its class {sop_class or '(none)'} is not one whose attributes are known")
        ]
    absent = [word for word, _ in wanted if word not in data]
    empty = [word for word, value in wanted if value and word in data and data[word].is_empty]
    found = []
    if absent:
        found.append(Finding("wrong", f"attributes are missing: {', '.join(absent)}"))
    if empty:
        found.append(Finding("wrong", f"attributes are empty and must not be: {', '.join(empty)}"))
    return found


def _patient(data: Any) -> list[Finding]:
    if str(data.get("PatientIdentityRemoved", "")) == "YES":
        return [Finding("note", f"de-identified ({data.get('DeidentificationMethod', 'no method is said')})")]
    if not str(data.get("PatientID", "")).strip():
        text = "no patient's id: an archive would file it under nobody, or refuse it"
        return [Finding("attention", text)]
    return []


def _pixels(path: Path | str) -> tuple[list[Finding], str]:
    try:
        image = open_dicom_image(path)
    except ImageError as error:
        return [Finding("wrong", error.reason)], "no image"
    data = image.data
    size = f"{data.Columns} x {data.Rows} pixels" + (f", {image.frames} frames" if image.frames > 1 else "")
    try:
        pixels = image.rgb()
        for number in range(1, image.frames):
            image.stored(number)
    except ImageError as error:
        return [Finding("wrong", error.reason)], size
    found = [Finding("note", note) for note in image.notes]
    found += _colours(image)
    if str(data.get("BurnedInAnnotation", "")) == "YES":
        found.append(Finding("attention", "says that there is writing in its pixels"))
    elif find_writing(pixels):
        found.append(
            Finding("attention", "there seems to be writing in its pixels, which may name the patient")
        )
    return found, size


def _colours(image: DicomImage) -> list[Finding]:
    if int(image.data.get("SamplesPerPixel", 1)) == 3 and not image.data.get("ICCProfile"):
        return [Finding("attention", "no colour profile: its colours are taken as sRGB")]
    return []


def _validator(path: Path) -> list[Finding]:
    """What dciodvfy says, where it is installed."""
    program = shutil.which("dciodvfy")
    if program is None:
        return [Finding("note", "dciodvfy is not installed (Debian: dicom3tools), and was not asked")]
    try:
        command = [program, "-new", str(path.absolute())]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return [Finding("note", "dciodvfy did not answer within two minutes")]
    errors = [line.removeprefix("Error - ") for line in done.stderr.splitlines() if line.startswith("Error")]
    if not errors:
        return [Finding("note", "dciodvfy finds no error")]
    return [Finding("wrong", f"dciodvfy: {line}") for line in errors[:20]]
