"""The files of a map: in the image's coordinates, complete, readable by others."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from cutis.core.bundle import Bundle
from cutis.core.errors import ImageError
from cutis.imaging.mosaic import open_mosaic
from cutis.runtime.dense import DenseSession
from cutis.runtime.draw import draw_map
from cutis.runtime.map_facts import Area, MapFacts
from cutis.runtime.map_page import as_bytes, halve_cells
from cutis.runtime.map_picture import bar_length, length_text, scale_colours

LEVELS = (20, 75, 125, 190)  # grey of the quarters: grades 0.4, 1.5, 2.5, 3.8


@pytest.fixture(scope="module")
def session(grey_bundle: Path) -> DenseSession:
    return DenseSession(Bundle.open(grey_bundle), 1)


def quarters(side: int = 400) -> NDArray[np.uint8]:
    """Four columns of even grey, and a black band below that is not tissue."""
    image = np.repeat(np.array(LEVELS, np.uint8), side // 4)[None].repeat(side, axis=0)
    image[side * 3 // 4 :] = 0
    return image


def save(path: Path, image: NDArray[Any], spacing: float | None = 0.5) -> Path:
    options: dict[str, Any] = {}
    if spacing:
        options = {"resolution": (1e4 / spacing,) * 2, "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(path, image, tile=(64, 64), **options)
    return path


def drawn(session: DenseSession, image: Path, out: Path, **options: Any) -> MapFacts:
    out.mkdir()
    with open_mosaic(image) as mosaic:
        return draw_map(session, mosaic, out, **options)


def test_the_folder_holds_what_is_promised_and_nothing_else(session: DenseSession, tmp_path: Path) -> None:
    drawn(session, save(tmp_path / "a.tif", quarters()), tmp_path / "out")
    files = "overlay.png grade.tif confidence.tif class.tif areas.csv map.json map.html viewer"
    assert {place.name for place in (tmp_path / "out").iterdir()} == set(files.split())


def test_the_map_lies_where_the_image_is(session: DenseSession, tmp_path: Path) -> None:
    drawn(session, save(tmp_path / "a.tif", quarters()), tmp_path / "out")
    with tifffile.TiffFile(tmp_path / "out" / "grade.tif") as file:
        grade = file.asarray()
        page: Any = file.pages[0]
        about = json.loads(page.description)
        across, unit = page.tags["XResolution"].value, page.tags["ResolutionUnit"].value
    assert grade.dtype == np.float32
    assert grade.shape == ((400 - 16) // 4 + 1,) * 2
    for column, level in zip((50, 150, 250, 350), LEVELS, strict=True):  # pixels in the middle of a quarter
        i, j = (round((pixel - about["offset"]) / about["stride"]) for pixel in (100, column))
        powers = np.exp(-0.002 * (level - 50.0 * np.arange(5)) ** 2)
        assert grade[i, j] == pytest.approx(powers @ np.arange(5) / powers.sum(), abs=1e-4)
    below = round((390 - about["offset"]) / about["stride"])
    assert np.isnan(grade[below]).all()
    assert unit == 3
    assert across[0] / across[1] == pytest.approx(1e4 / (4 * 0.5), rel=1e-6)  # cells per centimetre


def test_class_and_confidence_agree_with_the_grade(session: DenseSession, tmp_path: Path) -> None:
    drawn(session, save(tmp_path / "a.tif", quarters()), tmp_path / "out")
    grade, confidence, named = (
        tifffile.imread(tmp_path / "out" / f"{name}.tif") for name in ("grade", "confidence", "class")
    )
    left_out = np.isnan(grade)
    np.testing.assert_array_equal(np.isnan(confidence), left_out)
    np.testing.assert_array_equal(named == 255, left_out)
    assert np.abs(grade - named)[~left_out].max() < 0.6
    assert 0.2 < confidence[~left_out].min() <= confidence[~left_out].max() <= 1


def test_areas_add_up(session: DenseSession, tmp_path: Path) -> None:
    facts = drawn(session, save(tmp_path / "a.tif", quarters()), tmp_path / "out")
    with (tmp_path / "out" / "areas.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["grade"] for row in rows] == ["0", "1", "2", "3", "4"]
    named = tifffile.imread(tmp_path / "out" / "class.tif")
    for number, row in enumerate(rows):
        assert float(row["percent"]) == pytest.approx(100 * np.mean(named[named < 255] == number), abs=1e-3)
        assert float(row["mm2"]) == pytest.approx((named == number).sum() * 0.002**2, rel=1e-4)
    assert facts.tissue_percent == pytest.approx(100 * np.mean(named < 255))


@pytest.mark.parametrize(
    ("mm2", "texts"),
    [
        ((2.194, 0.8, 0.0), ["2.19", "0.80", "0.00"]),
        ((1234.4, 5.0, None), ["1,234", "5", ""]),
        ((0.0123, 0.0001), ["0.0123", "0.0001"]),
        ((0.0,), ["0"]),
    ],
)
def test_areas_of_one_map_have_the_same_decimals(
    session: DenseSession, tmp_path: Path, mm2: tuple[float | None, ...], texts: list[str]
) -> None:
    facts = drawn(session, save(tmp_path / "a.tif", quarters(40)), tmp_path / "out")
    areas = tuple(Area("0", "None", 1.0, value) for value in mm2)
    told = replace(facts, areas=areas)
    assert [told.mm2_text(area) for area in areas] == texts


def test_without_a_spacing_there_are_no_mm2_and_this_is_said(session: DenseSession, tmp_path: Path) -> None:
    facts = drawn(session, save(tmp_path / "a.tif", quarters(), spacing=None), tmp_path / "out")
    with (tmp_path / "out" / "areas.csv").open(newline="") as file:
        assert {row["mm2"] for row in csv.DictReader(file)} == {""}
    assert any("no mm2" in note for note in facts.notes)
    assert "No areas in mm²" in (tmp_path / "out" / "map.html").read_text()


def test_a_scale_that_differs_from_the_models_is_said(session: DenseSession, tmp_path: Path) -> None:
    facts = drawn(session, save(tmp_path / "a.tif", quarters()), tmp_path / "out")
    assert any("expects 1 µm per pixel and the image has 0.5" in note for note in facts.notes)


def test_resampling_grades_at_the_models_scale_and_keeps_the_images_coordinates(
    session: DenseSession, tmp_path: Path
) -> None:
    image = save(tmp_path / "a.tif", quarters())
    facts = drawn(session, image, tmp_path / "out", resample=True)
    assert (facts.height, facts.spacing, facts.scale) == (400, 0.5, 2.0)
    assert (facts.patch, facts.stride, facts.offset) == (32, 8, 16)
    grade = tifffile.imread(tmp_path / "out" / "grade.tif")
    assert grade.shape == ((200 - 16) // 4 + 1,) * 2
    plain = drawn(session, image, tmp_path / "plain")
    assert facts.mean == pytest.approx(plain.mean, abs=0.05)
    assert sum(a.mm2 or 0 for a in facts.areas) == pytest.approx(
        sum(a.mm2 or 0 for a in plain.areas), rel=0.06
    )


def test_map_json_needs_nothing_else(session: DenseSession, tmp_path: Path) -> None:
    pixels = quarters().astype(np.float32)
    pixels[10, 10] = np.nan
    save(tmp_path / "a.tif", pixels)
    drawn(session, tmp_path / "a.tif", tmp_path / "out")
    said = json.loads((tmp_path / "out" / "map.json").read_text())
    assert said["grades"] == ["0", "1", "2", "3", "4"]
    assert set(said["reading"]) >= {"grade.tif", "confidence.tif", "class.tif", "coordinates", "areas.csv"}
    assert said["missing_cells"] == 3 * 3  # patches that begin at 0, 4 and 8
    assert any("not graded because of missing pixels" in note for note in said["notes"])


def test_an_image_without_tissue_has_a_map_of_nothing(session: DenseSession, tmp_path: Path) -> None:
    facts = drawn(session, save(tmp_path / "a.tif", np.zeros((64, 64), np.uint8)), tmp_path / "out")
    assert facts.mean is None
    assert np.isnan(tifffile.imread(tmp_path / "out" / "grade.tif")).all()
    assert "No tissue was found" in (tmp_path / "out" / "map.html").read_text()
    json.loads((tmp_path / "out" / "map.json").read_text())


def test_damage_is_an_error_of_the_image(session: DenseSession, tmp_path: Path) -> None:
    path = save(tmp_path / "a.tif", quarters())
    tifffile.imwrite(path, quarters(), compression="zlib", rowsperstrip=16)
    content = bytearray(path.read_bytes())
    content[-900:-600] = b"\xff" * 300
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"a\.tif: is (damaged|truncated)"):
        drawn(session, path, tmp_path / "out")


def test_the_overlay_is_bounded_and_coloured_where_there_is_tissue(
    session: DenseSession, tmp_path: Path
) -> None:
    wide = np.tile(quarters(), (1, 13))  # 5,200 pixels
    drawn(session, save(tmp_path / "a.tif", wide), tmp_path / "out", page=False)
    with Image.open(tmp_path / "out" / "overlay.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert 1000 <= pixels.shape[1] <= 2000
    photo = pixels[:100]  # a quarter of the size
    spread = np.ptp(photo, axis=2)
    assert spread[10:70, 600:-50].min() > 10  # tissue, in colour; the scale bar is on the left
    assert spread[85:95, 600:].max() == 0  # the black band, left as it is
    level, colour = LEVELS[0], scale_colours()[round(0.4 / 4 * 255)].astype(int)
    assert np.abs(photo[30, 10] - (level + colour) / 2).max() < 12
    assert not (tmp_path / "out" / "map.html").exists()


@pytest.mark.parametrize(("longest", "length"), [(130, 100), (99.9, 50), (2600, 2000), (0.7, 0.5), (50, 50)])
def test_scale_bars_have_round_lengths(longest: float, length: float) -> None:
    assert bar_length(longest) == pytest.approx(length)


def test_long_bars_are_in_millimetres() -> None:
    assert (length_text(500), length_text(2000)) == ("500 µm", "2 mm")


def test_halves_of_cells_are_means_of_those_that_are_graded() -> None:
    grade = np.array([[0.0, np.nan], [4.0, 2.0], [np.nan, np.nan]], np.float32)
    confidence = np.array([[0.5, np.nan], [0.7, 0.9], [np.nan, np.nan]], np.float32)
    named = np.array([[0, 255], [4, 2], [255, 255]], np.uint8)
    halved = halve_cells(as_bytes(grade, confidence, named, top=4))
    assert halved.tolist() == [[[125, 70, 0]], [[255, 255, 255]]]


def test_the_page_refers_only_to_files_that_are_there(session: DenseSession, tmp_path: Path) -> None:
    drawn(session, save(tmp_path / "a.tif", quarters(1200)), tmp_path / "out")
    text = (tmp_path / "out" / "map.html").read_text()
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", text)
    for link in re.findall(r'href="([^"#:]+)"', text):
        assert (tmp_path / "out" / link).is_file()
    found = re.search(r'<script id="map-data" type="application/json">(.*?)</script>', text, re.S)
    assert found
    data = json.loads(found[1])
    for kind, suffix in (("photo", "jpg"), ("cells", "js")):
        tile = data[kind]["tile"]
        expected = {
            f"{level}/{row}_{column}.{suffix}"
            for level, (height, width) in enumerate(data[kind]["sizes"])
            for row in range(-(-height // tile))
            for column in range(-(-width // tile))
        }
        folder = tmp_path / "out" / "viewer" / kind
        assert {str(f.relative_to(folder)) for f in folder.rglob("*.*")} == expected
