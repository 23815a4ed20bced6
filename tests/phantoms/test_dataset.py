"""A folder of rendered photos: whole or without a manifest, and the same for everybody."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cutis.core.errors import CutisError, OutputError
from cutis.core.labels import Labels, Ordinal
from cutis.core.manifest import Manifest, read_manifest
from cutis.phantoms.dataset import write_phantoms
from cutis.phantoms.rendered import Rendered
from cutis.phantoms.shots import shots
from cutis.tasks import get_task

TASK = get_task("dermoscopy")
SIZE = 32


@dataclass(frozen=True)
class Other:
    """A task that is not dermoscopy."""

    labels: Labels
    target: str
    modality: str
    phantoms: str


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Other:
    """A task whose renderer is quick: a grey square per grade."""

    def grade(label: str, size: int, rng: np.random.Generator, *, subject: Any = None) -> Rendered:
        image = np.full((size, size, 3), 50 * int(label) + int(rng.integers(0, 9)), dtype=np.uint8)
        return Rendered(image, image[..., 0] > 90, {"depth": float(subject.uniform()), "map": image})

    module = ModuleType("made_up_renderer")
    module.grade = grade  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "made_up_renderer", module)
    return Other(Ordinal(("0", "1", "2")), "inflammation", "confocal", "made_up_renderer:grade")


def rendered(folder: Path, n: int = 30, seed: int = 4, **options: Any) -> Manifest:
    path = write_phantoms(TASK, folder, n, seed, size=SIZE, **options)
    return read_manifest(path, target=TASK.target, labels=TASK.labels)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.jpg"))}


def test_the_manifest_is_valid_and_says_that_it_is_rendered(tmp_path: Path) -> None:
    manifest = rendered(tmp_path)
    table = manifest.table
    assert len(manifest) == 30
    assert manifest.group == "patient_id"
    assert set(table["rendered"]) == {"true"}
    assert set(table["modality"]) == {"dermoscopic"}
    assert set(table["skin_type"]) <= set("123456")
    assert table["body_site"].null_count() == 0
    for path in manifest.paths:
        with Image.open(path) as photo:
            assert photo.size == (SIZE, SIZE)
            assert b"Rendered" in photo.info["comment"]


def test_a_patient_has_one_to_three_photos_of_one_person_with_one_disease(tmp_path: Path) -> None:
    table = rendered(tmp_path, 60).table
    sizes = table.group_by("patient_id").len()["len"]
    assert set(sizes) == {1, 2, 3}
    same = ("diagnosis", "skin_type", "age", "sex", "body_site", "severity")
    for _, photos in table.group_by("patient_id"):
        for column in same:
            assert photos[column].n_unique() == 1


def test_every_label_has_its_turn() -> None:
    seen: dict[int, str] = {}
    for shot in shots(TASK.labels, 9):
        if shot.patient == 3 * len(TASK.labels):
            break
        seen[shot.patient] = shot.label
    counts = [list(seen.values()).count(name) for name in TASK.labels.names]
    assert counts == [3] * len(TASK.labels)


def test_a_photo_does_not_depend_on_how_many_are_made(tmp_path: Path) -> None:
    rendered(tmp_path / "few", 4)
    rendered(tmp_path / "more", 9)
    few, more = contents(tmp_path / "few"), contents(tmp_path / "more")
    assert len(few) == 4
    assert all(more[name] == photo for name, photo in few.items())


def test_another_seed_gives_other_photos_under_other_names(tmp_path: Path) -> None:
    rendered(tmp_path / "one", 3, seed=1)
    rendered(tmp_path / "two", 3, seed=2)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert not set(one) & set(two)
    assert not set(one.values()) & set(two.values())


def test_two_processes_make_the_same_photos_as_one(tmp_path: Path) -> None:
    one = rendered(tmp_path / "one", 64, jobs=1)
    two = rendered(tmp_path / "two", 64, jobs=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert one.table.equals(two.table)


def test_masks_come_with_a_column(tmp_path: Path) -> None:
    table = rendered(tmp_path, 3, masks=True).table
    for mask in table["mask"]:
        with Image.open(tmp_path / mask) as picture:
            assert picture.mode == "1"
            assert picture.size == (SIZE, SIZE)


def test_progress_counts_every_photo(tmp_path: Path, plain: Other) -> None:
    steps: list[int] = []
    write_phantoms(plain, tmp_path, 7, progress=steps.append)
    assert steps == [1] * 7


def test_any_task_can_bring_its_own_renderer(tmp_path: Path, plain: Other) -> None:
    path = write_phantoms(plain, tmp_path, 9, size=16)
    manifest = read_manifest(path, target="inflammation", labels=plain.labels)
    assert manifest.labels == ("0", "1", "2")
    assert "depth" in manifest.table.columns  # a single value belongs into the manifest, a map does not
    assert "map" not in manifest.table.columns


def test_a_killed_run_leaves_no_manifest_and_can_be_run_again(
    tmp_path: Path, plain: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(done: int) -> None:
        kills.append(done)
        if len(kills) == 5:
            raise KeyboardInterrupt

    kills: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        write_phantoms(plain, tmp_path, 9, progress=kill)
    assert list(tmp_path.rglob("*.jpg"))
    assert not (tmp_path / "manifest.csv").exists()
    path = write_phantoms(plain, tmp_path, 9)
    assert len(read_manifest(path, target="inflammation")) == 9


def test_a_manifest_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("image\nmine.jpg\n")
    with pytest.raises(OutputError, match="is there already"):
        rendered(tmp_path)
    assert (tmp_path / "manifest.csv").read_text() == "image\nmine.jpg\n"
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize(("n", "seed", "what"), [(0, 0, "n is 0"), (-2, 0, "n is -2"), (3, -1, "seed is -1")])
def test_impossible_numbers_are_refused(tmp_path: Path, n: int, seed: int, what: str) -> None:
    with pytest.raises(CutisError, match=what):
        write_phantoms(TASK, tmp_path, n, seed)


@pytest.mark.parametrize("name", ["no.such.module:render", "cutis.phantoms.dermoscopy:nothing", "nothing"])
def test_a_renderer_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CutisError, match=f"no renderer '{name}'"):
        write_phantoms(replace(TASK, phantoms=name), tmp_path, 1)
