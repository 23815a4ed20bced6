"""A map over a photo as a DICOM segmentation: where, and how surely, as numbers that viewers can overlay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.core.version import __version__
from cutis.interop.dicom.concepts import label_concept
from cutis.interop.dicom.modules import day_and_time, put_creation
from cutis.interop.dicom.source import as_evidence, in_zone_of, put_zone_of
from cutis.interop.dicom.uids import uid_of
from cutis.interop.fhir.results import Model, Outcome

_LEVELS = 255


def segmentation(
    image: Any,
    maps: NDArray[np.floating[Any]],
    labels: Sequence[Outcome],
    model: Model,
    *,
    binary: bool = False,
    smooth: bool = True,
    series_number: int = 902,
) -> Any:
    """One segment per label.

    Args:
        image: the data set of the photo.
        maps: (labels, h, w) 0 to 1, over the whole photo, of any size; NaN, which is not known, becomes 0.
        labels: what each map shows; their probabilities are not looked at.
        model: that made them.
        binary: a segment is where a map is at least one half; otherwise each pixel keeps its value, in steps
            of 1/255.
        smooth: between the map's cells values change evenly; otherwise each cell is a square.
        series_number: of the new series.

    Returns:
        The data set of a Segmentation.

    Raises:
        ImageError: the maps do not fit the labels or leave 0 to 1, or the image lacks what a segmentation
            must repeat.
    """
    from highdicom.seg import Segmentation, SegmentationTypeValues

    name = str(image.get("SOPInstanceUID", "the image"))
    known = np.nan_to_num(np.asarray(maps, np.float32), nan=0.0)
    if known.ndim != 3 or len(known) != len(labels) or known.min() < 0 or known.max() > 1:
        what = f"have shape {np.shape(maps)} for {len(labels)} labels, or leave 0 to 1"
        raise ImageError(name, f"cannot be segmented: its maps {what}.")
    how = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
    content = np.ascontiguousarray(known).tobytes() + bytes((binary, smooth))
    try:
        size = (int(image.Columns), int(image.Rows))
        spread = np.stack([np.asarray(cv2.resize(one, size, interpolation=how)) for one in known], axis=-1)
        values = (spread >= 0.5).astype(np.uint8) if binary else np.clip(spread, 0, 1)
        made = Segmentation(
            source_images=[as_evidence(image)],
            pixel_array=values[None],  # (frames, rows, columns, segments)
            segmentation_type=SegmentationTypeValues.BINARY if binary else SegmentationTypeValues.FRACTIONAL,
            segment_descriptions=[_segment(n, label, model) for n, label in enumerate(labels, 1)],
            series_instance_uid=uid_of("segmentations", name, model.digest),
            series_number=series_number,
            sop_instance_uid=uid_of("segmentation", name, model.digest, content),
            instance_number=1,
            manufacturer="cutis",
            manufacturer_model_name=model.name[:64],
            software_versions=f"cutis {__version__}",
            device_serial_number=model.digest[:64] or "unknown",
            max_fractional_value=_LEVELS,
            content_label="MAP",
            content_description=f"{model.title or model.task}: preliminary"[:64],
            omit_empty_frames=False,
        )
    except (AttributeError, KeyError, NotImplementedError, TypeError, ValueError) as error:
        what = f"cannot be segmented ({' '.join(str(error).split())})"
        raise ImageError(name, f"{what}. Check it first.") from error
    made.SpecificCharacterSet = "ISO_IR 192"
    put_zone_of(made, image)
    moment = in_zone_of(dt.datetime.now().astimezone(), image)
    put_creation(made, moment)
    made["ContentDate"].value, made["ContentTime"].value = day_and_time(moment)
    made.PatientOrientation = ""  # of a photo it is not known
    return made


def _segment(number: int, label: Outcome, model: Model) -> Any:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription
    from pydicom.sr.codedict import codes

    return SegmentDescription(
        segment_number=number,
        segment_label=(label.title or label.name)[:64],
        # A map says where a model looks, not that the place is abnormal.
        segmented_property_category=codes.SCT.SpatialAndRelationalConcept,
        segmented_property_type=label_concept(model.task, label),
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence(
            name=model.name[:64], version=model.version[:64], family=codes.DCM.ArtificialIntelligence
        ),
    )
