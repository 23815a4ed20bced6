"""What must hold before training, and that it is told before the slow part."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cutis.core.errors import CutisError, LeakageError, ManifestError
from cutis.tasks import get_task
from cutis.training.preparation import Prepared, prepare


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
