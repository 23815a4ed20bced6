"""DICOM as microscopes write it: windows, bits, frames, spacing; and what is wrong with a file is said."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import ImageError, MissingExtraError
from cutis.imaging.dicom import open_dicom_image
from cutis.imaging.mosaic import open_mosaic

pydicom = pytest.importorskip("pydicom", reason="needs the 'dicom' extra")
GREY = np.random.default_rng(0).integers(0, 256, (300, 210), dtype=np.uint8)


def save(path: Path, pixels: NDArray[Any], *, rle: bool = False, **tags: Any) -> Path:
    """Write pixels of (h, w), (frames, h, w) or (h, w, 3)."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.SOPClassUID = SecondaryCaptureImageStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID
    colour = pixels.ndim == 3 and pixels.shape[2] == 3
    if pixels.ndim == 3 and not colour:
        data.NumberOfFrames = len(pixels)
    data.Rows, data.Columns = pixels.shape[:2] if colour else pixels.shape[-2:]
    data.SamplesPerPixel = 3 if colour else 1
    data.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        data.PlanarConfiguration = 0
    data.BitsAllocated = data.BitsStored = pixels.dtype.itemsize * 8
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    for name, value in tags.items():
        setattr(data, name, value)
    data.PixelData = pixels.tobytes()
    if rle:
        from pydicom.uid import RLELossless

        data.compress(RLELossless)
    data.save_as(path, enforce_file_format=True)
    return path


def read(path: Path, **options: Any) -> NDArray[np.float32]:
    with open_mosaic(path, **options) as mosaic:
        return mosaic.read(slice(None), slice(None))


