"""A run that grades becomes a bundle that maps, whose card speaks of grades."""

from __future__ import annotations

import polars as pl
import pytest
import torch
from safetensors.torch import save_file

from cutis.core.bundle import Bundle, TrainingData
from cutis.core.manifest import read_manifest
from cutis.models.torchvision_operators import ensure

ensure()

from cutis.export.bundle import export_bundle  # noqa: E402
from cutis.models.classifier import ClassifierSettings  # noqa: E402
from cutis.models.texture import build  # noqa: E402
from cutis.phantoms.dataset import write_phantoms  # noqa: E402
from cutis.runtime.check import check_parity  # noqa: E402
from cutis.tasks import get_task  # noqa: E402
from cutis.training.recipe import Recipe  # noqa: E402
from cutis.training.run import Run  # noqa: E402

PARTS = {"train": 20, "tune": 20, "test": 20}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder, task = tmp_path_factory.mktemp("grades"), get_task("confocal")
    manifest = write_phantoms(task, folder / "patches", sum(PARTS.values()), size=128)
    parts = [part for part, count in PARTS.items() for _ in range(count)]
    table = pl.read_csv(manifest)
    owners = table.group_by("patient_id", maintain_order=True).len()["len"].to_list()
    whole = [part for n, part in zip(owners, _by_patient(owners, parts), strict=True) for _ in range(n)]
    images = [str(manifest.parent / image) for image in table["image"]]
    run = folder / "run"
    run.mkdir()
    table.with_columns(pl.Series("image", images), pl.Series("split", whole)).write_csv(run / "split.csv")
    torch.manual_seed(0)
    network = build(ClassifierSettings("texture", 5, 128, ordinal=True)).eval()
    network.head.score.weight.data.normal_(0, 0.5)
    save_file({k: v.clone() for k, v in network.state_dict().items()}, run / "weights.safetensors")
    read = read_manifest(run / "split.csv", target="grade")
    Run(
        path=run,
        task="confocal",
        labels=task.labels,
        settings=network.settings,
        recipe=Recipe(),
        training=TrainingData("patches", True, 20, 4, read.fingerprint, read.split_hash, (), ""),
        target="grade",
        group="patient_id",
        finished=True,
        temperature=1.5,
    ).save()
    export_bundle([run], folder / "grades.cutis")
    return Bundle.open(folder / "grades.cutis")


def _by_patient(owners: list[int], parts: list[str]) -> list[str]:
    """The part of each patient: that of the middle one of its photos."""
    chosen, seen = [], 0
    for count in owners:
        chosen.append(parts[min(seen + count // 2, len(parts) - 1)])
        seen += count
    return chosen


def test_it_maps_by_patches_of_the_tasks_scale(bundle: Bundle) -> None:
    dense = bundle.info.dense
    assert dense is not None and bundle.dense is not None
    assert (dense.patch, dense.stride, dense.spacing) == (128, 8, 1.0)
    assert check_parity(bundle).passed


def test_it_is_measured_as_grades_are(bundle: Bundle) -> None:
    metrics = bundle.info.metrics
    grades, share = (metrics[f"mean_absolute_deviation{end}"]["value"] for end in ("", "_normalised"))
    assert grades == pytest.approx(4 * share)
    assert f"| mean absolute deviation, of the whole scale (0 to 1) | {share:.3f} (" in bundle.card
    assert f"| quadratic kappa | {metrics['quadratic_kappa']['value']:.3f} (" in bundle.card


@pytest.mark.parametrize(
    "sentence",
    [
        "which of 5 grades fits one confocal photo.",
        "`cutis map` answers for every patch of 128 x 128 pixels of an image of any size, 8 pixels apart. "
        "It expects 1 micrometres per pixel.",
        "It knows nothing but its grades",
        "An image larger than a patch gets one answer for all of it",
    ],
)
def test_its_card_speaks_of_grades_and_maps(bundle: Bundle, sentence: str) -> None:
    assert sentence in bundle.card
    assert "panorama" not in bundle.card
