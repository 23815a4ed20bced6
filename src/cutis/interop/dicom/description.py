"""Whom, what and with what: all that DICOM wants beside the pixels, checked before anything is written."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from cutis.core.errors import CutisError
from cutis.interop.dicom.uids import new_uid

if TYPE_CHECKING:
    from pydicom.sr.coding import Code

Laterality = Literal["left", "right", "both"]
IMMERSION = ("ULTRASOUND_GEL", "ALCOHOL", "WATER", "MINERAL_OIL", "PLASTIC_CAP")  # PS3.3 C.8.12.13
SEXES = ("M", "F", "O")
_CONTROL = re.compile(r"[\x00-\x1f\\\ud800-\udfff]")  # and what is no character
_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")


@dataclass(frozen=True)
class Patient:
    """Who is on the photo. What is not known stays empty.

    Attributes:
        id: as the institution numbers its patients; at most 64 characters.
        name: ``Family^Given``.
        birth_date: None where it is not known.
        sex: ``M``, ``F``, ``O`` or empty.
    """

    id: str = ""
    name: str = ""
    birth_date: dt.date | None = None
    sex: str = ""


@dataclass(frozen=True)
class Study:
    """The occasion.

    Attributes:
        uid: of the study; a new one by default.
        moment: when it began; now by default.
        id: short, as people number it.
        accession: number of the order.
        description: in words.
        referrer: the referring physician, ``Family^Given``.
    """

    uid: str = field(default_factory=new_uid)
    moment: dt.datetime = field(default_factory=lambda: dt.datetime.now().astimezone())
    id: str = ""
    accession: str = ""
    description: str = ""
    referrer: str = ""


@dataclass(frozen=True)
class Device:
    """What took the photo; empty fields are filled from EXIF, or say ``unknown`` where one is needed."""

    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    software: str = ""
    institution: str = ""


@dataclass(frozen=True)
class Dermoscope:
    """How light reached the skin; None is not known.

    Attributes:
        polarised: the light was.
        contact: the dermoscope touched the skin.
        immersion: what was between them, of `IMMERSION`; only with contact.
        magnification: of the optics, in times.
        kelvin: colour temperature of the light.
    """

    polarised: bool | None = None
    contact: bool | None = None
    immersion: tuple[str, ...] = ()
    magnification: float | None = None
    kelvin: float | None = None


@dataclass(frozen=True)
class Microscope:
    """A confocal microscope.

    Attributes:
        wavelength: of the light in nanometres; None is not known.
        spacing: micrometres per pixel; None to ask the file.
        step: micrometres between the images of a stack; None to ask the file.
    """

    wavelength: float | None = None
    spacing: float | None = None
    step: float | None = None


@dataclass(frozen=True)
class Description:
    """All that is said of one image.

    Attributes:
        patient: who.
        study: the occasion.
        device: the camera.
        site: where on the body, as a code; None is not known: skin.
        laterality: of the site; None where it has none or is not known.
        dermoscope: of dermoscopic images.
        microscope: of confocal ones.
        acquired: when the photo was taken; None leaves it out.
        recognisable: the patient can be recognised on it; None is not known, which counts as no for
            dermoscopic images.
        burned_in: there is writing in the pixels; None is not known.
        series_uid: a new one by default.
        instance_uid: a new one by default.
        instance_number: in the series, from 1.
        series_number: in the study, from 1.
        comment: of the image.
        lesion: identifier of the lesion that is followed, and its UID.
    """

    patient: Patient = field(default_factory=Patient)
    study: Study = field(default_factory=Study)
    device: Device = field(default_factory=Device)
    site: Code | None = None
    laterality: Laterality | None = None
    dermoscope: Dermoscope = field(default_factory=Dermoscope)
    microscope: Microscope = field(default_factory=Microscope)
    acquired: dt.datetime | None = None
    recognisable: bool | None = None
    burned_in: bool | None = None
    series_uid: str = field(default_factory=new_uid)
    instance_uid: str = field(default_factory=new_uid)
    instance_number: int = 1
    series_number: int = 1
    comment: str = ""
    lesion: tuple[str, str] | None = None

    def with_camera(self, camera: Device) -> Description:
        """Empty fields of the device filled from another one, such as what EXIF says."""
        own = self.device
        filled = {name: getattr(own, name) or getattr(camera, name) for name in own.__dataclass_fields__}
        return replace(self, device=Device(**filled))


def check_description(said: Description) -> None:
    """Refuse what DICOM cannot hold.

    Raises:
        CutisError: every field that is too long, has control characters, or is not one of the values that
            the standard knows, in one message.
    """
    patient, study, device = said.patient, said.study, said.device
    texts = (
        ("the patient's id", patient.id, 64),
        ("the study's id", study.id, 16),
        ("the accession number", study.accession, 16),
        ("the study's description", study.description, 64),
        ("the manufacturer", device.manufacturer, 64),
        ("the model", device.model, 64),
        ("the serial number", device.serial, 64),
        ("the software", device.software, 64),
        ("the institution", device.institution, 64),
    )
    wrong = [_text(what, value, most) for what, value, most in texts]
    wrong += [_name("the patient's name", patient.name), _name("the referrer's name", study.referrer)]
    if patient.sex and patient.sex not in SEXES:
        wrong.append(f"the patient's sex is '{patient.sex}', not one of {', '.join(SEXES)}")
    if patient.birth_date and patient.birth_date > study.moment.date():
        wrong.append(f"the patient's birth date {patient.birth_date} is later than the study")
    scope = said.dermoscope
    for medium in scope.immersion:
        if medium not in IMMERSION:
            wrong.append(f"the immersion medium is '{medium}', not one of {', '.join(IMMERSION)}")
    if scope.immersion and scope.contact is not True:
        wrong.append("an immersion medium is given, and the dermoscope does not touch the skin")
    if scope.magnification is not None and not 0 < scope.magnification <= 1000:
        wrong.append(f"the magnification is {scope.magnification:g}, not above 0 and up to 1000")
    numbers = (
        ("the colour temperature", scope.kelvin),
        ("the wavelength", said.microscope.wavelength),
        ("the spacing", said.microscope.spacing),
        ("the step", said.microscope.step),
    )
    for what, value in numbers:
        if value is not None and not 0 < value < math.inf:
            wrong.append(f"{what} is {value:g}, not a number above 0")
    for what, number in (("image", said.instance_number), ("series", said.series_number)):
        if not 0 <= number < 2**31:
            wrong.append(f"the {what}'s number is {number}, not from 0 to {2**31 - 1}")
    for what, uid in (("study", study.uid), ("series", said.series_uid), ("instance", said.instance_uid)):
        if not _UID.fullmatch(uid) or len(uid) > 64:
            wrong.append(f"the {what}'s UID '{uid}' is none")
    wrong = [sentence for sentence in wrong if sentence]
    if wrong:
        raise CutisError(f"This cannot be written as DICOM: {'; '.join(wrong)}. Correct it.")


def _text(what: str, value: str, most: int) -> str:
    if _CONTROL.search(value):
        return f"{what} has a backslash or a control character"
    return f"{what} has {len(value)} characters, more than {most}" if len(value) > most else ""


def _name(what: str, value: str) -> str:
    if _CONTROL.search(value) or value.count("^") > 4 or value.count("=") > 2:
        return f"{what} is '{value}', not of the form Family^Given"
    long = max((len(part) for part in value.split("=")), default=0)
    return f"{what} has {long} characters, more than 64" if long > 64 else ""
