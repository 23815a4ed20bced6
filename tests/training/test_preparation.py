"""What must hold before training, and that it is told before the slow part."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cutis.core.errors import CutisError, LeakageError, ManifestError
from cutis.models.classifier import ClassifierSettings
from cutis.tasks import get_task
from cutis.training.preparation import Prepared, check_network, prepare
from cutis.training.recipe import Recipe


def prepared(manifest: Path) -> Prepared:
    return prepare(get_task("dermoscopy"), manifest, target=None, seed=0)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for copies, which reads every photo, ends the test."""

    def reading(*_: object, **__: object) -> None:
        raise CutisError("photos are read now")

    monkeypatch.setattr("cutis.training.preparation.find_duplicates", reading)


def changed(manifest: Path, name: str, *columns: pl.Expr) -> Path:
    path = manifest.parent / name
    pl.read_csv(manifest).with_columns(*columns).write_csv(path)
    return path


def test_a_patient_on_both_sides_is_told_before_a_photo_is_read(unread: None, manifest: Path) -> None:
    last = pl.int_range(pl.len()) == pl.len() - 1
    first = pl.col("patient_id").first()
    leaking = changed(
        manifest, "both_sides.csv", pl.when(last).then(first).otherwise("patient_id").alias("patient_id")
    )
    with pytest.raises(LeakageError, match="patient_id 'P00' is in train in row 2; test in row 46"):
        prepared(leaking)


def test_a_class_that_a_split_does_not_show_is_told_before_a_photo_is_read(
    unread: None, manifest: Path
) -> None:
    emptied = changed(
        manifest,
        "emptied.csv",
        pl.when((pl.col("split") == "tune") & (pl.col("diagnosis") == "psoriasis"))
        .then(pl.lit("hemangioma"))
        .otherwise("diagnosis")
        .alias("diagnosis"),
    )
    with pytest.raises(ManifestError, match="no row of split 'tune' has diagnosis 'psoriasis'"):
        prepared(emptied)


def test_a_manifest_that_holds_is_then_searched_for_copies(unread: None, manifest: Path) -> None:
    with pytest.raises(CutisError, match="photos are read now"):
        prepared(manifest)


@pytest.mark.parametrize(
    ("task", "backbone", "size", "sizes", "told"),
    [
        ("dermoscopy", "resnet18", 3, (), "size 3 is too small for resnet18, .* smallest useful size is 32;"),
        ("dermoscopy", "resnet18", 64, (8, 64), "size 8 is too small for resnet18"),
        ("dermoscopy", "resnet18", 100_000, (), "size 100000 is too large: .* above 2048 pixels"),
        ("dermoscopy", "vit_tiny_patch16_224", 64, (32, 64), "takes photos of one size only"),
        ("confocal", "texture", 3, (), "size 3 is too small for texture, .* smallest useful size is 45."),
    ],
)
def test_sizes_that_a_network_cannot_use_are_told_before_a_photo_is_read(
    task: str, backbone: str, size: int, sizes: tuple[int, ...], told: str
) -> None:
    settings = ClassifierSettings(backbone, classes=2, size=size)
    with pytest.raises(CutisError, match=told):
        check_network(get_task(task), settings, Recipe(sizes=sizes))


def test_a_network_that_can_be_built_passes() -> None:
    settings = ClassifierSettings("resnet18", classes=2, size=64, auxiliary=2)
    check_network(get_task("dermoscopy"), settings, Recipe(sizes=(32, 64), freeze=1))
