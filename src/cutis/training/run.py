"""A run: the folder that training writes and that export, explain and compare read.

RUN/
  run.json               what was trained, on what, how, and what it is worth
  split.csv              the manifest as trained on, with its split
  weights.safetensors    the averaged weights
  predictions.csv        probabilities on the tune and test splits
  checkpoints/  logs/    to resume from, to look at
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from cutis.core.bundle_info import (
    OperatingPoint,
    PatientRule,
    TrainingData,
    operating_point_from_dict,
    patient_rule_from_dict,
    training_from_dict,
)
from cutis.core.errors import CutisError, RunError
from cutis.core.files import write_text
from cutis.core.labels import Labels
from cutis.core.manifest import Manifest, read_manifest
from cutis.models.classifier import Classifier, ClassifierSettings
from cutis.tasks import get_task
from cutis.training.recipe import Recipe

RUN, SPLIT, WEIGHTS, PREDICTIONS = "run.json", "split.csv", "weights.safetensors", "predictions.csv"


@dataclass(frozen=True)
class Run:
    """What ``run.json`` holds.

    Attributes:
        path: the run's folder.
        task: name of the task.
        labels: in the order of the network's outputs.
        findings: what is answered beside them, in the order of those outputs; None where nothing is.
        probe: only the last layer is fitted.
        settings: of the network.
        recipe: of the training.
        training: which data it was trained on.
        target: column of the labels; of several conditions what their columns begin with.
        group: column that says which photos belong together.
        finished: false while training goes on or was stopped.
        steps: optimiser steps taken.
        temperature: divides the logits; fitted on the tune split.
        operating_points: thresholds fitted on the tune split.
        patient: how patients are answered for, fitted there too; None where the task does not screen.
        metrics: on the test split, ``{metric: {value, low, high}}``.
        epoch_metrics: one row per epoch on the tune split.
    """

    path: Path
    task: str
    labels: Labels
    settings: ClassifierSettings
    recipe: Recipe
    training: TrainingData
    target: str
    group: str
    findings: Labels | None = None
    probe: bool = False
    finished: bool = False
    steps: int = 0
    temperature: float = 1.0
    operating_points: tuple[OperatingPoint, ...] = ()
    patient: PatientRule | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    epoch_metrics: tuple[Mapping[str, float], ...] = ()

    @property
    def name(self) -> str:
        """The folder's name, which is the ``source`` of its predictions."""
        return self.path.absolute().name

    @property
    def split_file(self) -> Path:
        """The manifest with the split that was trained on."""
        return self.path / SPLIT

    def save(self) -> None:
        """Write ``run.json``, whole or not at all."""
        data = {
            "task": self.task,
            "labels": self.labels.to_dict(),
            "findings": self.findings.to_dict() if self.findings else None,
            "probe": self.probe,
            "settings": asdict(self.settings),
            "recipe": self.recipe.to_dict(),
            "training": asdict(self.training),
            "target": self.target,
            "group": self.group,
            "finished": self.finished,
            "steps": self.steps,
            "temperature": self.temperature,
            "operating_points": [asdict(point) for point in self.operating_points],
            "patient": asdict(self.patient) if self.patient else None,
            "metrics": dict(self.metrics),
            "epoch_metrics": [dict(row) for row in self.epoch_metrics],
        }
        write_text(self.path / RUN, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def read_split(run: Run, *, find_images: bool = True) -> Manifest:
    """The manifest with the split that was trained on, and the targets of all questions.

    Raises:
        ManifestError: it does not hold.
    """
    return read_manifest(
        run.split_file,
        target=run.labels.columns(run.target),
        labels=run.labels,
        group=run.group,
        find_images=find_images,
    )


def need_no_run(out: Path) -> None:
    """Refuse a folder that holds a run, before work is done for another.

    Raises:
        RunError: it does.
    """
    if (out / RUN).exists():
        raise RunError(f"{out}: holds a run already. Go on with --resume, or choose another --out.")
    for name in (SPLIT, PREDICTIONS, WEIGHTS):  # of the user, perhaps the very table to train on
        if (out / name).exists():
            raise RunError(f"{out / name}: is there already and would be replaced. Choose another --out.")


@contextmanager
def kept_once_begun(out: Path) -> Iterator[None]:
    """Take a new run away again if it fails before its first checkpoint, so that it can be corrected."""
    try:
        yield
    except CutisError:
        if not (out / "checkpoints").exists():
            for name in (RUN, SPLIT):
                (out / name).unlink(missing_ok=True)
            if not any(out.iterdir()):
                out.rmdir()
        raise


def load_run(path: Path | str) -> Run:
    """Read a run's ``run.json``.

    Raises:
        RunError: the folder is no run, or its file is damaged.
    """
    folder = Path(path)
    file = folder / RUN
    if not file.is_file():
        raise RunError(
            f"{folder}: is not a training run (it holds no {RUN}). Give the folder that train wrote."
        )
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return Run(
            path=folder,
            task=data["task"],
            labels=Labels.from_dict(data["labels"]),
            findings=Labels.from_dict(data["findings"]) if data.get("findings") else None,
            probe=data.get("probe", False),
            settings=ClassifierSettings(**data["settings"]),
            recipe=Recipe.from_dict(data["recipe"]),
            training=training_from_dict(data["training"]),
            target=data["target"],
            group=data["group"],
            finished=data["finished"],
            steps=data["steps"],
            temperature=data["temperature"],
            operating_points=tuple(operating_point_from_dict(i) for i in data["operating_points"]),
            patient=patient_rule_from_dict(data["patient"]) if data.get("patient") else None,
            metrics=data["metrics"],
            epoch_metrics=tuple(data["epoch_metrics"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{file}: is damaged or from another version ({error!r}). Train again.") from error


def load_network(run: Run) -> Classifier:
    """The trained network, in evaluation mode.

    Raises:
        RunError: training has not finished, or the weights are damaged.
    """
    from safetensors.torch import load_file

    file = run.path / WEIGHTS
    if not file.is_file():
        raise RunError(f"{run.path}: training has not finished. Go on with: cutis train ... --resume")
    # The file's name told which padding the backbone wants; its weights are not loaded again.
    tensorflow = build_scaling(run.settings)
    network = build_network(replace(run, settings=replace(run.settings, weights="none", scaling=tensorflow)))
    try:
        network.load_state_dict(load_file(file))
    except Exception as error:
        raise RunError(f"{file}: is damaged ({error}). Train again, or resume the run.") from error
    return network.eval()


def build_network(run: Run) -> Classifier:
    """The task's network, with the weights that training starts from."""
    module, function = get_task(run.task).network.builder.split(":")
    network: Classifier = getattr(import_module(module), function)(run.settings)
    return network


def build_scaling(settings: ClassifierSettings) -> Any:
    """The pixel scaling that was in force, spelt out."""
    from cutis.models.backbones import is_tensorflow

    return "tensorflow" if is_tensorflow(settings.weights, settings.scaling) else "imagenet"
