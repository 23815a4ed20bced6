"""`cutis map` as a user meets it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

FILES = [
    "areas.csv",
    "class.tif",
    "confidence.tif",
    "grade.tif",
    "map.html",
    "map.json",
    "overlay.png",
    "viewer",
]


def cutis(*arguments: object, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command, with files of at most ``limit`` bytes, as on a disk that is nearly full."""

    def before() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    words = [sys.executable, "-m", "cutis", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=before)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return saved(tmp_path / "skin.tif", np.full((90, 120), 100, np.uint8))


def saved(path: Path, pixels: Any, **options: Any) -> Path:
    tifffile.imwrite(path, pixels, **options)
    return path


def names(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.iterdir())


def test_the_last_line_says_where_the_result_is(grey_bundle: Path, image: Path, tmp_path: Path) -> None:
    done = cutis("map", grey_bundle, image, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    last = f"Map: {tmp_path / 'out' / 'map.html'}. For research use; not a medical device."
    assert done.stdout.splitlines()[-1] == last
    assert "Mean grade 2.0 on the scale from 0 to 4." in done.stdout
    assert "grey was trained on rendered images, not for care." in done.stderr
    assert "skin.tif: the micrometres per pixel are not known: no mm2" in done.stderr
    assert names(tmp_path / "out") == FILES


def test_several_images_get_a_folder_each(grey_bundle: Path, image: Path, tmp_path: Path) -> None:
    Image.new("RGB", (40, 40), (120, 90, 80)).save(tmp_path / "colour.png")
    done = cutis(
        "map", grey_bundle, image, tmp_path / "colour.png", "--out", tmp_path / "out", "--spacing", 1
    )
    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "out") == ["colour", "skin"]
    assert names(tmp_path / "out" / "colour") == FILES
    assert "colour.png: is in colour: made grey" in done.stderr
    assert "mm2" in done.stdout


def test_missing_pixels_are_left_out_and_said(grey_bundle: Path, tmp_path: Path) -> None:
    pixels = np.full((64, 64), 0.4, np.float32)
    pixels[0, 0] = np.nan
    pixels[1, 1] = 1.0
    done = cutis("map", grey_bundle, saved(tmp_path / "a.tif", pixels), "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "a.tif: 1 places were not graded because of missing pixels (NaN)." in done.stderr
    grade = tifffile.imread(tmp_path / "out" / "grade.tif")
    assert np.isnan(grade[0, 0])
    assert np.isfinite(grade[1:, 1:]).all()


def test_a_stack_gives_one_curve(grey_bundle: Path, tmp_path: Path) -> None:
    depths = np.stack([np.full((40, 50), grey, np.uint8) for grey in (50, 100, 150)])
    saved(tmp_path / "stack.tif", depths, photometric="minisblack")
    options = ("--stack", "--step", "5", "--out", tmp_path / "out")
    done = cutis("map", grey_bundle, tmp_path / "stack.tif", *options)
    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "out") == ["curve.csv", "curve.png", "curve.svg", "slices", "stack.json"]
    assert names(tmp_path / "out" / "slices") == ["001", "002", "003"]
    last = f"Curve of 3 images: {tmp_path / 'out' / 'curve.svg'}. For research use; not a medical device."
    assert done.stdout.splitlines()[-1] == last


def small(path: Path) -> None:
    saved(path, np.full((15, 300), 100, np.uint8))


def cut(path: Path) -> None:
    saved(path, np.random.default_rng(0).integers(0, 256, (200, 200), dtype=np.uint8), tile=(64, 64))
    path.write_bytes(path.read_bytes()[:20_000])


def torn(path: Path) -> None:
    """Damaged half-way, so that much of the map has been made by then."""
    noise = np.random.default_rng(0).integers(0, 256, (3000, 100), dtype=np.uint8)
    saved(path, noise, compression="zlib", rowsperstrip=64)
    content = bytearray(path.read_bytes())
    content[200_000:200_400] = b"\xff" * 400
    path.write_bytes(content)


def several(path: Path) -> None:
    saved(path, np.zeros((3, 40, 40), np.uint8), photometric="minisblack")


