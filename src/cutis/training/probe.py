"""A linear probe: embed every photo once, fit the last layer. Minutes on a CPU, also for large backbones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from cutis.core.errors import RunError
from cutis.core.labels import Labels
from cutis.data.datasets import PhotoStore
from cutis.models.classifier import Classifier
from cutis.training.finish import finish
from cutis.training.fit import Watch, photo_stores
from cutis.training.loading import ShapeBatches
from cutis.training.predict import plain_photos
from cutis.training.questions import UNKNOWN, answer_indices
from cutis.training.run import Run, build_network, load_run, read_split

UNSEEN = -20.0  # logit of an answer that no photo of the training split shows
STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # inverse regularisation, tried on the tune split


def fit_probe(path: Path, watch: Watch | None = None) -> Run:
    """Fit only the last layer of a run.

    Args:
        path: folder written by `cutis.training.fit.start_run`.
        watch: who is told how it goes.

    Returns:
        The finished run.

    Raises:
        RunError: the folder is no run, or one of a whole network.
    """
    watch = watch or Watch()
    run = load_run(path)
    if run.finished:
        watch.echo(f"{path}: is finished already.")
        return run
    if run.settings.ordinal or (path / "checkpoints").exists():
        raise RunError(f"{path}: trains a whole network. Leave out --probe, or choose another --out.")
    # One layer for the main question is all that a probe fits.
    run = replace(run, findings=None, settings=replace(run.settings, findings=0))
    manifest = read_split(run)
    parts = {name: manifest.part(name) for name in ("train", "tune", "test")}
    # Whatever no file brings (all of it, with --weights none) is drawn: the same seed, the same probe.
    torch.manual_seed(run.recipe.seed)
    network = build_network(run).eval()
    stores = photo_stores(network, parts, (), watch)
    targets = {name: answer_indices(part, run.labels) for name, part in parts.items()}
    embedded = {name: embed(network, stores[name], watch) for name in ("train", "tune")}
    layer = _fit_layers(embedded, targets, run.labels, balanced=run.recipe.imbalance != "none")
    best = ", ".join(f"{strength:g}" for strength in dict.fromkeys(layer.strengths))
    watch.echo(f"Linear layer fitted; inverse regularisation {best} did best on the tune split.")
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
    weight: NDArray[np.float32]  # (outputs, channels)
    bias: NDArray[np.float32]  # (outputs,)
    strengths: tuple[float, ...]  # by question


def _fit_layers(
    embedded: dict[str, Any], targets: dict[str, Any], labels: Labels, *, balanced: bool
) -> _Layer:
    """One logistic regression per question, on the photos of which its answer is known."""
    parts = []
    for question in range(len(labels.questions)):
        asked = {name: truth.reshape(len(truth), -1)[:, question] for name, truth in targets.items()}
        known = {name: asked[name] != UNKNOWN for name in embedded}
        there = {name: values[known[name]] for name, values in embedded.items()}
        truth = {name: asked[name][known[name]] for name in embedded}
        parts.append(_fit_layer(there, truth, len(labels.answers), balanced=balanced))
    return _Layer(
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.bias for part in parts]),
        tuple(strength for part in parts for strength in part.strengths),
    )


def _fit_layer(embedded: dict[str, Any], targets: dict[str, Any], classes: int, *, balanced: bool) -> _Layer:
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
    every, level = np.zeros((classes, weight.shape[1])), np.full(classes, UNSEEN)
    every[model.classes_], level[model.classes_] = weight, bias - weight @ mean
    return _Layer(every.astype(np.float32), level.astype(np.float32), (strength,))
