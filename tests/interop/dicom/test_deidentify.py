"""Copies without identity: nothing of the patient is left, the image is, and UIDs agree over files."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.read import read_rgb
from cutis.interop.dicom.deidentify import OPTIONS, deidentified, deidentify_files, profile
from cutis.interop.dicom.description import Description
from cutis.interop.dicom.modules import as_bytes, save
from cutis.interop.dicom.wrap import Kind, wrap
from cutis.interop.dicom.writing import find_writing

KEY = b"a secret of more than sixteen bytes"
NAMES = (
    "P-1",
    "Zoë",
    "Müller",
    "19800229",
    "Haus",
    "Gregor",
    "A hospital",
    "SN 5",
    "a comment",
    "Follow-up",
    "A1",
)


@pytest.fixture
def photo(files: dict[str, Path], said: Description) -> Any:
    data = wrap([files["photo.jpg"]], "dermoscopic", said).data
    data.OtherPatientNames = "Müller^Old"
    data.private_block(0x0011, "SOMEBODY", create=True).add_new(1, "LO", "Zoë again")
    item = pydicom.Dataset()
    item.RequestedProcedureDescription = "photo of Müller"
    item.RequestedProcedureID = "R-9"
    data.RequestAttributesSequence = [item]
    return data


def words_in(data: Any) -> str:
    return str(data) + str(data.file_meta)


@pytest.mark.parametrize("kind", ["clinical", "dermoscopic", "confocal"])
def test_nothing_of_the_patient_is_left_and_the_object_stays_valid(
    kind: Kind, files: dict[str, Path], said: Description, errors: Callable[[Any], list[str]]
) -> None:
    data = wrap([files["photo.jpg"]], kind, said).data
    clean, _ = deidentified(as_bytes(data), KEY)
    for name in NAMES:
        assert name in words_in(data) or kind == "confocal"
        assert name not in words_in(clean)
    assert errors(clean) == []
    np.testing.assert_array_equal(read_rgb(as_bytes(clean)), read_rgb(files["photo.jpg"]))
    assert clean.PatientIdentityRemoved == "YES"
    assert clean.DeidentificationMethodCodeSequence[0].CodeValue == "113100"


def test_private_attributes_nested_ones_and_exif_go_too(photo: Any) -> None:
    content = as_bytes(photo)
    assert b"A maker" in content.split(b"\xff\xd8", 1)[1]
    clean, _ = deidentified(content, KEY)
    assert not [item for item in clean.iterall() if item.tag.is_private]
    for name in (*NAMES, "Old", "again", "R-9"):
        assert name not in words_in(clean)
    inside = bytes(clean.PixelData)
    assert b"Exif" not in inside
    assert b"2024:05:06" not in inside


def test_uids_and_the_patients_name_agree_over_files_and_differ_by_key(
    files: dict[str, Path], said: Description
) -> None:
    from dataclasses import replace

    from cutis.interop.dicom.uids import new_uid

    first = as_bytes(wrap([files["photo.jpg"]], "clinical", said).data)
    second = as_bytes(wrap([files["photo.png"]], "clinical", replace(said, instance_uid=new_uid())).data)
    a, b, other = deidentified(first, KEY)[0], deidentified(second, KEY)[0], deidentified(first, KEY[::-1])[0]
    assert a.StudyInstanceUID == b.StudyInstanceUID != said.study.uid
    assert a.SOPInstanceUID != b.SOPInstanceUID
    assert a.PatientID == b.PatientID != other.PatientID
    assert a.StudyInstanceUID != other.StudyInstanceUID
    assert a.file_meta.MediaStorageSOPInstanceUID == a.SOPInstanceUID


def test_what_is_retained_is_what_was_asked_for(photo: Any) -> None:
    content = as_bytes(photo)
    kept = {name: deidentified(content, KEY, [name])[0] for name in OPTIONS}
    assert kept["dates"].StudyDate == photo.StudyDate
    assert kept["dates"].LongitudinalTemporalInformationModified == "UNMODIFIED"
    assert not kept["device"].StudyDate
    assert kept["device"].DeviceSerialNumber == "SN 5"
    assert kept["institution"].InstitutionName == "A hospital"
    assert kept["patient"].PatientSex == "F"
    assert kept["uids"].SOPInstanceUID == photo.SOPInstanceUID
    for name, (code, _) in OPTIONS.items():
        assert code in [item.CodeValue for item in kept[name].DeidentificationMethodCodeSequence]
        assert "Zoë" not in words_in(kept[name])
    with pytest.raises(CutisError, match="'names' cannot be retained"):
        deidentified(content, KEY, ["names"])
    with pytest.raises(CutisError, match="16 or more"):
        deidentified(content, b"short")


def test_the_table_knows_every_attribute_that_names_a_person() -> None:
    from pydicom.datadict import DicomDictionary

    known = profile()
    people = {tag: row[4] for tag, row in DicomDictionary.items() if row[0] == "PN" and not row[3]}
    unknown = {tag: name for tag, name in people.items() if tag not in known}
    # Names of people inside content items and of who made a label are met by the sequences around them.
    assert len(unknown) <= 6, unknown


def test_orthanc_removes_nothing_that_we_leave(
    orthanc: dict[str, Any], photo: Any, files: dict[str, Path], tmp_path: Path
) -> None:
    """Orthanc 1.10 has the profile of 2021: what it removes or empties, we do not keep."""
    root = f"http://127.0.0.1:{orthanc['http']}"
    request = urllib.request.Request(f"{root}/instances", data=as_bytes(photo), method="POST")
    with urllib.request.urlopen(request, timeout=60) as reply:
        one = json.loads(reply.read())["ID"]
    asked = json.dumps({"DicomVersion": "2021b"}).encode()
    with urllib.request.urlopen(f"{root}/instances/{one}/anonymize", data=asked, timeout=60) as reply:
        theirs = pydicom.dcmread(io.BytesIO(reply.read()))
    ours, _ = deidentified(as_bytes(photo), KEY)
    left = {
        item.keyword
        for item in ours
        if item.tag in photo
        and item.value == photo[item.tag].value
        and not item.is_empty
        and item.tag not in theirs
    }
    assert left == set()


def test_files_are_named_by_their_new_uids_and_the_secret_is_kept(photo: Any, tmp_path: Path) -> None:
    save(photo, tmp_path / "Müller.dcm")
    key = tmp_path / "key"
    ((first, _),) = deidentify_files([tmp_path / "Müller.dcm"], tmp_path / "out", key=key)
    ((second, _),) = deidentify_files([tmp_path / "Müller.dcm"], tmp_path / "out", key=key)
    assert first == second
    assert first.stem == pydicom.dcmread(first).SOPInstanceUID
    assert key.stat().st_mode & 0o077 == 0
    ((third, _),) = deidentify_files([tmp_path / "Müller.dcm"], tmp_path / "out")
    assert third != first


def written(pixels: np.ndarray, text: str, colour: tuple[int, int, int], scale: float) -> np.ndarray:
    return cv2.putText(pixels.copy(), text, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 2, cv2.LINE_AA)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (255, 255, 0)])
@pytest.mark.parametrize("scale", [0.6, 1.0])
def test_writing_is_found(colour: tuple[int, int, int], scale: float, photo: Any) -> None:
    skin = np.full((300, 400, 3), (205, 150, 130) if colour != (255, 255, 0) else (120, 60, 50), np.uint8)
    assert not find_writing(skin)
    named = written(skin, "MUELLER 1980-02-29", colour, scale)
    assert find_writing(named)


def test_writing_is_told_when_a_copy_is_made(files: dict[str, Path], tmp_path: Path) -> None:
    from PIL import Image

    skin = np.full((300, 400, 3), (205, 150, 130), np.uint8)
    Image.fromarray(written(skin, "MUELLER 1980", (0, 0, 0), 1.0)).save(tmp_path / "a.png")
    content = as_bytes(wrap([tmp_path / "a.png"], "clinical", Description()).data)
    assert "seems to be writing" in deidentified(content, KEY)[1][0]
    said = as_bytes(wrap([files["photo.png"]], "clinical", Description(burned_in=True)).data)
    assert "says that there is writing" in deidentified(said, KEY)[1][0]
    assert deidentified(as_bytes(wrap([files["photo.png"]], "clinical", Description()).data), KEY)[1] == ()


def test_skin_is_rarely_taken_for_writing(shared_data: Path) -> None:
    from cutis.imaging.read import find_images

    photos = [path for path, _ in zip(find_images(shared_data / "ham10000"), range(40), strict=False)]
    assert sum(find_writing(read_rgb(path)) for path in photos) <= len(photos) // 10


def test_a_report_is_not_taken_for_an_image(photo: Any, prediction: Any) -> None:
    from cutis.interop.dicom.report import report

    with pytest.raises(ImageError, match="without an image"):
        deidentified(as_bytes(report(photo, prediction)), KEY)


def test_nothing_is_left_in_the_files_head_or_where_nobody_knows_what_stands(photo: Any) -> None:
    photo.add_new(0x00100099, "UN", b"Zoe again!")  # of no standard
    photo.file_meta.add_new(0x00020018, "AE", "ZOE")
    photo.file_meta.add_new(0x00020100, "UI", "2.25.5")
    photo.file_meta.add_new(0x00020102, "OB", b"Zoe again!")
    made, _ = deidentified(as_bytes(photo), KEY)
    content = as_bytes(made)
    assert b"Zoe" not in content and b"ZOE" not in content and b"2.25.5\0" not in content


@pytest.mark.parametrize("word", ["SOPClassUID", "SOPInstanceUID"])
def test_an_object_that_does_not_say_what_it_is_is_refused_in_words(word: str, photo: Any) -> None:
    out = io.BytesIO()
    del photo[word]
    photo.save_as(out, enforce_file_format=True)
    with pytest.raises(ImageError, match=f"has no {word}"):
        deidentified(out.getvalue(), KEY)


def test_a_damaged_attribute_is_told_in_words(photo: Any, tmp_path: Path) -> None:
    content = as_bytes(photo)
    damaged = content.replace(b"\x08\x00\x90\x00PN", b"\x08\x00\x90\x00QQ")  # a representation that is none
    assert damaged != content
    with pytest.raises(ImageError, match="is damaged"):
        deidentified(damaged, KEY)
