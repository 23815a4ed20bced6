"""Clinical and dermoscopic photos as DICOM images."""

from __future__ import annotations

from typing import Any

from cutis.interop.dicom.description import Description, check_description
from cutis.interop.dicom.modules import (
    new_dataset,
    put_image,
    put_origin,
    put_patient_and_study,
    put_place,
    put_series,
)
from cutis.interop.dicom.photo import Photo
from cutis.interop.dicom.pixels import Packing, put_photo
from cutis.interop.dicom.uids import uid_of

# Source: PS3.4, table B.5-1, and PS3.3 A.32.4 and A.32.11.
CLINICAL = "1.2.840.10008.5.1.4.1.1.77.1.4"  # VL Photographic Image Storage
DERMOSCOPIC = "1.2.840.10008.5.1.4.1.1.77.1.7"  # Dermoscopic Photography Image Storage


def clinical_image(photo: Photo, said: Description, packing: Packing = "none") -> Any:
    """A photo as VL Photographic Image.

    Raises:
        CutisError: the description cannot be written, see `check_description`.
    """
    return _image(CLINICAL, "XC", photo, said, packing)


def dermoscopic_image(photo: Photo, said: Description, packing: Packing = "none") -> Any:
    """A photo as Dermoscopic Photography Image.

    What is not known of the dermoscope is there and empty, as the standard wants it.

    Raises:
        CutisError: the description cannot be written, see `check_description`.
    """
    data = _image(DERMOSCOPIC, "DMS", photo, said, packing)
    scope = said.dermoscope
    lit = {True: "POLARIZED", False: "NON_POLARIZED", None: None}
    touched = {True: "CONTACT", False: "NON_CONTACT", None: None}
    data.LightSourcePolarization = lit[scope.polarised]
    data.EmitterColorTemperature = None if scope.kelvin is None else f"{scope.kelvin:.10g}"
    data.ContactMethod = touched[scope.contact]
    if scope.contact:
        data.ImmersionMedia = list(scope.immersion) or None
    data.OpticalMagnificationFactor = None if scope.magnification is None else f"{scope.magnification:.10g}"
    data.RecognizableVisualFeatures = "YES" if said.recognisable else "NO"
    # Wanted by the first edition of this object, and harmless in later ones: each series its own frame.
    data.FrameOfReferenceUID, data.PositionReferenceIndicator = uid_of("frame", said.series_uid), ""
    return data


def _image(sop_class: str, modality: str, photo: Photo, said: Description, packing: Packing) -> Any:
    said = said.with_camera(photo.camera.device)
    check_description(said)
    data = new_dataset(sop_class, said.instance_uid)
    put_patient_and_study(data, said)
    put_series(data, said, modality)
    put_image(data, said)
    put_place(data, said)
    for name, value in photo.camera.settings.items():
        setattr(data, name, value)
    if said.lesion:
        data.TrackingID, data.TrackingUID = said.lesion
    put_origin(data, photo.sha256, photo.size)
    data.file_meta.TransferSyntaxUID = put_photo(data, photo, packing)
    return data
