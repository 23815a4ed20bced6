"""What an object made from an image takes over from it."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from typing import Any

from cutis.core.errors import ImageError

_PATIENT_AND_STUDY = (
    "SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "OtherPatientIDsSequence", "PatientIdentityRemoved", "DeidentificationMethod",
    "DeidentificationMethodCodeSequence", "LongitudinalTemporalInformationModified", "StudyInstanceUID",
    "StudyID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyDescription",
    "TimezoneOffsetFromUTC",
)  # fmt: skip
_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime",
    "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip


def put_patient_and_study_of(data: Any, image: Any) -> None:
    """Take over the patient and the study of an image: what is made from it belongs to them.

    Raises:
        ImageError: the image does not say to which study it belongs.
    """
    for word in ("StudyInstanceUID", "SOPInstanceUID", "SOPClassUID"):
        if not image.get(word):
            name = str(image.get("SOPInstanceUID", "the image"))
            raise ImageError(name, f"has no {word}, and nothing can be filed beside it. Export it again.")
    for word in _PATIENT_AND_STUDY:
        if word in image:  # an element of its own: the character set of one is not that of the other
            data.add_new(image[word].tag, image[word].VR, image[word].value)
    for word in _EMPTY:
        if word not in data:
            setattr(data, word, "")


def as_evidence(image: Any) -> Any:
    """An image's data set as highdicom can take the patient and the study from it.

    It wants what the standard wants of every image, and knows one character set at a time; devices leave
    attributes out, and Japanese ones write in several. The texts are the same.
    """
    from pydicom.dataset import Dataset

    # Elements are shared with the image, so that its pixels are not copied; none of them is changed.
    elements = {}
    for tag in image.keys():  # noqa: SIM118  a data set gives its elements, and not their tags
        with suppress(Exception):  # one that is damaged is left out
            elements[tag] = image[tag]
    evidence: Any = Dataset(elements)
    evidence.file_meta = image.file_meta
    evidence.add_new("SpecificCharacterSet", "CS", "ISO_IR 192")
    for word in _EMPTY:
        if word not in evidence:
            setattr(evidence, word, "")
    return evidence


def in_zone_of(moment: dt.datetime, image: Any) -> dt.datetime:
    """A moment in the zone that an image says of its times; as it is where the image says none."""
    said = re.fullmatch(r"([+-])(\d\d)(\d\d)", str(image.get("TimezoneOffsetFromUTC") or "").strip())
    if said is None:
        return moment
    ahead = dt.timedelta(hours=int(said[2]), minutes=int(said[3]))
    return moment.astimezone(dt.timezone(-ahead if said[1] == "-" else ahead))


def put_zone_of(data: Any, image: Any) -> None:
    """Say the zone that an image says of its times."""
    if image.get("TimezoneOffsetFromUTC"):
        data.TimezoneOffsetFromUTC = image.TimezoneOffsetFromUTC


def looked_at(image: Any) -> list[int] | None:
    """Numbers of the frames that answers are about, from 1: the first; None where there is only one."""
    return [1] if int(image.get("NumberOfFrames") or 1) > 1 else None


def reference_to(image: Any) -> Any:
    """An item that names an image, and of several frames the one that answers are about."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    frames = looked_at(image)
    if frames:
        item.ReferencedFrameNumber = frames
    return item
