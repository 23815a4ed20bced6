"""The 8-bit edition for phones: near its bundle, or not written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.core.errors import BundleError, CutisError
from cutis.export.targets.make import Options, export_target
from cutis.export.targets.parity import INT8, Parity, need
from cutis.export.targets.photos import Photos
from cutis.runtime.check import check_parity
from cutis.runtime.engine import Engine


@pytest.fixture(scope="module")
def folder(bundle: Bundle, photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phone") / "out"
    export_target(bundle, out, "phone", Options(images=photos))
    return out


def test_it_is_smaller_and_answers_as_its_bundle_does(folder: Path, bundle: Bundle, photos: Path) -> None:
    small = Bundle.open(folder / "small_int8.cutis")
    assert small.model == (folder / "model.onnx").read_bytes()
    assert len(small.model) < 0.6 * len(bundle.model)
    paths = sorted(photos.glob("*.png"))
    ours, theirs = ([Engine(b, 1)(path).probabilities for path in paths] for b in (small, bundle))
    off = [abs(one[name] - other[name]) for one, other in zip(ours, theirs, strict=True) for name in one]
    assert 0 < max(off) <= INT8.largest
    assert check_parity(small).passed


def test_its_weights_really_are_eight_bits(folder: Path) -> None:
    import onnx

    graph = onnx.load(folder / "model.onnx").graph
    weights = {t.name: t for t in graph.initializer if np.prod(t.dims) > 1000}
    assert {t.data_type for t in weights.values()} == {onnx.TensorProto.INT8}


def test_bundle_and_card_say_that_it_is_8_bit_and_how_far_off(folder: Path, bundle: Bundle) -> None:
    figures = json.loads((folder / "figures.json").read_text())["parity"]
    told = json.loads((folder / "bundle.json").read_text())
    assert told["precision"] == "int8"
    largest = f"largest difference of a probability {figures['largest']:.3f}"
    assert largest in told["metrics_on"]
    card = (folder / "card.md").read_text()
    assert largest in card
    assert "**8-bit edition of small 1.0**" in card
    assert "stored as int8" in card
    assert json.loads((folder / "model.json").read_text())["bundle"] == bundle.digest
    assert figures["photos"] == 22  # half of the photos, which did not set the ranges, and two test images


def test_a_network_that_8_bits_change_is_refused_with_figures_and_nothing_is_written(
    make_bundle: Callable[..., Bundle], photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(CutisError, match=r"(?s)not written.*same answer \d+\.\d%.*NOT KEPT.*--target web"):
        export_target(make_bundle(outlier=60.0), out, "phone", Options(images=photos))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "parity",
    [
        Parity(100, 0, "", 0.94, {"a": 1.0}, 0.0, 0.0),
        Parity(100, 0, "", 1.0, {"a": 1.0, "b": 0.94}, 0.0, 0.0),
        Parity(100, 0, "", 1.0, {}, 0.26, 0.0),
        Parity(100, 0, "", 1.0, {}, 0.0, 0.021),
        Parity(100, 0, "", 1.0, {}, float("inf"), float("inf")),
        Parity(100, 0, "", 1.0, {}, float("nan"), float("nan")),
    ],
)
def test_each_limit_refuses_by_itself(parity: Parity) -> None:
    with pytest.raises(CutisError, match="NOT KEPT"):
        need(parity, INT8, "it", "Mend.")


def test_at_the_limits_it_passes() -> None:
    need(Parity(100, 0, "", INT8.answers, {"a": INT8.points}, INT8.largest, INT8.mean), INT8, "it", "")


def test_too_few_photos_are_counted(bundle: Bundle, photos: Path, tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for number in range(31):
        (few / f"{number}.png").symlink_to(photos / f"{number}.png")
    with pytest.raises(CutisError, match=r"31 photos of few are too few.*32 or more"):
        export_target(bundle, tmp_path / "out", "phone", Options(images=few))


def test_photos_of_one_patient_cannot_judge_what_they_set(
    bundle: Bundle, photos: Path, tmp_path: Path
) -> None:
    rows = [{"image": str(path), "patient_id": "a"} for path in photos.glob("*.png")]
    pl.DataFrame(rows).write_csv(tmp_path / "manifest.csv")
    with pytest.raises(CutisError, match="one patient"):
        export_target(bundle, tmp_path / "out", "phone", Options(images=tmp_path / "manifest.csv"))


def test_a_bundle_that_maps_whole_images_is_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"second graph.*--target web"):
        export_target(Bundle.open(zoo.path("confocal")), tmp_path / "out", "phone", Options(images=photos))


def test_an_8_bit_bundle_is_not_made_8_bit_again(folder: Path, photos: Path, tmp_path: Path) -> None:
    small = Bundle.open(folder / "small_int8.cutis")
    with pytest.raises(BundleError, match="8-bit bundle already"):
        export_target(small, tmp_path / "out", "phone", Options(images=photos))


def test_where_the_truth_is_known_right_answers_are_counted(
    bundle: Bundle, photos: Path, tmp_path: Path
) -> None:
    paths = sorted(photos.glob("*.png"))
    rows = [{"image": str(path), "dx": Engine(bundle, 1)(path).label} for path in paths]
    pl.DataFrame(rows).write_csv(tmp_path / "manifest.csv")
    options = Options(images=tmp_path / "manifest.csv")
    parity = export_target(bundle, tmp_path / "out", "phone", options).parity
    assert parity.labelled == 20
    assert parity.right_bundle == 1.0
    assert parity.right is not None
    assert parity.right >= INT8.answers


def test_an_unknown_task_needs_photos(bundle: Bundle, tmp_path: Path) -> None:
    other = replace(bundle, info=replace(bundle.info, task="nails"))
    with pytest.raises(CutisError, match="--images"):
        export_target(other, tmp_path / "out", "phone")


@settings(max_examples=50)
@given(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=40))
def test_no_patient_is_in_both_halves(groups: list[str]) -> None:
    count = len(groups)
    photos = Photos(tuple(Path(str(i)) for i in range(count)), tuple(groups), (None,) * count, "")
    one, other = photos.halves()
    assert not set(one.groups) & set(other.groups)
    assert sorted(one.paths + other.paths) == sorted(photos.paths)
