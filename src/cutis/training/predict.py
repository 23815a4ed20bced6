"""Probabilities of a trained network on a part of a manifest, in torch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from cutis.core.labels import Labels
from cutis.core.manifest import Manifest
from cutis.data.datasets import PhotoStore, PlainPhotos
from cutis.models.classifier import Classifier
from cutis.training.loading import ShapeBatches


def plain_photos(store: PhotoStore, network: Classifier) -> PlainPhotos:
    """The store's photos as the exported graph will see them."""
    rules = network.input_rules
    return PlainPhotos(store, rules.size, rules.mean, rules.std, rules.fit)


@torch.no_grad()
def predict_logits(
    network: Classifier,
    photos: PlainPhotos,
    *,
    views: int = 2,
    batch: int = 32,
    device: torch.device | str = "cpu",
    bfloat16: bool = False,
) -> NDArray[np.float32]:
    """Logits averaged over mirrored views, the main ones and then the findings'.

    Args:
        network: in evaluation mode.
        photos: whole photos.
        views: 1 as it is, 2 also mirrored, 4 mirrored both ways.
        batch: photos at a time.
        device: where to compute.
        bfloat16: use bfloat16 products.

    Returns:
        (photos, classes + findings).
    """
    out = np.empty((len(photos), network.settings.classes + network.settings.findings), np.float32)
    plan = ShapeBatches(photos, batch)
    loader: DataLoader[Any] = DataLoader(photos, batch_sampler=plan)  # type: ignore[arg-type]
    flips: list[tuple[int, ...]] = [(), (3,), (2,), (2, 3)]
    network = network.to(device).eval()
    precision: AbstractContextManager[object] = nullcontext()
    if bfloat16:
        precision = torch.autocast(torch.device(device).type, torch.bfloat16)
    for rows, x in zip(plan, loader, strict=True):
        x = x.to(device).contiguous(memory_format=torch.channels_last)  # (batch, 3, height, width)
        with precision:
            seen = [_said(network, x.flip(axes) if axes else x) for axes in flips[:views]]
        out[rows] = torch.stack(seen).mean(0).cpu().numpy()
    return out


def _said(network: Classifier, x: torch.Tensor) -> torch.Tensor:
    """(batch, classes + findings) logits of one view."""
    logits, found = network.answer(x)
    return (logits if found is None else torch.cat([logits, found], 1)).float()


def predictions_table(
    part: Manifest, probabilities: NDArray[np.float64], labels: Labels, source: str
) -> pl.DataFrame:
    """Rows of the predictions contract for a part of a manifest."""
    said = np.array(labels.answers.names)[labels.decide(probabilities).reshape(len(part), -1)]
    scores = labels.expected(probabilities)
    columns = {
        **dict(zip(labels.columns("prediction"), said.T, strict=True)),
        **{f"p_{name}": probabilities[:, place].round(6) for name, place in labels.told.items()},
        **{f"score_{name}": scores[:, place].round(6) for place, name in enumerate(labels.scores)},
    }
    keys = list(dict.fromkeys(("image_id", part.group)))  # one column where each photo is its own group
    return part.table.select(keys).with_columns(
        pl.lit(source).alias("source"),
        pl.lit("model").alias("kind"),
        *(pl.Series(name, values) for name, values in columns.items()),
    )
