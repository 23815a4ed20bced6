"""Batch-norm statistics of plain photos, as they will be predicted, in place of those of varied ones."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader

from cutis.data.datasets import PhotoStore
from cutis.models.classifier import Classifier
from cutis.training.loading import ShapeBatches
from cutis.training.predict import plain_photos

ENOUGH = 2048  # photos


@torch.no_grad()
def reestimate(
    network: Classifier,
    store: PhotoStore,
    chances: NDArray[np.float64] | None = None,
    *,
    batch: int = 64,
    seed: int = 0,
) -> None:
    """Replace the running statistics by those of whole, unvaried photos.

    Varied crops are smoother, darker or nearer than photos are; a network that is normalised by their
    statistics sees every plain photo as an odd one. The mixture of classes, however, stays that of training.

    Args:
        network: whose convolutional batch norms are changed, in place, but for frozen ones; left in
            evaluation mode.
        store: of the training split.
        chances: (photos,) of each photo to be drawn, as in training; equal ones when None.
        batch: photos at a time.
        seed: of the draw of `ENOUGH` photos.

    Source: Wu, Johnson 2021, arXiv:2105.07576, on precise statistics.
    """
    norms = [
        layer
        for layer in network.modules()
        if isinstance(layer, nn.BatchNorm2d) and (layer.weight is None or layer.weight.requires_grad)
    ]
    if not norms:
        return
    momenta = [layer.momentum for layer in norms]
    network.eval()
    for layer in norms:
        layer.reset_running_stats()
        layer.momentum = None  # the plain average over batches
        layer.train()
    photos = plain_photos(store, network)
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(photos), min(ENOUGH, len(photos)), replace=chances is not None, p=chances)
    plan = ShapeBatches(photos, batch, chosen.tolist()).plan
    for x in DataLoader(photos, batch_sampler=[plan[n] for n in rng.permutation(len(plan))]):  # type: ignore[arg-type]
        network.features(x.contiguous(memory_format=torch.channels_last))
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
    network.eval()