@pytest.mark.parametrize("rle", [False, True])
def test_8_bit_pixels_are_kept(rle: bool, tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", GREY, rle=rle, PixelSpacing=[0.0005, 0.0005])
    np.testing.assert_array_equal(read(path), GREY)
    with open_mosaic(path) as mosaic:
        assert mosaic.spacing == pytest.approx(0.5)
        assert mosaic.notes == ()
        np.testing.assert_array_equal(mosaic.read(slice(290, 300), slice(3, 9)), GREY[290:300, 3:9])


def test_small_values_that_are_white_are_turned(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", 255 - GREY, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(read(path), GREY)


def test_the_window_of_the_file_sets_black_and_white(tmp_path: Path) -> None:
    stored = np.array([[0, 1000, 2000, 3000, 4000]], np.uint16)
    tags = {"WindowCenter": 2000.5, "WindowWidth": 2001, "RescaleSlope": 1, "RescaleIntercept": 0}
    path = save(tmp_path / "a.dcm", stored, **tags)
    np.testing.assert_allclose(read(path), [[0, 0, 127.5, 255, 255]], atol=0.01)
    with open_mosaic(path) as mosaic:
        assert mosaic.notes == ("window of the file: 1000 to 3000 became 0 to 255",)
    np.testing.assert_allclose(read(path, window=(0, 4000)), [[0, 63.75, 127.5, 191.25, 255]], atol=0.01)


def test_the_window_is_in_rescaled_units(tmp_path: Path) -> None:
    stored = np.array([[0, 50, 100]], np.uint16)
    tags = {"WindowCenter": 100.5, "WindowWidth": 201, "RescaleSlope": 2, "RescaleIntercept": 0}
    np.testing.assert_allclose(read(save(tmp_path / "a.dcm", stored, **tags)), [[0, 127.5, 255]], atol=0.01)


def test_without_a_window_the_stored_bits_are_the_range(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", np.array([[0, 4095]], np.uint16), BitsStored=12, HighBit=11)
    np.testing.assert_allclose(read(path), [[0, 255]])
    with open_mosaic(path) as mosaic:
        assert "has 12-bit pixels and no window: 0 to 4095 became 0 to 255" in mosaic.notes


def test_padding_is_missing(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", np.array([[0, 7, 255]], np.uint8), PixelPaddingValue=7)
    assert np.isnan(read(path)).tolist() == [[False, True, False]]


def test_colour_becomes_grey_and_this_is_said(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", np.full((4, 6, 3), (200, 100, 50), np.uint8))
    assert np.all(read(path) == 124)
    with open_mosaic(path) as mosaic:
        assert any("made grey" in note for note in mosaic.notes)


def test_each_frame_can_be_read(tmp_path: Path) -> None:
    frames = np.random.default_rng(1).integers(0, 256, (4, 30, 20), dtype=np.uint8)
    path = save(tmp_path / "a.dcm", frames, SpacingBetweenSlices=0.005)
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(read(path, frame=number), frame)
    with open_mosaic(path, frame=0) as mosaic:
        assert (mosaic.frames, mosaic.step) == (4, pytest.approx(5.0))
    with pytest.raises(ImageError, match="holds 4 images"):
        open_mosaic(path)


@pytest.mark.parametrize("rle", [False, True])
@pytest.mark.parametrize("keep", [0.02, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_refused(rle: bool, keep: float, tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", GREY, rle=rle)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ImageError, match=r"a\.dcm: .*Copy"):
        read(path)


def test_without_pydicom_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    path = save(tmp_path / "a.dcm", GREY)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(MissingExtraError, match=r"Reading a\.dcm needs the 'dicom' extra"):
        open_mosaic(path)


@pytest.mark.parametrize(
    "empty", [("WindowCenter", "WindowWidth"), ("PixelPaddingValue",), ("RescaleSlope", "RescaleIntercept")]
)
def test_what_a_device_leaves_empty_says_nothing(empty: tuple[str, ...], tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", GREY, **dict.fromkeys(empty))
    np.testing.assert_array_equal(read(path), GREY)


def test_numbers_with_a_sign_have_the_range_of_their_bits(tmp_path: Path) -> None:
    values = np.linspace(-2048, 2047, 300 * 210).astype(np.int16).reshape(300, 210)
    path = save(tmp_path / "a.dcm", values, BitsStored=12, HighBit=11)
    np.testing.assert_allclose(read(path), (values + 2048.0) * (255 / 4095), atol=0.01)


def test_a_window_is_not_for_colours(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.dcm", np.full((4, 6, 3), (200, 100, 50), np.uint8), WindowCenter=10, WindowWidth=5
    )
    assert np.all(read(path) == 124)


def test_a_palette_is_applied(tmp_path: Path) -> None:
    tables = {}
    for name in ("Red", "Green", "Blue"):
        tables[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tables[f"{name}PaletteColorLookupTableData"] = np.arange(65535, -1, -257).astype("<u2").tobytes()
    path = save(tmp_path / "a.dcm", GREY, PhotometricInterpretation="PALETTE COLOR", **tables)
    np.testing.assert_array_equal(read(path), 255 - GREY)


def test_a_deflated_file_is_read(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", GREY)
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    data.save_as(path, enforce_file_format=True)
    np.testing.assert_array_equal(read(path), GREY)


def table(first: int, values: NDArray[Any], bits: int, *, kind: str = "") -> Any:
    """A sequence with one lookup table; of a number type its entries are written as bytes."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(values) % 2**16, first, bits])
    if kind:
        item.add_new("LUTData", "OW", values.astype(kind).tobytes())
    else:
        item.add_new("LUTData", "US", [int(value) for value in values])
    item.ModalityLUTType = "US"
    return Sequence([item])


CURVE = np.rint(4095 * np.linspace(0, 1, 3000) ** 2).astype(np.uint16)
STORED = np.random.default_rng(4).integers(0, 4096, (64, 48), dtype=np.uint16)
LOOKED_UP: dict[str, dict[str, Any]] = {
    "modality": {"ModalityLUTSequence": table(500, CURVE, 12)},
    "voi": {"VOILUTSequence": table(500, CURVE, 12)},
    "voi of 8 bits": {"VOILUTSequence": table(500, CURVE >> 4, 8)},
    "voi in words": {"VOILUTSequence": table(500, CURVE, 12, kind="<u2")},
    "voi of 8 bits, two in a word": {"VOILUTSequence": table(500, CURVE >> 4, 8, kind="u1")},
    "voi of more entries than a signed number holds": {
        "VOILUTSequence": table(-30000, np.arange(34000) % 4096, 12, kind="<u2"),
        "RescaleSlope": "1",
        "RescaleIntercept": "-2000",
    },
    "voi of rescaled values": {
        "VOILUTSequence": table(-1000, CURVE, 12),
        "RescaleSlope": "2",
        "RescaleIntercept": "-3000",
    },
    "both": {
        "ModalityLUTSequence": table(500, CURVE, 12),
        "VOILUTSequence": table(100, CURVE[::-1] * 16, 16),
    },
    "voi before a window": {
        "VOILUTSequence": table(500, CURVE, 12),
        "WindowCenter": 100,
        "WindowWidth": 50,
    },
}


@pytest.mark.parametrize("white_is_zero", [False, True])
@pytest.mark.parametrize("kind", LOOKED_UP)
def test_lookup_tables_of_the_file_are_applied_as_dcmtk_does(
    kind: str, white_is_zero: bool, tmp_path: Path
) -> None:
    program = shutil.which("dcm2pnm")
    if program is None:
        pytest.skip("needs dcmtk's dcm2pnm")
    tags = LOOKED_UP[kind] | {"PhotometricInterpretation": "MONOCHROME1" if white_is_zero else "MONOCHROME2"}
    path = save(tmp_path / "a.dcm", STORED, BitsStored=12, HighBit=11, **tags)
    voi = ["--use-voi-lut", "1"] if "VOILUTSequence" in tags else []
    subprocess.run([program, *voi, "--write-bmp", str(path), str(tmp_path / "a.bmp")], check=True, timeout=60)
    dcmtk = np.asarray(Image.open(tmp_path / "a.bmp").convert("L"), float)
    np.testing.assert_allclose(read(path), dcmtk, atol=1.1)  # it cuts into 256 steps, ours are exact
    np.testing.assert_allclose(open_dicom_image(path).rgb()[..., 0], dcmtk, atol=1.1)
    with open_mosaic(path) as mosaic:
        assert [note for note in mosaic.notes if "own table" in note]


def test_a_table_leaves_missing_pixels_missing_and_a_window_of_the_user_takes_its_place(
    tmp_path: Path,
) -> None:
    stored = np.array([[0, 7, 10, 20]], np.uint16)
    tags = {"VOILUTSequence": table(0, np.arange(21) * 12, 8), "PixelPaddingValue": 7}
    path = save(tmp_path / "a.dcm", stored, **tags)
    np.testing.assert_allclose(read(path), [[0, np.nan, 120, 240]], atol=0.01)
    np.testing.assert_allclose(read(path, window=(0, 20)), [[0, np.nan, 127.5, 255]], atol=0.01)


def test_a_table_that_is_shorter_than_it_says_is_said(tmp_path: Path) -> None:
    short = table(0, np.arange(20), 8)
    short[0].LUTDescriptor = [256, 0, 8]
    path = save(tmp_path / "a.dcm", GREY, VOILUTSequence=short)
    with pytest.raises(ImageError, match=r"lookup table .* of 20 entries .* 256 entries"):
        read(path)


def groups(frames: list[dict[str, Any]]) -> Any:
    """Functional groups: of each item the attributes of its groups."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    items = []
    for frame in frames:
        item = Dataset()
        for sequence, tags in frame.items():
            said = Dataset()
            for name, value in tags.items():
                setattr(said, name, value)
            setattr(item, sequence, Sequence([said]))
        items.append(item)
    return Sequence(items)


SLOPE = {"RescaleSlope": "2", "RescaleIntercept": "-3000", "RescaleType": "US"}
OWN = [
    {"WindowCenter": 1000, "WindowWidth": 2000},
    {"WindowCenter": -500, "WindowWidth": 300},
    {"VOILUTSequence": table(-1000, CURVE, 12)},
]


@pytest.mark.parametrize("whose", ["each frame's own", "of all frames", "of all frames but one"])
def test_an_enhanced_image_shows_each_frame_as_the_frame_alone_would_be_shown(
    whose: str, tmp_path: Path
) -> None:
    program = shutil.which("dcm2pnm")
    if program is None:
        pytest.skip("needs dcmtk's dcm2pnm")
    pixels = np.stack([np.roll(STORED, 13 * number, axis=1) for number in range(3)])
    windows = {
        "each frame's own": OWN,
        "of all frames": [OWN[0]] * 3,
        "of all frames but one": [OWN[0], OWN[0], OWN[2]],
    }[whose]
    shared = {"PixelValueTransformationSequence": SLOPE}
    own: list[dict[str, Any]] = [{} for _ in range(3)]
    if whose == "each frame's own":
        own = [{"FrameVOILUTSequence": window} for window in windows]
    else:
        shared["FrameVOILUTSequence"] = OWN[0]
        if whose == "of all frames but one":
            own[2] = {"FrameVOILUTSequence": OWN[2]}
    bits = {"BitsStored": 12, "HighBit": 11}
    path = save(
        tmp_path / "all.dcm",
        pixels,
        SharedFunctionalGroupsSequence=groups([shared]),
        PerFrameFunctionalGroupsSequence=groups(own),
        **bits,
    )
    image = open_dicom_image(path)
    for number, window in enumerate(windows):
        alone = save(tmp_path / f"{number}.dcm", pixels[number], **bits, **SLOPE, **window)
        how = ["--use-voi-lut", "1"] if "VOILUTSequence" in window else ["--use-window", "1"]
        out = tmp_path / f"{number}.bmp"
        subprocess.run([program, *how, "--write-bmp", str(alone), str(out)], check=True, timeout=60)
        dcmtk = np.asarray(Image.open(out).convert("L"), float)
        np.testing.assert_allclose(read(path, frame=number), dcmtk, atol=1.1)
        np.testing.assert_allclose(image.rgb(number)[..., 0], dcmtk, atol=1.1)
    assert "WindowCenter" not in image.data and "RescaleSlope" not in image.data, "the file's own stay"
    assert len(image.notes) == (2 if whose == "of all frames but one" else 1)


def test_a_frame_has_the_size_of_its_own_pixels(tmp_path: Path) -> None:
    own = [{"PixelMeasuresSequence": {"PixelSpacing": [side, side]}} for side in (0.001, 0.002)]
    shared = [{"PixelMeasuresSequence": {"PixelSpacing": [0.5, 0.5], "SpacingBetweenSlices": 0.003}}]
    path = save(
        tmp_path / "a.dcm",
        np.stack([GREY, GREY]),
        SharedFunctionalGroupsSequence=groups(shared),
        PerFrameFunctionalGroupsSequence=groups(own),
    )
    for number, micrometres in enumerate((1, 2)):
        with open_mosaic(path, frame=number) as mosaic:
            assert mosaic.spacing == pytest.approx(micrometres)


def test_what_a_group_leaves_out_holds_as_said_for_all(tmp_path: Path) -> None:
    shared = groups([{"PixelMeasuresSequence": {"SliceThickness": 0.003}}])
    path = save(
        tmp_path / "a.dcm",
        np.stack([GREY, GREY]),
        PixelSpacing=[0.001, 0.001],
        SharedFunctionalGroupsSequence=shared,
    )
    with open_mosaic(path, frame=1) as mosaic:
        assert mosaic.spacing == pytest.approx(1) and mosaic.step == pytest.approx(3)


@pytest.mark.parametrize("damage", [{}, {"FrameVOILUTSequence": {"WindowCenter": None}}])
def test_groups_that_say_nothing_change_nothing(damage: dict[str, Any], tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.dcm",
        np.stack([GREY, GREY[::-1]]),
        PerFrameFunctionalGroupsSequence=groups([damage]),  # fewer than there are frames
    )
    image = open_dicom_image(path)
    assert (image.rgb(0)[..., 0] == GREY).all() and (image.rgb(1)[..., 0] == GREY[::-1]).all()
