"""Statistics of plain photos take the place of those that training left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.models.torchvision_operators import ensure

torch = pytest.importorskip("torch")
ensure()

from cutis.data.datasets import PhotoStore  # noqa: E402
from cutis.models.classifier import ClassifierSettings, build  # noqa: E402
from cutis.training.predict import plain_photos  # noqa: E402
from cutis.training.statistics import reestimate  # noqa: E402


def test_the_first_norm_brings_plain_photos_to_mean_zero_and_variance_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(24):
        noise = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{number}.png")
    network = build(ClassifierSettings("mobilenetv2_035", classes=3, size=48)).eval()
    first = network.backbone.bn1
    first.running_mean.fill_(3.0)
    store = PhotoStore(sorted(tmp_path.glob("*.png")), 48)
    reestimate(network, store, batch=8)
    photos = plain_photos(store, network)
    x = torch.stack([torch.from_numpy(photos[i]) for i in range(len(photos))])
    with torch.no_grad():
        responses = network.backbone.conv_stem(x)
    assert torch.allclose(first.running_mean, responses.mean((0, 2, 3)), atol=1e-4)
    assert torch.allclose(first.running_var, responses.var((0, 2, 3)), rtol=0.02)
    assert not network.training
    assert first.momentum == pytest.approx(0.1)
