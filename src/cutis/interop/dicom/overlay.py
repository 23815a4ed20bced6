"""A picture of a result, such as a map drawn over the photo, as secondary capture: every viewer shows it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.core.version import __version__
from cutis.interop.dicom.concepts import own
from cutis.interop.dicom.modules import new_dataset, put_creation
from cutis.interop.dicom.photo import srgb_profile
from cutis.interop.dicom.pixels import Packing, put_pixels
from cutis.interop.dicom.source import in_zone_of, put_patient_and_study_of, reference_to
from cutis.interop.dicom.uids import uid_of
from cutis.interop.fhir.results import Model

SECONDARY = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture Image Storage


def overlay(
    image: Any,
    pixels: NDArray[np.uint8],
    model: Model,
    title: str,
    *,
    moment: dt.datetime | None = None,
    series_number: int = 901,
    packing: Packing = "none",
) -> Any:
    """A drawn result in the study of its photo.

    The same photo, bundle, title and pixels always give the same UIDs.

    Args:
        image: the data set of the photo.
        pixels: (height, width, 3) uint8, sRGB.
        model: whose result is drawn.
        title: what is drawn, for people.
        moment: when; now by default.
        series_number: of the new series.
        packing: how pixels are compressed, without loss.

    Returns:
        The data set of a Secondary Capture Image.

    Raises:
        ImageError: the photo does not say its study, or the pixels are no picture.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or 0 in pixels.shape:
        raise ImageError(
            "the overlay", f"has shape {pixels.shape} of {pixels.dtype}; expected RGB of 8 bits."
        )
    moment = in_zone_of(moment or dt.datetime.now().astimezone(), image)
    photo = str(image.get("SOPInstanceUID", ""))
    data = new_dataset(SECONDARY, uid_of("overlay", photo, model.digest, title, pixels.tobytes()))
    put_patient_and_study_of(data, image)
    put_creation(data, moment)
    data.SpecificCharacterSet = "ISO_IR 192"
    data.Modality, data.ConversionType = "OT", "WSD"
    data.SeriesInstanceUID, data.SeriesNumber = uid_of("overlays", photo, model.digest), series_number
    data.SeriesDescription = f"{title}: preliminary, for research use"[:64]
    data.Laterality = ""
    data.Manufacturer, data.ManufacturerModelName = "cutis", model.name[:64]
    data.SoftwareVersions = [f"cutis {__version__}", f"{model.name} {model.version}"[:64]]
    data.InstanceNumber = 1
    data.ImageType = ["DERIVED", "SECONDARY"]
    data.PatientOrientation = ""
    data.ContentDate, data.ContentTime = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    data.DateOfSecondaryCapture, data.TimeOfSecondaryCapture = data.ContentDate, data.ContentTime
    rendered = "; the model was trained on rendered images, not for care" if model.rendered else ""
    data.DerivationDescription = f"{title}, by {model.name} {model.version}{rendered}"[:1024]
    data.DerivationCodeSequence = [own("overlay", "Result drawn over the image")]
    source = reference_to(image)
    source.PurposeOfReferenceCodeSequence = [_purpose()]
    data.SourceImageSequence = [source]
    data.BurnedInAnnotation = "NO"
    data.LossyImageCompression = str(image.get("LossyImageCompression", "00") or "00")
    if data.LossyImageCompression == "01":
        for word in ("LossyImageCompressionRatio", "LossyImageCompressionMethod"):
            if word in image:
                data[word] = image[word]
    data.ICCProfile = srgb_profile() + b"\0" * (len(srgb_profile()) % 2)
    data.ColorSpace = "SRGB"
    data.file_meta.TransferSyntaxUID = put_pixels(data, pixels, packing)
    return data


def _purpose() -> Any:
    from pydicom.sr.codedict import codes

    from cutis.interop.dicom.modules import code_item

    return code_item(codes.DCM.SourceImageForImageProcessingOperation)