def unclear(path: Path) -> None:
    saved(path, np.array([[-5.0, 1e6]], np.float32).repeat(20, 0).repeat(20, 1))


def half_a_dicom(path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    data = pydicom.Dataset()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    data.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    data.Rows = data.Columns = 200
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PixelRepresentation = 1, "MONOCHROME2", 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
    data.PixelData = bytes(200 * 200)
    data.save_as(path, enforce_file_format=True)
    path.write_bytes(path.read_bytes()[:20_000])


def no_numbers(path: Path) -> None:
    saved(path, np.full((40, 40), np.nan, np.float32))


WRONG = {
    small: "is 300 x 15 pixels, and one answer needs 16 x 16",
    cut: "is truncated (20000 of",
    torn: "is damaged and cannot be decoded",
    half_a_dicom: "is truncated (20000 of",
    no_numbers: "has no pixel that is a number (all are NaN). Export it again.",
    several: "holds 3 images. Map them as a depth stack with --stack.",
    unclear: "--window LOW HIGH",
    lambda path: path.write_text("hello"): "is not an image that cutis knows",
    lambda path: None: "cannot be opened (No such file or directory). Check the path.",
}


@pytest.mark.parametrize("make", WRONG)
def test_a_bad_image_is_one_message_and_nothing_is_left(make: Any, grey_bundle: Path, tmp_path: Path) -> None:
    make(tmp_path / "bad.tif")
    (tmp_path / "results").mkdir()
    done = cutis(
        "map", grey_bundle, tmp_path / "bad.tif", "--out", tmp_path / "results" / "out", "--tile", 256
    )
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("grey was trained")]
    assert len(lines) == 1
    assert lines[0].startswith(f"{tmp_path / 'bad.tif'}: ")
    assert WRONG[make] in lines[0]
    assert names(tmp_path / "results") == []


def test_a_bad_image_leaves_an_earlier_map_as_it_was(grey_bundle: Path, image: Path, tmp_path: Path) -> None:
    assert cutis("map", grey_bundle, image, "--out", tmp_path / "out").returncode == 0
    before = {f: f.read_bytes() for f in (tmp_path / "out").rglob("*") if f.is_file()}
    torn(tmp_path / "bad.tif")
    assert cutis("map", grey_bundle, tmp_path / "bad.tif", "--out", tmp_path / "out").returncode == 1
    assert {f: f.read_bytes() for f in (tmp_path / "out").rglob("*") if f.is_file()} == before


def test_a_full_disk_leaves_nothing(grey_bundle: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(60, 200, (900, 900), dtype=np.uint8)
    saved(tmp_path / "a.tif", noise)
    done = cutis("map", grey_bundle, tmp_path / "a.tif", "--out", tmp_path / "out", limit=100_000)
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert names(tmp_path) == ["a.tif"]


def test_a_bundle_that_cannot_map_says_so(colour_bundle: Path, image: Path, tmp_path: Path) -> None:
    done = cutis("map", colour_bundle, image, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "the model 'colour' answers for whole photos and cannot draw a map." in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_step_without_a_stack_is_wrong_usage(grey_bundle: Path, image: Path, tmp_path: Path) -> None:
    assert cutis("map", grey_bundle, image, "--out", tmp_path / "out", "--step", 5).returncode == 2


MEASURE = """
import atexit, resource, sys
from cutis.cli import main
atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
sys.argv[1:] = ["map", *sys.argv[1:], "--threads", "1", "--tile", "512"]
main()
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_image(grey_bundle: Path, tmp_path: Path) -> None:
    peaks = []
    for side in (1024, 4096):
        tile = np.random.default_rng(0).integers(60, 200, (256, 256), dtype=np.uint8)
        tiles = (tile for _ in range((side // 256) ** 2))
        saved(tmp_path / f"{side}.tif", tiles, shape=(side, side), dtype=np.uint8, tile=(256, 256))
        words = [sys.executable, "-c", MEASURE, str(grey_bundle), str(tmp_path / f"{side}.tif")]
        done = subprocess.run(
            [*words, "--out", str(tmp_path / f"out{side}")], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout.split()[-1]) / 1024)
    assert peaks[1] < 1.2 * peaks[0], f"{peaks} MiB"
