"""Photos into DICOM and out again: the same bytes, the same pixels, and what the standard wants too."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.read import read_rgb
from cutis.interop.dicom.description import Dermoscope, Description, Microscope, Patient, Study
from cutis.interop.dicom.modules import as_bytes
from cutis.interop.dicom.pixels import PACKINGS, Packing
from cutis.interop.dicom.wrap import Kind, unwrap, wrap, wrap_file

ALL = ("clinical", "dermoscopic", "confocal")


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    "name", ["photo.jpg", "grey.jpg", "turned.jpg", "progressive.jpg", "cmyk.jpg", "photo.png", "photo.webp"]
)
def test_every_object_has_what_the_standard_wants_and_the_photos_pixels(
    kind: Kind, name: str, files: dict[str, Path], said: Description, errors: Callable[[Any], list[str]]
) -> None:
    for what in (said, Description()):
        data = wrap([files[name]], kind, what).data
        assert errors(data) == []
        np.testing.assert_array_equal(read_rgb(as_bytes(data)), read_rgb(files[name]))


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_is_lossless_and_valid(
    packing: Packing, files: dict[str, Path], errors: Callable[[Any], list[str]]
) -> None:
    data = wrap([files["photo.png"]], "clinical", Description(), packing=packing).data
    assert errors(data) == []
    np.testing.assert_array_equal(read_rgb(as_bytes(data)), read_rgb(files["photo.png"]))


@pytest.mark.parametrize("kind", ALL)
def test_a_jpeg_comes_back_bit_by_bit(kind: Kind, files: dict[str, Path], tmp_path: Path) -> None:
    for name in ("photo.jpg", "grey.jpg"):
        wrapped = wrap_file([files[name]], kind, Description(), tmp_path / "a.dcm")
        assert wrapped.kept
        done = unwrap(tmp_path / "a.dcm", tmp_path / "back.jpg")
        assert done.same
        assert (tmp_path / "back.jpg").read_bytes() == files[name].read_bytes()


@pytest.mark.parametrize("tail", [b"", b"\0", b"\xff\xd9\0", b"\xff\xd9\0\0", b"another picture"])
def test_bytes_behind_a_jpegs_end_come_back_too(tail: bytes, files: dict[str, Path], tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(files["photo.jpg"].read_bytes() + tail)
    wrap_file([photo], "clinical", Description(), tmp_path / "a.dcm")
    assert unwrap(tmp_path / "a.dcm", tmp_path / "back.jpg").same
    assert (tmp_path / "back.jpg").read_bytes() == photo.read_bytes()


def test_without_our_private_note_the_jpeg_still_comes_back(files: dict[str, Path], tmp_path: Path) -> None:
    data = wrap([files["photo.jpg"]], "clinical", Description()).data
    data.remove_private_tags()
    (tmp_path / "a.dcm").write_bytes(as_bytes(data))
    assert unwrap(tmp_path / "a.dcm", tmp_path / "back.jpg").same is None
    assert (tmp_path / "back.jpg").read_bytes() == files["photo.jpg"].read_bytes()


@pytest.mark.parametrize(
    ("name", "word"),
    [("turned.jpg", "turned upright"), ("progressive.jpg", "progressive"), ("cmyk.jpg", "CMYK")],
)
def test_a_jpeg_that_cannot_be_kept_says_why(name: str, word: str, files: dict[str, Path]) -> None:
    wrapped = wrap([files[name]], "clinical", Description())
    assert not wrapped.kept
    assert any(word in note for note in wrapped.notes)
    assert wrapped.data.LossyImageCompression == "01"
    assert wrapped.data.LossyImageCompressionMethod == "ISO_10918_1"


def test_a_jpeg_of_twelve_bits_keeps_the_upper_eight_and_says_so(
    skin: NDArray[np.uint8], tmp_path: Path
) -> None:
    import imagecodecs

    (tmp_path / "deep.jpg").write_bytes(
        imagecodecs.jpeg8_encode(skin.astype(np.uint16) * 16 + 8, 97, bitspersample=12)
    )
    wrapped = wrap([tmp_path / "deep.jpg"], "clinical", Description())
    assert not wrapped.kept
    assert any("12-bit" in note for note in wrapped.notes)
    read = read_rgb(as_bytes(wrapped.data))
    np.testing.assert_array_equal(read, read_rgb(tmp_path / "deep.jpg"))
    assert np.abs(read.astype(int) - skin).mean() < 4


def test_the_colours_of_a_jpeg_are_told_from_its_own_markers(skin: NDArray[np.uint8], tmp_path: Path) -> None:
    import imagecodecs

    for sampling in (0, 1, 2):
        Image.fromarray(skin).save(tmp_path / "y.jpg", subsampling=sampling)
        assert (
            wrap([tmp_path / "y.jpg"], "clinical", Description()).data.PhotometricInterpretation
            == "YBR_FULL_422"
        )
    rgb = imagecodecs.jpeg8_encode(skin, 95, colorspace="RGB", outcolorspace="RGB")
    (tmp_path / "r.jpg").write_bytes(rgb)
    data = wrap([tmp_path / "r.jpg"], "clinical", Description()).data
    assert data.PhotometricInterpretation == "RGB"
    np.testing.assert_array_equal(read_rgb(as_bytes(data)), read_rgb(tmp_path / "r.jpg"))


def test_dermoscopic_attributes_are_those_that_were_given(files: dict[str, Path], said: Description) -> None:
    data = wrap([files["photo.jpg"]], "dermoscopic", said).data
    assert data.SOPClassUID == "1.2.840.10008.5.1.4.1.1.77.1.7"
    assert (data.LightSourcePolarization, data.ContactMethod) == ("POLARIZED", "CONTACT")
    assert (data.ImmersionMedia, data.OpticalMagnificationFactor) == ("ALCOHOL", 10)
    assert (data.EmitterColorTemperature, data.Modality) == (5500, "DMS")
    region = data.AnatomicRegionSequence[0]
    assert (region.CodeValue, region.CodingSchemeDesignator) == ("73897004", "SCT")
    assert region.AnatomicRegionModifierSequence[0].CodeMeaning == "Left"
    assert data.ImageLaterality == "L"
    assert (data.TrackingID, data.TrackingUID) == ("lesion 3", "2.25.77")
    assert str(data.PatientName) == "Müller^Zoë"
    again = pydicom.dcmread(io.BytesIO(as_bytes(data)))
    assert str(again.PatientName) == "Müller^Zoë"
    nothing = wrap([files["photo.jpg"]], "dermoscopic", Description()).data
    assert nothing["LightSourcePolarization"].is_empty
    assert "ImmersionMedia" not in nothing


def test_exif_is_mapped_and_time_only_when_asked_and_places_never(files: dict[str, Path]) -> None:
    data = wrap([files["photo.jpg"]], "clinical", Description()).data
    assert (data.Manufacturer, data.ManufacturerModelName) == ("A maker", "A model")
    assert (data.ExposureTimeInSeconds, data.FNumber, data.PhotographicSensitivity) == (0.01, 4, 200)
    assert (data.FlashFiringStatus, data.FlashMode) == (0, 2)
    assert "AcquisitionDateTime" not in data
    assert not [item for item in data if "GPS" in item.keyword]
    timed = wrap([files["photo.jpg"]], "clinical", Description(), exif_time=True).data
    assert timed.AcquisitionDateTime == "20240506070809+0900"
    stripped = wrap([files["photo.jpg"]], "clinical", Description(), strip=True)
    assert b"A maker" in as_bytes(data)[-len(files["photo.jpg"].read_bytes()) :]
    assert b"Exif" not in as_bytes(stripped.data)
    np.testing.assert_array_equal(read_rgb(as_bytes(stripped.data)), read_rgb(files["photo.jpg"]))


def test_a_wide_colour_profile_is_kept_with_the_pixels(skin: NDArray[np.uint8], tmp_path: Path) -> None:
    wide = bytearray(
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"sRGB", b"wide")
    )
    wide = bytearray(bytes(wide).replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be")))
    Image.fromarray(skin).save(tmp_path / "a.png", icc_profile=bytes(wide))
    data = wrap([tmp_path / "a.png"], "clinical", Description()).data
    assert bytes(data.ICCProfile)[: len(wide)] == bytes(wide)
    np.testing.assert_array_equal(
        np.frombuffer(data.PixelData, np.uint8)[: skin.size].reshape(skin.shape), skin
    )
    np.testing.assert_array_equal(read_rgb(as_bytes(data)), read_rgb(tmp_path / "a.png"))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_confocal_stack_keeps_every_pixel_and_its_depths(
    kind: Any, packing: Packing, said: Description, errors: Callable[[Any], list[str]], tmp_path: Path
) -> None:
    from cutis.imaging.mosaic import open_mosaic

    frames = np.random.default_rng(0).integers(0, np.iinfo(kind).max, (4, 30, 21), dtype=kind)
    tifffile.imwrite(tmp_path / "s.tif", frames, photometric="minisblack")
    wrapped = wrap_file([tmp_path / "s.tif"], "confocal", said, tmp_path / "s.dcm", packing=packing)
    assert errors(wrapped.data) == []
    with open_mosaic(tmp_path / "s.dcm", frame=2) as image:
        assert (image.frames, image.spacing, image.step) == (4, pytest.approx(0.5), pytest.approx(5.0))
        np.testing.assert_array_equal(image.rows(0, 30), frames[2])
    unwrap(tmp_path / "s.dcm", tmp_path / "back.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "back.tif"), frames)


def test_several_files_make_a_stack_and_must_be_of_one_size(said: Description, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    paths = [tmp_path / f"{n}.png" for n in range(3)]
    pages = rng.integers(0, 256, (3, 20, 30), dtype=np.uint8)
    for path, page in zip(paths, pages, strict=True):
        Image.fromarray(page).save(path)
    data = wrap(paths, "confocal", said).data
    assert (data.NumberOfFrames, list(data.SliceLocationVector)) == (3, [0, 0.005, 0.01])
    Image.fromarray(pages[0][:10]).save(paths[1])
    with pytest.raises(ImageError, match=r"1\.png: is 30 x 10 pixels, and the first image 30 x 20"):
        wrap(paths, "confocal", said)
    with pytest.raises(CutisError, match="holds one photo"):
        wrap(paths, "clinical", said)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    mode=st.sampled_from(["RGB", "L", "RGBA", "P", "CMYK", "1"]),
    form=st.sampled_from(["JPEG", "PNG", "TIFF", "WEBP", "HEIF"]),
    orientation=st.integers(1, 8),
    sampling=st.integers(0, 2),
    progressive=st.booleans(),
    packing=st.sampled_from(PACKINGS),
    kind=st.sampled_from(ALL),
    seed=st.integers(0, 99),
)
def test_any_photo_comes_back_with_the_same_pixels(
    height: int, width: int, mode: str, form: str, orientation: int, sampling: int, progressive: bool,
    packing: Packing, kind: Kind, seed: int, tmp_path: Path,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (height, width, 4), dtype=np.uint8), "RGBA")
    fits = {"JPEG": ("RGB", "L", "CMYK"), "HEIF": ("RGB", "L", "RGBA"), "WEBP": ("RGB", "RGBA")}
    mode = mode if mode in fits.get(form, (mode,)) else "RGB"
    mode = "RGB" if form == "PNG" and mode == "CMYK" else mode
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = tmp_path / f"a.{form.lower()}"
    options: dict[str, Any] = {"JPEG": {"subsampling": sampling, "progressive": progressive}}.get(form, {})
    if form == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    if form != "TIFF":
        options["exif"] = exif
    image.convert(mode).save(photo, form, **options)
    wrapped = wrap_file([photo], kind, Description(), tmp_path / "a.dcm", packing=packing)
    np.testing.assert_array_equal(read_rgb(tmp_path / "a.dcm"), read_rgb(photo))
    if wrapped.kept:
        unwrap(tmp_path / "a.dcm", tmp_path / "back.jpg")
        assert (tmp_path / "back.jpg").read_bytes() == photo.read_bytes()
    else:
        unwrap(tmp_path / "a.dcm", tmp_path / "back.png")
        np.testing.assert_array_equal(read_rgb(tmp_path / "back.png"), read_rgb(photo))


WRONG = {
    "sex": (Description(patient=Patient(sex="X")), "not one of M, F, O"),
    "long id": (Description(patient=Patient(id="x" * 65)), "65 characters, more than 64"),
    "backslash": (Description(patient=Patient(id="a\\b")), "backslash"),
    "immersion": (
        Description(dermoscope=Dermoscope(contact=True, immersion=("BEER",))),
        "not one of ULTRASOUND_GEL",
    ),
    "no contact": (Description(dermoscope=Dermoscope(contact=False, immersion=("WATER",))), "does not touch"),
    "uid": (Description(study=Study(uid="1.02.3")), "is none"),
    "magnification": (Description(dermoscope=Dermoscope(magnification=-3.0)), "magnification is -3"),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_what_dicom_cannot_hold_is_refused_and_nothing_is_written(
    case: str, files: dict[str, Path], tmp_path: Path
) -> None:
    what, sentence = WRONG[case]
    with pytest.raises(CutisError, match=sentence) as caught:
        wrap_file([files["photo.jpg"]], "dermoscopic", what, tmp_path / "a.dcm")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6, 0.98])
def test_a_truncated_photo_is_refused_and_nothing_is_written(
    share: float, files: dict[str, Path], tmp_path: Path
) -> None:
    content = files["photo.jpg"].read_bytes()
    (tmp_path / "cut.jpg").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ImageError) as caught:
        wrap_file([tmp_path / "cut.jpg"], "clinical", Description(), tmp_path / "a.dcm")
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["cut.jpg"]


def test_unwrapping_refuses_what_would_lose_quality(files: dict[str, Path], tmp_path: Path) -> None:
    wrap_file([files["photo.png"]], "clinical", Description(), tmp_path / "a.dcm")
    with pytest.raises(ImageError, match="would lose quality"):
        unwrap(tmp_path / "a.dcm", tmp_path / "a.jpg")
    with pytest.raises(ImageError, match=r"Choose a \.png or \.tif"):
        unwrap(tmp_path / "a.dcm", tmp_path / "a.gif")
    content = (tmp_path / "a.dcm").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(content[:-4000])
    with pytest.raises(ImageError, match="is truncated"):
        unwrap(tmp_path / "cut.dcm", tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_dicom_is_not_wrapped_again(files: dict[str, Path], tmp_path: Path) -> None:
    wrap_file([files["photo.png"]], "clinical", Description(), tmp_path / "a.dcm")
    with pytest.raises(ImageError, match="is a DICOM file already"):
        wrap([tmp_path / "a.dcm"], "clinical", Description())


def test_no_patient_is_said(files: dict[str, Path]) -> None:
    assert any(
        "no patient is named" in note for note in wrap([files["photo.jpg"]], "clinical", Description()).notes
    )
    named = replace(Description(), patient=Patient("P"))
    assert wrap([files["photo.jpg"]], "clinical", named).notes == ()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_stack_whose_small_values_are_white_keeps_its_look(
    kind: type, tmp_path: Path, errors: Callable[[Any], list[str]]
) -> None:
    pages = np.random.default_rng(0).integers(0, np.iinfo(kind).max, (2, 20, 30), kind, endpoint=True)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="miniswhite")
    data = wrap([tmp_path / "a.tif"], "confocal", Description(patient=Patient("P"))).data
    assert data.PhotometricInterpretation == "MONOCHROME2"
    np.testing.assert_array_equal(data.pixel_array, np.iinfo(kind).max - pages)
    assert errors(data) == []


def test_a_stack_of_jpegs_was_compressed_with_loss(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.jpg" for n in range(2)]
    for path in paths:
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30), np.uint8)).save(path)
    data = wrap(paths, "confocal", Description()).data
    assert (data.LossyImageCompression, data.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    Image.open(paths[0]).save(tmp_path / "0.png")
    assert wrap([tmp_path / "0.png"] * 2, "confocal", Description()).data.LossyImageCompression == "00"


def test_all_times_of_an_object_are_in_the_zone_that_it_says(files: dict[str, Path]) -> None:
    japan, utc = dt.timezone(dt.timedelta(hours=9)), dt.UTC
    said = Description(
        study=Study(moment=dt.datetime(2026, 1, 31, 1, 0, tzinfo=utc)),
        acquired=dt.datetime(2026, 1, 31, 6, 30, tzinfo=japan),
    )
    data = wrap([files["photo.jpg"]], "clinical", said).data
    assert (data.TimezoneOffsetFromUTC, data.StudyTime) == ("+0000", "010000")
    assert (data.AcquisitionDate, data.AcquisitionTime) == ("20260130", "213000")
    assert (data.ContentDate, data.ContentTime) == ("20260130", "213000")
    assert data.AcquisitionDateTime == "20260131063000+0900"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Description(microscope=Microscope(spacing=-1.0)), "the spacing is -1"),
        (Description(microscope=Microscope(wavelength=float("nan"))), "the wavelength is nan"),
        (Description(dermoscope=Dermoscope(kelvin=float("inf"))), "the colour temperature is inf"),
        (Description(instance_number=2**31), "the image's number is 2147483648"),
        (Description(patient=Patient("caf\udce9")), "the patient's id has a backslash or a control"),
    ],
)
def test_numbers_and_texts_that_are_none_are_refused(
    said: Description, words: str, files: dict[str, Path]
) -> None:
    for kind in ALL:
        with pytest.raises(CutisError, match=words):
            wrap([files["photo.png"]], kind, said)


def test_a_jpeg_of_which_only_dicom_says_that_it_is_rgb_comes_out_in_its_colours(
    skin: NDArray[np.uint8], files: dict[str, Path], tmp_path: Path
) -> None:
    from pydicom.encaps import encapsulate

    rgb = io.BytesIO()
    Image.fromarray(skin, "YCbCr").save(rgb, "JPEG", quality=95, subsampling=0)
    plain = rgb.getvalue()
    jfif = plain[2:4] == b"\xff\xe0" and int.from_bytes(plain[4:6], "big")
    assert jfif
    data = wrap([files["photo.jpg"]], "clinical", Description()).data
    data.remove_private_tags()
    data.Rows, data.Columns = skin.shape[:2]
    data.PhotometricInterpretation = "RGB"
    data.PixelData = encapsulate([plain[:2] + plain[4 + jfif :]])
    data["PixelData"].is_undefined_length = True
    data.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    done = unwrap(tmp_path / "a.dcm", tmp_path / "a.jpg")
    assert "a marker was added" in done.notes[0]
    np.testing.assert_array_equal(read_rgb(tmp_path / "a.jpg"), read_rgb(tmp_path / "a.dcm"))
    assert np.abs(read_rgb(tmp_path / "a.jpg").astype(int) - skin).mean() < 4


@pytest.mark.parametrize("photometric", ["RGB", "MONOCHROME1", "MONOCHROME2"])
def test_pixels_of_sixteen_bits_come_out_as_they_are_or_not_at_all(
    photometric: str, files: dict[str, Path], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 65536, (20, 30, 3) if photometric == "RGB" else (20, 30)).astype(np.uint16)
    if photometric == "MONOCHROME2":
        values = values.view(np.int16)
    data = wrap([files["photo.png"]], "clinical", Description()).data
    data.Rows, data.Columns, data.SamplesPerPixel = 20, 30, 3 if photometric == "RGB" else 1
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, int(values.dtype.kind == "i")
    data.PhotometricInterpretation = photometric
    data.add_new(0x7FE00010, "OW", values.tobytes())
    data.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    with pytest.raises(ImageError, match=r"Choose a \.tif"):
        unwrap(tmp_path / "a.dcm", tmp_path / "a.png")
    unwrap(tmp_path / "a.dcm", tmp_path / "a.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), values)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_stack_of_fewer_bits_is_shown_in_its_own_range(photometric: str, tmp_path: Path) -> None:
    values = np.linspace(0, 4095, 20 * 30).astype(np.uint16).reshape(20, 30)
    data = wrap([_sixteen(tmp_path, np.stack([values, values]))], "confocal", Description()).data
    data.BitsStored, data.HighBit, data.PhotometricInterpretation = 12, 11, photometric
    data.save_as(tmp_path / "twelve.dcm", enforce_file_format=True)
    wrap_file([tmp_path / "twelve.dcm"], "confocal", Description(), tmp_path / "again.dcm")
    np.testing.assert_array_equal(read_rgb(tmp_path / "again.dcm"), read_rgb(tmp_path / "twelve.dcm"))
    assert np.ptp(read_rgb(tmp_path / "again.dcm")) == 255


def _sixteen(folder: Path, pages: NDArray[np.uint16]) -> Path:
    tifffile.imwrite(folder / "a.tif", pages, photometric="minisblack")
    return folder / "a.tif"
