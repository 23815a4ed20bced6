"""`cutis enhance` as a user types it."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.cli import enhance
from cutis.core.errors import CutisError, OutputError
from cutis.core.manifest import read_manifest
from cutis.phantoms.colour_card import Placing, Scene, Shot, render


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One noisy photo with a card, one without, and a file that is no photo."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    with_card = render(rng, Scene(), Placing(), Shot(exposure=0.8, noise=10.0, light=(1.2, 1.0, 0.8)))
    Image.fromarray(with_card.image).save(folder / "card.png")
    Image.fromarray(render(rng, Scene(height=200, width=200)).image).save(folder / "plain.png")
    return folder


def table(out: Path) -> dict[str, dict[str, str]]:
    with (out / "enhancement.csv").open() as file:
        return {row["image_id"]: row for row in csv.DictReader(file)}


def test_a_folder_gives_photos_figures_and_words(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    enhance.enhance([photos], tmp_path)
    said = capsys.readouterr().out
    assert "card: A colour card was found" in said
    assert "2 of 2 photos enhanced; a colour card was used in 1" in said
    rows = table(tmp_path)
    assert set(rows) == {"card", "plain"}
    assert float(rows["card"]["noise_after"]) < float(rows["card"]["noise_before"])
    assert float(rows["card"]["colour_error_after"]) < float(rows["card"]["colour_error_before"])
    assert rows["plain"]["mm_per_pixel"] == ""
    for row in rows.values():
        before = np.asarray(Image.open(photos / f"{row['image_id']}.png"))
        assert np.asarray(Image.open(tmp_path / row["image"])).shape == before.shape


def test_nothing_asked_is_nothing_done(photos: Path, tmp_path: Path) -> None:
    enhance.enhance([photos / "card.png"], tmp_path, noise=0.0, colour=0.0, contrast=0.0)
    after = np.asarray(Image.open(tmp_path / "images" / "card.png"))
    np.testing.assert_array_equal(after, np.asarray(Image.open(photos / "card.png")))


def test_a_manifest_is_written_again_for_the_enhanced_photos(photos: Path, tmp_path: Path) -> None:
    source = tmp_path / "manifest.csv"
    source.write_text(
        f"image,patient_id,age\n{photos / 'card.png'},p1,40\n{photos / 'plain.png'},p2,50\n", encoding="utf-8"
    )
    enhance.enhance([source], tmp_path / "out", card="off")
    again = read_manifest(tmp_path / "out" / "manifest.csv")
    assert again.table["patient_id"].to_list() == ["p1", "p2"]
    assert all(path.is_file() and tmp_path in path.parents for path in again.paths)


def test_unreadable_photos_are_named_and_the_others_written(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.jpg").write_bytes(b"no photo")
    Image.new("RGBA", (40, 30), (200, 150, 120, 128)).save(tmp_path / "in" / "clear.png")
    Image.new("L", (40, 30), 90).save(tmp_path / "in" / "grey.png")
    done = subprocess.run(
        [sys.executable, "-m", "cutis", "enhance", tmp_path / "in", "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "broken.jpg" in done.stderr
    assert "2 of 3 photos enhanced" in done.stdout
    assert set(table(tmp_path / "out")) == {"clear", "grey"}


def test_a_strength_that_means_nothing_is_refused_before_work_begins(photos: Path, tmp_path: Path) -> None:
    for wrong in ({"noise": -1.0}, {"card": "sometimes"}, {"card_edition": "1976"}, {"card_pitch": 0.0}):
        with pytest.raises(CutisError):
            enhance.enhance([photos], tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()


def test_originals_are_never_replaced(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    (folder / "images").mkdir(parents=True)
    Image.open(photos / "plain.png").save(folder / "images" / "a.png")
    (folder / "manifest.csv").write_text("image,patient_id\nimages/a.png,p1\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for given in (folder / "images", folder / "manifest.csv"):
        with pytest.raises(OutputError, match="Choose another --out"):
            enhance.enhance([given], folder, card="off")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_masks_of_a_manifest_are_found_from_its_new_place(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    Image.new("L", (20, 20)).save(tmp_path / "masks" / "plain.png")
    source = tmp_path / "manifest.csv"
    source.write_text(f"image,mask_pores\n{photos / 'plain.png'},masks/plain.png\n", encoding="utf-8")
    enhance.enhance([source], tmp_path / "out", card="off")
    again = read_manifest(tmp_path / "out" / "manifest.csv")
    assert [path.resolve() for path in again.masks("mask_pores") if path] == [
        tmp_path / "masks" / "plain.png"
    ]
    assert again.paths[0] == tmp_path / "out" / "images" / "plain.png"
