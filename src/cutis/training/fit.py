"""Train a task's network on a manifest; stop it at any time, and go on."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader

from cutis.core.bundle_info import TrainingData
from cutis.core.labels import MultiLabel
from cutis.core.manifest import Manifest, rebased, write_manifest
from cutis.data.datasets import PhotoStore, VariedPhotos
from cutis.models.classifier import Classifier, ClassifierSettings
from cutis.task import Task
from cutis.training.findings import finding_targets, findings_in
from cutis.training.finish import finish
from cutis.training.loading import EpochBatches, ResumableLoader, ShapeBatches, sampling_chances
from cutis.training.masks import read_places
from cutis.training.module import MovingAverage, TrainingModule
from cutis.training.predict import plain_photos
from cutis.training.preparation import Prepared, groups_in
from cutis.training.process import bf16_is_fast
from cutis.training.questions import answer_indices, counts, shares
from cutis.training.raters import soft_targets
from cutis.training.recipe import Recipe
from cutis.training.run import (
    SPLIT,
    Run,
    build_network,
    load_run,
    need_no_run,
    read_split,
)

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Watch:
    """Who is told how training goes.

    Attributes:
        echo: told single sentences.
        reading: called with 1 for each photo read.
        callbacks: of Lightning's trainer, such as a progress bar.
    """

    echo: Callable[[str], None] = lambda _: None
    reading: Progress | None = None
    callbacks: tuple[Callback, ...] = ()


def start_run(
    task: Task,
    prepared: Prepared,
    out: Path,
    settings: ClassifierSettings,
    recipe: Recipe,
    data: TrainingData,
    *,
    probe: bool = False,
) -> Run:
    """Write a new run folder with its split, before the first step.

    Args:
        task: what is trained.
        prepared: on which photos.
        out: the folder.
        settings: of the network.
        recipe: of the training.
        data: what is said of the photos.
        probe: only the last layer is to be fitted, see `cutis.training.probe`.

    Raises:
        RunError: the folder holds a run already.
    """
    need_no_run(out)
    out.mkdir(parents=True, exist_ok=True)
    manifest = prepared.manifest
    write_manifest(rebased(manifest, out), out / SPLIT)
    found = findings_in(manifest, task.findings)
    run = Run(
        path=out,
        task=task.name,
        labels=prepared.labels,
        settings=replace(settings, findings=len(found)),
        recipe=recipe,
        training=data,
        target=prepared.target,
        group=manifest.group,
        findings=MultiLabel(found) if found else None,
        probe=probe,
    )
    run.save()
    return run


def describe_data(prepared: Prepared, name: str, licence: str) -> TrainingData:
    """What a run is trained on, for its card."""
    train = prepared.manifest.part("train")
    table = prepared.manifest.table
    rendered = "rendered" in table.columns and bool((table["rendered"].str.to_lowercase() == "true").any())
    return TrainingData(
        name=name,
        rendered=rendered,
        images=len(train),
        groups=groups_in(train),
        fingerprint=prepared.manifest.fingerprint,
        split_hash=prepared.manifest.split_hash,
        overrides=prepared.overrides,
        licence=licence,
    )


def fit(path: Path, watch: Watch | None = None) -> Run:
    """Train a run, from its start or from its last checkpoint, until it is finished.

    Args:
        path: folder written by `start_run`.
        watch: who is told how it goes.

    Returns:
        The finished run, with temperature and test metrics.

    Raises:
        RunError: the folder is no run.
    """
    watch = watch or Watch()
    run = load_run(path)
    if run.finished:
        watch.echo(f"{path}: is finished already.")
        return run
    recipe = run.recipe
    lightning.seed_everything(recipe.seed, workers=True, verbose=False)
    manifest = read_split(run)
    parts = {name: manifest.part(name) for name in ("train", "tune", "test")}
    network = build_network(run)
    stores = photo_stores(network, parts, recipe.sizes, watch)
    targets = {name: answer_indices(part, run.labels) for name, part in parts.items()}
    run = _train(run, network, parts["train"], stores, targets, watch)
    return finish(run, network, parts, stores, targets)


def photo_stores(
    network: Classifier, parts: dict[str, Manifest], sizes: tuple[int, ...], watch: Watch
) -> dict[str, PhotoStore]:
    """Each part's photos, as large as the network will ever want them."""
    rules = network.input_rules
    side = None if rules.fit == "native" else max([rules.size, *sizes])
    return {
        name: PhotoStore(part.paths, side, watch.reading, whole=rules.fit == "whole")
        for name, part in parts.items()
    }


