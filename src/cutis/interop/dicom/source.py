"""What an object made from an image takes over from it."""

from __future__ import annotations

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
        if word in image:
            data[word] = image[word]
    for word in _EMPTY:
        if word not in data:
            setattr(data, word, "")


def reference_to(image: Any, frame: int | None = None) -> Any:
    """An item that names an image, and a frame of it, counted from 0."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    if frame is not None:
        item.ReferencedFrameNumber = frame + 1
    return item
