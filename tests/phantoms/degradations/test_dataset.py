"""A folder of degraded photos: whole or without a manifest, and no lesion on two sides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import CutisError, ManifestError, OutputError
from cutis.core.manifest import Manifest, read_manifest
from cutis.phantoms.degradations import REASONS
from cutis.phantoms.degradations.dataset import Options, Outcome, write_degraded

Photo = NDArray[np.uint8]
N = 6


@pytest.fixture
def base(tmp_path: Path, photo: Callable[..., Photo]) -> Path:
    """Six photos of three lesions, in three splits."""
    folder = tmp_path / "base"
    folder.mkdir()
    for index in range(N):
        Image.fromarray(photo(index, 48, 64)).save(folder / f"p{index}.png")
    table = pl.DataFrame(
        {
            "image": [f"p{index}.png" for index in range(N)],
            "lesion_id": [f"L{index // 2}" for index in range(N)],
            "split": [("train", "tune", "test")[index // 2] for index in range(N)],
            "modality": ["clinical", "dermoscopic"] * 3,
            "cohort": ["here"] * N,
            "dx": ["nv"] * N,
        }
    )
    table.write_csv(folder / "manifest.csv")
    return folder / "manifest.csv"


def read(outcome: Outcome) -> Manifest:
    assert outcome.manifest is not None
    return read_manifest(outcome.manifest, target="quality")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "images").iterdir())}


def test_the_manifest_holds_what_is_known(base: Path, tmp_path: Path) -> None:
    manifest = read(write_degraded(base, tmp_path / "out", Options(copies=5, seed=1, half=0.3)))
    table = manifest.table
    assert len(manifest) == 5 * N
    assert manifest.group == "lesion_id"
    assert set(table["quality"]) <= set("1234")
    assert set(table["half"].drop_nulls()) <= {"left", "right", "top", "bottom"}
    assert set(table["settings"]) == {"usual"}
    assert set(table["base"]) == {f"p{index}" for index in range(N)}
    for reason in REASONS:
        assert table[f"severity_{reason}"].cast(pl.Float64).is_between(0, 1).all()
    for name in ("rater_a", "rater_b", "rater_c", "rater_d"):
        assert set(table[name].drop_nulls()) <= set("1234")
    assert table["image_id"].n_unique() == 5 * N
    worst = table.with_columns(
        pl.max_horizontal([pl.col(f"severity_{r}").cast(float) for r in REASONS]).alias("w")
    )
    assert (worst.filter(pl.col("reason").is_null())["w"] < 0.15).all()
    assert (worst.filter(pl.col("reason").is_not_null())["w"] >= 0.15).all()


def test_no_lesion_crosses_a_split(base: Path, tmp_path: Path) -> None:
    table = read(write_degraded(base, tmp_path / "out", Options(copies=4))).table
    assert (table.group_by("lesion_id").agg(pl.col("split").n_unique())["split"] == 1).all()
    carried = dict(table.select("base", "lesion_id").unique().iter_rows())
    assert carried == {f"p{index}": f"L{index // 2}" for index in range(N)}
    assert set(table.filter(pl.col("base") == "p1")["modality"]) == {"dermoscopic"}


def test_without_lesions_the_copies_of_a_photo_are_one(base: Path, tmp_path: Path) -> None:
    pl.read_csv(base).drop("lesion_id").write_csv(base)
    manifest = read(write_degraded(base, tmp_path / "out", Options(copies=3)))
    assert manifest.group == "lesion_id"
    assert (manifest.table["lesion_id"] == manifest.table["base"]).all()


def test_a_photo_is_the_same_whoever_makes_it(base: Path, tmp_path: Path) -> None:
    one = read(write_degraded(base, tmp_path / "one", Options(copies=4, seed=3), jobs=1))
    two = read(write_degraded(base, tmp_path / "two", Options(copies=4, seed=3), jobs=2))
    few = read(write_degraded(base, tmp_path / "few", Options(copies=1, seed=3)))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert one.table.equals(two.table)
    assert few.table["quality"].to_list() == one.table["quality"].head(N).to_list()
    assert set(contents(tmp_path / "few").items()) <= set(contents(tmp_path / "one").items())
    other = read(write_degraded(base, tmp_path / "other", Options(copies=1, seed=4)))
    assert other.table["image_id"].to_list() != few.table["image_id"].to_list()
    assert contents(tmp_path / "other") != contents(tmp_path / "few")


def test_shifted_settings_share_severities_but_not_photos(base: Path, tmp_path: Path) -> None:
    usual = read(write_degraded(base, tmp_path / "usual", Options(copies=2))).table
    shifted = read(write_degraded(base, tmp_path / "shifted", Options(copies=2, settings="shifted"))).table
    assert usual["severity_blur"].to_list() == shifted["severity_blur"].to_list()
    assert not set(usual["image_id"]) & set(shifted["image_id"])
    assert contents(tmp_path / "usual") != contents(tmp_path / "shifted")


def test_photos_are_stored_without_loss(base: Path, tmp_path: Path) -> None:
    table = read(write_degraded(base, tmp_path / "out", Options(copies=8))).table
    severities = [pl.col(f"severity_{reason}").cast(float) for reason in REASONS]
    clean = table.filter(pl.max_horizontal(severities) == 0)
    assert len(clean) > 0
    for image, name in clean.select("image", "base").iter_rows():
        with (
            Image.open(tmp_path / "out" / image) as stored,
            Image.open(base.parent / f"{name}.png") as original,
        ):
            np.testing.assert_array_equal(np.asarray(stored), np.asarray(original))


def test_what_cannot_be_read_is_skipped_and_told(base: Path, tmp_path: Path) -> None:
    (base.parent / "p2.png").write_bytes(b"no photo")
    outcome = write_degraded(base, tmp_path / "out", Options(copies=2))
    assert outcome.written == 2 * (N - 1)
    assert [error.path.name for error in outcome.unreadable] == ["p2.png"]
    assert "p2" not in set(read(outcome).table["base"])


def test_without_a_single_photo_there_is_no_manifest(base: Path, tmp_path: Path) -> None:
    for path in base.parent.glob("*.png"):
        path.write_bytes(b"no photo")
    outcome = write_degraded(base, tmp_path / "out")
    assert outcome.manifest is None
    assert len(outcome.unreadable) == N


def test_odd_photos_are_degraded_as_others(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (40, 40), dtype=np.uint8)).save(tmp_path / "grey.png")
    Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(tmp_path / "tiny.png")
    Image.fromarray(rng.integers(0, 256, (200, 4000, 3), dtype=np.uint8)).save(tmp_path / "wide.jpg")
    Image.fromarray(rng.integers(0, 256, (40, 40, 4), dtype=np.uint8)).save(tmp_path / "alpha.png")
    (tmp_path / "base.csv").write_text("image\ngrey.png\ntiny.png\nwide.jpg\nalpha.png\n")
    outcome = write_degraded(tmp_path / "base.csv", tmp_path / "out", Options(copies=2, settings="shifted"))
    assert outcome.written == 8
    assert not outcome.unreadable


def test_a_photo_longer_than_webp_can_hold_is_png(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 17000, 3), 120, dtype=np.uint8)).save(tmp_path / "long.png")
    (tmp_path / "base.csv").write_text("image\nlong.png\n")
    table = read(write_degraded(tmp_path / "base.csv", tmp_path / "out")).table
    assert table["image"].str.ends_with(".png").all()


def test_a_manifest_is_never_overwritten(base: Path, tmp_path: Path) -> None:
    write_degraded(base, tmp_path / "out")
    with pytest.raises(OutputError, match="is there already"):
        write_degraded(base, tmp_path / "out")


def test_a_missing_photo_is_told_before_work_begins(base: Path, tmp_path: Path) -> None:
    (base.parent / "p2.png").unlink()
    with pytest.raises(ManifestError, match=r"p2\.png"):
        write_degraded(base, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"copies": 0}, "copies is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"settings": "odd"}, "no settings 'odd'. There are: usual, varied, shifted"),
        ({"half": 1.2}, "half is 1.2, not a share"),
        ({"half": float("nan")}, "half is nan, not a share"),
    ],
)
def test_options_that_make_no_sense_are_said(options: dict[str, object], message: str) -> None:
    with pytest.raises(CutisError) as error:
        Options(**options)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_what_is_made_of_rendered_photos_is_called_rendered(base: Path, tmp_path: Path) -> None:
    table = pl.read_csv(base).with_columns(rendered=pl.int_range(pl.len()) < N - 2)
    table.write_csv(base.parent / "rendered.csv")
    made = read(write_degraded(base.parent / "rendered.csv", tmp_path / "out", Options(copies=2))).table
    assert made["rendered"].to_list() == (["true"] * (N - 2) + ["false"] * 2) * 2
