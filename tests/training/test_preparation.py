"""What must hold before training, and that it is told before the slow part."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("learning_rate", math.nan, "learning_rate is nan, expected above 0"),
        ("learning_rate", -0.1, "learning_rate is -0.1, expected above 0"),
        ("sampling_power", math.nan, "sampling_power is nan, expected at least 0"),
        ("smoothing", 2.0, "smoothing is 2.0, expected at least 0 and below 1"),
        ("mixup", -1.0, "mixup is -1.0, expected at least 0"),
        ("average_decay", 1.0, "average_decay is 1.0, expected at least 0 and below 1"),
        ("checkpoint_steps", 0, "checkpoint_steps is 0, expected at least 1"),
        ("seed", 2**32, "seed is 4294967296, expected at least 0 and below 4294967296"),
    ],
)
def test_settings_that_no_training_can_have_are_refused(setting: str, value: Any, told: str) -> None:
    with pytest.raises(CutisError, match=told):
        Recipe(**{setting: value})


@pytest.mark.parametrize("asked", [-1, 9])
def test_as_many_auxiliary_classifiers_as_the_backbone_has_stages(asked: int) -> None:
    settings = ClassifierSettings("resnet18", classes=2, size=64, auxiliary=asked)
    with pytest.raises(CutisError, match=f"auxiliary is {asked}, expected 0 to 5"):
        check_network(get_task("dermoscopy"), settings, Recipe())


def test_a_class_whose_name_could_not_be_read_back_from_predictions_is_told_before_a_photo_is_read(
    unread: None, manifest: Path
) -> None:
    renamed = pl.col("diagnosis").replace("psoriasis", "psoriasis; acute")
    with pytest.raises(ManifestError, match=r"diagnosis 'psoriasis; acute' holds ';'.* Rename the class"):
        prepared(changed(manifest, "joined.csv", renamed))


def test_a_class_with_too_few_patients_is_mended_by_what_training_offers(manifest: Path) -> None:
    rare = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("hemangioma_rare")).otherwise("diagnosis")
    path = changed(manifest, "rare.csv", rare.alias("diagnosis"))
    pl.read_csv(path).drop("split").write_csv(path)
    with pytest.raises(ManifestError) as caught:
        prepared(path)
    (told,) = caught.value.problems
    assert "leave the class out by emptying its cells" in told
    emptied = pl.when(pl.col("diagnosis") != "hemangioma_rare").then("diagnosis").alias("diagnosis")
    pl.read_csv(path).with_columns(emptied).write_csv(path)
    assert len(prepared(path).manifest) == 44


@pytest.mark.parametrize(
    ("task", "column", "told"),
    [
        ("dermoscopy", "rater_b", "rater_b is 'much', not one of melanocytic_nevus, hemangioma, psoriasis"),
        ("image_quality", "severity_blur", "severity_blur is 'much', not a number from 0 to 1"),
    ],
)
def test_what_raters_said_and_findings_are_checked_in_the_users_own_rows_before_a_photo_is_read(
    unread: None, manifest: Path, task: str, column: str, told: str
) -> None:
    cell = pl.when(pl.int_range(pl.len()) == 5).then(pl.lit("much")).alias(column)
    nobody = pl.when(pl.int_range(pl.len()) > 2).then("diagnosis").alias("diagnosis")  # three rows left out
    wrong = changed(manifest, "beside.csv", cell, nobody)
    with pytest.raises(ManifestError, match=f"beside.csv:7: {told}"):
        prepare(get_task(task), wrong, target="diagnosis", seed=0)
    with pytest.raises(CutisError, match="photos are read now"):  # a probe takes in neither
        prepare(get_task(task), wrong, target="diagnosis", seed=0, probe=True)
