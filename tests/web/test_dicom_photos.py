"""DICOM files come in as photos do: their pixels are kept, who it is of is not."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest

from cutis.imaging.read import read_rgb
from cutis.web.people.roles import Role

pydicom = pytest.importorskip("pydicom", reason="the dicom extra is not installed")


def _dicom(pixels: np.ndarray, **more: Any) -> bytes:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.4"  # VL photographic image
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("x", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    made.PatientName, made.PatientID = "Quill^Nora", "MRN-4711"
    made.Rows, made.Columns = pixels.shape[:2]
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "RGB", 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    made.PixelData = pixels.tobytes()
    for name, value in more.items():
        setattr(made, name, value)
    out = BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _send(world: Any, content: bytes, key: str) -> Any:
    return world.a.people[Role.CLINICIAN].api(
        "POST",
        f"/api/studies/{world.a.id}/photos",
        data={"participant": world.a.names["participant"], "key": key},
        files={"photo": ("x.dcm", content)},
    )


def test_the_pixels_of_a_dicom_file_are_kept_and_the_patient_is_not(world: Any) -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (40, 60, 3), np.uint8)
    sent = _send(world, _dicom(pixels), "dicom-1")
    assert sent.status_code == 201, sent.text
    store = world.a.people[Role.CLINICIAN].platform.store
    kept = store.photo(sent.json()["digest"], sent.json()["kind"])
    assert np.array_equal(read_rgb(kept), pixels)
    for file in store.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"Quill" not in content
            assert b"MRN-4711" not in content


def test_what_may_name_the_patient_or_is_too_large_is_refused_in_words(world: Any) -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    burned = _send(world, _dicom(pixels, BurnedInAnnotation="YES"), "dicom-2")
    assert burned.status_code == 422
    assert "burned into its picture" in burned.json()["detail"]
    several = _send(world, _dicom(np.concatenate([pixels, pixels]), Rows=40, NumberOfFrames=2), "dicom-3")
    assert several.status_code == 422
    assert "several images" in several.json()["detail"]
    bomb = _send(world, _dicom(pixels, Rows=4000, Columns=4000), "dicom-4")
    assert bomb.status_code == 422
    cut = _send(world, _dicom(pixels)[:-500], "dicom-5")
    assert cut.status_code == 422
    assert "cut off" in cut.json()["detail"] or "damaged" in cut.json()["detail"]
