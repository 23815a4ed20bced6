"""Masks teach where a condition is: read as they lie, cut and mirrored with their photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cutis.core.errors import ManifestError
from cutis.core.labels import Label, MultiLabel, Ordinal
from cutis.core.manifest import Manifest, read_manifest, rebased, write_manifest
from cutis.data.augment import Augmentation
from cutis.data.datasets import Draw, PhotoStore, VariedPhotos
from cutis.training.masks import read_places
from cutis.training.questions import answer_indices

torch = pytest.importorskip("torch")

from cutis.models.torchvision_operators import ensure  # noqa: E402

ensure()

from cutis.models import peaks  # noqa: E402
from cutis.models.classifier import ClassifierSettings  # noqa: E402
from cutis.models.losses import places_loss  # noqa: E402
from cutis.training.module import TrainingModule  # noqa: E402
from cutis.training.recipe import Recipe  # noqa: E402

GRADES = Ordinal((Label("0", "None"), Label("1", "Some"), Label("2", "Much")))
LABELS = MultiLabel((Label("spots", "Spots"), Label("lines", "Lines"), Label("scale", "Scale")), GRADES)
STILL = Augmentation(rotate=False, own_shape=True).scaled(0)


def picture(path: Path, pixels: np.ndarray) -> str:
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path.name


def spotted(side: tuple[int, int], where: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(side, np.uint8)
    mask[where[0] : where[0] + 16, where[1] : where[1] + 16] = 255
    return mask


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """Two photos of 64 x 96: one with a spot at its left, one with scale that nobody has drawn."""
    mask = spotted((64, 96), (16, 8))
    photo = np.stack([255 - mask] * 3, -1)
    rows = [
        {"image": picture(tmp_path / "a.png", photo), "grade_spots": "1", "grade_lines": "0"},
        {"image": picture(tmp_path / "b.png", 0 * photo + 200), "grade_spots": "0", "grade_lines": None},
    ]
    rows[0] |= {"grade_scale": "0", "mask_spots": picture(tmp_path / "a_spots.png", mask)}
    rows[1] |= {"grade_scale": "2", "mask_spots": None}
    pl.DataFrame(rows).write_csv(tmp_path / "manifest.csv")
    return again(tmp_path / "manifest.csv")


def again(path: Path) -> Manifest:
    return read_manifest(path, target=LABELS.columns("grade"), labels=LABELS)


def test_what_is_absent_is_nowhere_and_what_nobody_drew_is_not_known(manifest: Manifest) -> None:
    store = PhotoStore(manifest.paths, 64)
    found = read_places(manifest, LABELS, answer_indices(manifest, LABELS), store)
    assert found is not None
    spots, lines, scale = found[0]
    assert spots is not None
    assert spots.shape == (8, 11)  # cut to 4:3 as its photo: 64 x 85
    assert lines is not None
    assert scale is not None
    assert spots.max() == 255
    assert lines.max() == scale.max() == 0
    assert [one is None for one in found[1]] == [False, True, True]


def test_a_mask_is_cut_and_mirrored_with_its_photo(manifest: Manifest) -> None:
    store = PhotoStore(manifest.paths, 64)
    places = read_places(manifest, LABELS, answer_indices(manifest, LABELS), store)
    varied = VariedPhotos(store, np.zeros(2), STILL, (0, 0, 0), (1, 1, 1), places=places)
    sides = set()
    for seed in range(12):
        photo, _, cover = varied[Draw(0, (64, 88), (seed,))]
        assert cover.shape == (3, 8, 11)
        dark = (1 - photo[0]).reshape(8, 8, 11, 8).mean((1, 3))
        assert np.abs(dark - cover[0]).max() < 0.35  # cells of 8 pixels and of 7.7
        assert np.corrcoef(dark.ravel(), cover[0].ravel())[0, 1] > 0.9
        sides.add(bool(cover[0][:, :5].sum() > cover[0][:, 6:].sum()))
    assert sides == {True, False}
    assert np.isnan(varied[Draw(1, (64, 88), (0,))][2][1:]).all()


def test_without_masks_nothing_is_asked(manifest: Manifest) -> None:
    store = PhotoStore(manifest.paths, 64)
    none = Manifest(manifest.path, manifest.table.drop("mask_spots"), manifest.group, manifest.targets)
    assert read_places(none, LABELS, answer_indices(none, LABELS), store) is None


def test_masks_of_another_photo_and_those_that_are_missing_are_all_named(manifest: Manifest) -> None:
    folder = manifest.path.parent
    picture(folder / "tall.png", np.zeros((96, 64)))
    table = manifest.table.drop("row").with_columns(
        mask_spots=pl.Series(["tall.png", "gone.png"]), mask_scale=pl.Series([None, "lost.png"])
    )
    write_manifest(table, folder / "wrong.csv")
    wrong = again(folder / "wrong.csv")
    with pytest.raises(ManifestError) as caught:
        read_places(wrong, LABELS, answer_indices(wrong, LABELS), PhotoStore(wrong.paths, 64))
    said = str(caught.value)
    assert "wrong.csv:2: mask_spots" in said
    assert "64 x 96" in said
    assert "wrong.csv:3: mask_spots" in said
    assert "gone.png" in said
    assert "wrong.csv:3: mask_scale" in said


def test_masks_are_found_from_the_folder_that_a_manifest_is_written_to(manifest: Manifest) -> None:
    there = manifest.path.parent / "runs" / "one"
    there.mkdir(parents=True)
    write_manifest(rebased(manifest, there), there / "split.csv")
    moved = again(there / "split.csv")
    assert moved.table["mask_spots"].to_list() == ["../../a_spots.png", None]
    assert [path and path.is_file() for path in moved.masks("mask_spots")] == [True, None]


def test_columns_that_only_look_like_masks_are_carried_as_they_are(manifest: Manifest) -> None:
    table = manifest.table.with_columns(mask_worn=pl.Series(["yes", "no"]))
    odd = Manifest(manifest.path, table, manifest.group, manifest.targets)
    assert rebased(odd, manifest.path.parent / "runs")["mask_worn"].to_list() == ["yes", "no"]


def test_the_loss_asks_only_what_is_known_and_counts_a_little_cover_as_there() -> None:
    cover = torch.zeros(1, 2, 16, 16)
    cover[0, 0, :4, :4] = 0.1  # a freckle's share
    cover[0, 1] = torch.nan
    right = torch.full((1, 2, 4, 4), 0.01)
    right[0, 0, 0, 0] = 0.99
    other = right.clone()
    other[0, 1] = 0.99
    assert float(places_loss(right, cover)) == pytest.approx(-np.log(0.99), rel=1e-3)
    assert places_loss(other, cover) == places_loss(right, cover)
    assert places_loss(1 - right, cover) > 4
    assert places_loss(right, cover * torch.nan) == 0


def test_a_step_of_training_weighs_masks_beside_grades() -> None:
    settings = ClassifierSettings(
        "mobilenetv3_small_050", classes=6, size=32, ordinal=True, questions=2, dropout=0.0
    )
    network = peaks.build(settings).eval()  # the same answers twice
    module = TrainingModule(network, Recipe(places_weight=0.5, smoothing=0.0), torch.ones(2, 3), 1)
    photos = torch.randn(4, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    grades = torch.nn.functional.one_hot(torch.tensor([0, 1, 2, 0, 2, 1, 1, 0]), 3).float().reshape(4, 6)
    cover = torch.zeros(4, 2, 4, 6)
    cover[:, 0, :2] = 1.0
    plain = module.training_step((photos, grades), 0)
    taught = module.training_step((photos, grades, cover), 0)
    places = network.forward_training(photos).places
    assert places is not None
    wanted = 0.5 * places_loss(places, cover).item()
    assert (taught - plain).item() == pytest.approx(wanted, rel=1e-4)
    taught.backward()
    assert network.backbone.where.weight.grad.abs().sum() > 0
