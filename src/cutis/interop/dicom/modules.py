"""The parts that all of cutis's images and documents share: patient, study, series, equipment, identity."""

from __future__ import annotations

import datetime as dt
from typing import Any

from cutis.core.version import __version__
from cutis.interop.dicom.description import Description
from cutis.interop.dicom.sites import laterality_code, site_code

IMPLEMENTATION = "2.25.136480225812463930842614862173561874421"  # a UUID drawn once for cutis
PRIVATE_CREATOR = "CUTIS 1.0"
_PRIVATE_GROUP = 0x0099
_SIDES = {"left": "L", "right": "R", "both": "B"}


def new_dataset(sop_class: str, instance_uid: str) -> Any:
    """A data set of a kind, with the head that its file will have; the transfer syntax is still missing."""
    from pydicom.dataset import Dataset, FileMetaDataset

    data: Any = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = sop_class
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = instance_uid
    data.file_meta.ImplementationClassUID = IMPLEMENTATION
    data.file_meta.ImplementationVersionName = f"CUTIS_{__version__}"[:16]
    data.SpecificCharacterSet = "ISO_IR 192"  # UTF-8
    put_creation(data, dt.datetime.now().astimezone())
    return data


def put_creation(data: Any, moment: dt.datetime) -> None:
    """Say when the data set was made (PS3.3 C.12.1), in the zone that its other times are in."""
    data.InstanceCreationDate, data.InstanceCreationTime = day_and_time(moment)


def in_zone_of(moment: dt.datetime, other: dt.datetime) -> dt.datetime:
    """A moment in the zone of another one: all times of a data set are in one (C.12.1.1.8).

    A moment without a zone stays as it is.
    """
    return moment.astimezone(other.tzinfo) if moment.tzinfo and other.tzinfo else moment


def put_patient_and_study(data: Any, said: Description) -> None:
    """Add the Patient and General Study modules (PS3.3 C.7.1.1, C.7.2.1)."""
    patient, study = said.patient, said.study
    data.PatientName, data.PatientID, data.PatientSex = patient.name, patient.id, patient.sex
    data.PatientBirthDate = _day(patient.birth_date) if patient.birth_date else ""
    data.StudyInstanceUID, data.StudyID = study.uid, study.id
    data.StudyDate, data.StudyTime = day_and_time(study.moment)
    data.AccessionNumber, data.ReferringPhysicianName = study.accession, study.referrer
    if study.description:
        data.StudyDescription = study.description
    if study.moment.utcoffset() is not None:
        data.TimezoneOffsetFromUTC = study.moment.strftime("%z")[:5]
        put_creation(data, in_zone_of(dt.datetime.now().astimezone(), study.moment))


def put_series(data: Any, said: Description, modality: str, *, equipment: bool = True) -> None:
    """Add the General Series and equipment modules (PS3.3 C.7.3.1, C.7.5.1, C.7.5.2)."""
    data.Modality = modality
    data.SeriesInstanceUID, data.SeriesNumber = said.series_uid, said.series_number
    if not equipment:
        return
    device = said.device
    data.Manufacturer = device.manufacturer or "unknown"
    data.ManufacturerModelName = device.model or "unknown"
    data.DeviceSerialNumber = device.serial or "unknown"
    data.SoftwareVersions = device.software or "unknown"
    if device.institution:
        data.InstitutionName = device.institution


def put_image(data: Any, said: Description) -> None:
    """Add General Image, General Acquisition and Acquisition Context (C.7.6.1, C.7.10.1, C.7.6.14)."""
    data.InstanceNumber = said.instance_number
    data.ImageType = ["ORIGINAL", "PRIMARY"]
    data.PatientOrientation = ""
    acquired = said.acquired and in_zone_of(said.acquired, said.study.moment)
    data.ContentDate, data.ContentTime = day_and_time(acquired or said.study.moment)
    data.AcquisitionContextSequence = []
    if said.acquired and acquired:
        data.AcquisitionDate, data.AcquisitionTime = day_and_time(acquired)
        # Alone of these it names its zone itself, and so keeps the camera's.
        data.AcquisitionDateTime = _day(said.acquired) + said.acquired.strftime("%H%M%S%z")
    if said.comment:
        data.ImageComments = said.comment
    if said.burned_in is not None:
        data.BurnedInAnnotation = "YES" if said.burned_in else "NO"
    if said.recognisable is not None:
        data.RecognizableVisualFeatures = "YES" if said.recognisable else "NO"


def put_place(data: Any, said: Description) -> None:
    """Add where on the body: a code of the skin, and the side as its modifier (C.8.12.1)."""
    region = code_item(said.site or site_code("skin"))
    if said.laterality:
        region.AnatomicRegionModifierSequence = [code_item(laterality_code(said.laterality))]
        data.ImageLaterality = _SIDES[said.laterality]
    else:
        data.Laterality = ""  # of the series (C.7.3.1); wanted where the image says none
    data.AnatomicRegionSequence = [region]


def put_origin(data: Any, sha256: str, size: int) -> None:
    """Remember what the file was before, in private attributes, so that it can be given back and checked."""
    block = data.private_block(_PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
    block.add_new(0x01, "LO", sha256)
    block.add_new(0x02, "IS", str(size))


def origin_of(data: Any) -> tuple[str, int] | None:
    """Sha-256 and size of the file that `put_origin` remembered."""
    try:
        block = data.private_block(_PRIVATE_GROUP, PRIVATE_CREATOR)
        return str(block[0x01].value), int(block[0x02].value)
    except (KeyError, TypeError, ValueError):
        return None


def code_item(code: Any) -> Any:
    """A code as an item of a sequence."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = (
        code.value,
        code.scheme_designator,
        code.meaning,
    )
    return item


def save(data: Any, path: Any) -> None:
    """Write a data set as a DICOM file, whole or not at all.

    Raises:
        OutputError: see `cutis.core.files.replacing`.
    """
    from cutis.core.files import replacing

    with replacing(path) as scratch:
        data.save_as(scratch, enforce_file_format=True)


def as_bytes(data: Any) -> bytes:
    """A data set as the contents of a DICOM file."""
    import io

    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def day_and_time(moment: dt.datetime) -> tuple[str, str]:
    """A moment as DICOM's DA and TM."""
    return _day(moment), moment.strftime("%H%M%S.%f" if moment.microsecond else "%H%M%S")


def _day(day: dt.date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"
