"""A linear probe: embed every photo once, fit the last layer. Minutes on a CPU, also for large backbones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from cutis.core.manifest import read_manifest
from cutis.data.datasets import PhotoStore
from cutis.models.classifier import Classifier
from cutis.training.fit import Watch, class_indices, finish, photo_stores
from cutis.training.loading import ShapeBatches
from cutis.training.predict import plain_photos
from cutis.training.run import Run, build_network, load_run

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # inverse regularisation, tried on the tune split


def fit_probe(path: Path, watch: Watch | None = None) -> Run:
    """Fit only the last layer of a run.

    Args:
        path: folder written by `cutis.training.fit.start_run`.
        watch: who is told how it goes.

    Returns:
        The finished run.

    Raises:
        RunError: the folder is no run.
    """
    watch = watch or Watch()
    run = load_run(path)
    # One layer for the main question is all that a probe fits.
    run = replace(run, findings=None, settings=replace(run.settings, findings=0))
    manifest = read_manifest(run.split_file, target=run.target, labels=run.labels, group=run.group)
    parts = {name: manifest.part(name) for name in ("train", "tune", "test")}
    network = build_network(run).eval()
    stores = photo_stores(network, parts, (), watch)
    targets = {name: class_indices(part, run) for name, part in parts.items()}
    embedded = {name: embed(network, stores[name], watch) for name in ("train", "tune")}
    layer = _fit_layer(embedded, targets, balanced=run.recipe.imbalance != "none")
    watch.echo(f"Linear layer fitted; inverse regularisation {layer.strength} did best on the tune split.")
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(layer.weight))
        network.head.bias.copy_(torch.from_numpy(layer.bias))
    return finish(run, network, parts, stores, targets)


@torch.no_grad()
def embed(network: Classifier, store: PhotoStore, watch: Watch) -> NDArray[np.float32]:
    """(photos, channels) embeddings of whole photos."""
    photos = plain_photos(store, network)
    out = np.empty((len(photos), network.channels), np.float32)
    plan = ShapeBatches(photos, 32)
    for rows, x in zip(plan, DataLoader(photos, batch_sampler=plan), strict=True):  # type: ignore[arg-type]
        out[rows] = network.pool(network.features(x.contiguous(memory_format=torch.channels_last))).numpy()
    watch.echo(f"{len(out)} photos embedded.")
    return out


@dataclass(frozen=True)
class _Layer:
    weight: NDArray[np.float32]  # (classes, channels)
    bias: NDArray[np.float32]  # (classes,)
    strength: float


def _fit_layer(embedded: dict[str, Any], targets: dict[str, Any], *, balanced: bool) -> _Layer:
    """Logistic regression on standardised embeddings; the standardisation is folded into the layer."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score

    mean, std = embedded["train"].mean(0), embedded["train"].std(0) + 1e-6
    scaled = {name: (values - mean) / std for name, values in embedded.items()}
    best: tuple[float, float, Any] | None = None
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=300, class_weight="balanced" if balanced else None)
        model.fit(scaled["train"], targets["train"])
        score = balanced_accuracy_score(targets["tune"], model.predict(scaled["tune"]))
        if best is None or score > best[0]:
            best = (score, strength, model)
    assert best is not None
    _, strength, model = best
    weight, bias = model.coef_, model.intercept_
    if len(weight) == 1:  # two classes: scikit-learn keeps one row, the network has two outputs
        weight, bias = np.vstack([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    weight = weight / std
    return _Layer(weight.astype(np.float32), (bias - weight @ mean).astype(np.float32), strength)