def _train(
    run: Run,
    network: Classifier,
    train: Manifest,
    stores: dict[str, PhotoStore],
    targets: dict[str, Any],
    watch: Watch,
) -> Run:
    """Let Lightning train the network in place; the run then says how, stops included."""
    recipe, rules = run.recipe, network.input_rules
    known = _known(run, train, targets["train"])
    places = None
    if network.says_where and rules.fit != "native":
        places = read_places(train, run.labels, targets["train"], stores["train"])
    varied = VariedPhotos(
        stores["train"], known, recipe.augmentation, rules.mean, rules.std, rules.fit, places
    )
    replicas = recipe.devices * recipe.nodes
    rank = int(os.environ.get("LOCAL_RANK", "0")) + recipe.devices * int(os.environ.get("NODE_RANK", "0"))
    proportions = None
    if recipe.augmentation.own_shape and rules.fit == "shorter":  # others see one shape
        sides = np.array([stores["train"].shape(i) for i in range(len(train))])
        proportions = sides[:, 1] / sides[:, 0]
    batches = EpochBatches(targets["train"], recipe, rules.size, rank, replicas, rules.fit, proportions)
    plain = plain_photos(stores["tune"], network)
    tune = _Labelled(plain, targets["tune"])
    tune_loader: DataLoader[Any] = DataLoader(tune, batch_sampler=ShapeBatches(plain, recipe.batch))  # type: ignore[arg-type]
    chances = sampling_chances(targets["train"], recipe)
    shown = torch.tensor(counts(targets["train"], chances, run.labels))
    module = TrainingModule(network, recipe, shown, len(batches) * recipe.epochs)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    module.train()  # Lightning keeps the mode it finds
    trainer = _trainer(run, watch)
    last = run.path / "checkpoints" / "last.ckpt"
    trainer.fit(
        module,
        ResumableLoader(varied, batches, recipe.workers),
        tune_loader,
        ckpt_path=str(last) if last.exists() else None,
        weights_only=False,
    )
    return replace(run, steps=int(trainer.global_step), epoch_metrics=tuple(module.history))


def _known(run: Run, train: Manifest, targets: Any) -> Any:
    """(rows,) class indices or (rows, outputs) shares of the raters, with the findings to their right."""
    if run.labels.several:
        return shares(targets, run.labels)
    known = soft_targets(train, run.labels, targets)
    if run.findings is None:
        return known
    if known.ndim == 1:  # nobody rated
        known = shares(targets, run.labels)
    return np.concatenate([known, finding_targets(train, run.findings.names)], axis=1)


@dataclass(frozen=True)
class _Labelled:
    """Whole photos with their classes."""

    photos: Any
    targets: Any

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self.photos[index], self.targets[index]


def lightning_precision(recipe: Recipe) -> Any:
    """Lightning's name of the precision that the recipe and the machine ask for."""
    names = {"float32": "32-true", "bfloat16": "bf16-mixed", "float16": "16-mixed"}
    if recipe.precision != "auto":
        return names[recipe.precision]
    fast = torch.cuda.is_available() or bf16_is_fast()
    return "bf16-mixed" if fast else "32-true"


def _trainer(run: Run, watch: Watch) -> lightning.Trainer:
    recipe = run.recipe
    # Lightning's tips, lists of hardware and worries about loaders are not the user's concern.
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    checkpoints = ModelCheckpoint(
        run.path / "checkpoints",
        save_last=True,
        save_top_k=0,
        every_n_train_steps=recipe.checkpoint_steps,
        enable_version_counter=False,
    )
    average = [MovingAverage(recipe.average_decay)] if recipe.average_decay > 0 else []
    return lightning.Trainer(
        max_epochs=recipe.epochs,
        precision=lightning_precision(recipe),
        devices=recipe.devices,
        num_nodes=recipe.nodes,
        use_distributed_sampler=False,
        callbacks=[*average, checkpoints, *watch.callbacks],
        logger=TensorBoardLogger(run.path / "logs", name="", version=""),
        gradient_clip_val=1.0,
        num_sanity_val_steps=0,
        log_every_n_steps=10,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=run.path,
    )
