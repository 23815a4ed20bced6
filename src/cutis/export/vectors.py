"""A bundle's own test: small drawn images, and what the trained networks say of them in torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from cutis.core.bundle import Member, Vector, Vectors
from cutis.imaging.preprocess import centre_crop, resize_shorter
from cutis.models.classifier import Classifier

_FLIPS: tuple[tuple[int, ...], ...] = ((), (3,), (2,), (2, 3))
_SHAPES = ((1.25, 1.0), (0.4, 0.5), (0.35, 1.0), (0.6, 0.45))  # height and width in network sizes


def drawn_images(size: int) -> list[NDArray[np.uint8]]:
    """A landscape to reduce, one to enlarge, a panorama to crop and an upright one; always the same.

    Args:
        size: shorter side of the network's input.
    """
    return [
        _drawn(max(1, round(high * size)), max(1, round(wide * size)), number)
        for number, (high, wide) in enumerate(_SHAPES)
    ]


def _drawn(height: int, width: int, number: int) -> NDArray[np.uint8]:
    """Blots and lines on a pale ground: smooth, so that it packs small, and nothing like flat."""
    rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
    ground = np.stack([225 - 30 * rows, 175 - 25 * columns, 155 - 20 * rows * columns], axis=2)
    rng = np.random.default_rng(number)
    for _ in range(4):
        row, column, radius = rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.8), rng.uniform(0.03, 0.2)
        inside = 1 / (1 + np.exp(np.clip((np.hypot(rows - row, columns - column) - radius) * 60, -50, 50)))
        ground -= inside[:, :, None] * rng.uniform(20, 130, size=3)
    lines = 25 * (np.sin(40 * rows + 17 * columns * rng.uniform(0.5, 2)) > 0.97)
    return np.asarray(np.clip(ground - lines[:, :, None], 0, 255), dtype=np.uint8)


@torch.no_grad()
def torch_probabilities(
    members: Sequence[tuple[Member, Classifier]], image: NDArray[np.uint8], views: int, temperature: float
) -> NDArray[np.float64]:
    """What the networks say of a photo in torch, with the photo prepared by Pillow.

    Args:
        members: what each is, and its network in evaluation mode.
        image: (height, width, 3).
        views: 1, 2 or 4.
        temperature: of the average.

    Returns:
        (classes,).
    """
    average = np.mean([_one(member, network, image, views) for member, network in members], axis=0)
    powers = np.maximum(average, 1e-12) ** (1 / temperature)
    return np.asarray(powers / powers.sum())


def _one(member: Member, network: Classifier, image: NDArray[np.uint8], views: int) -> NDArray[np.float64]:
    cropped = centre_crop(image)
    if member.stretch:
        square = Image.fromarray(cropped).resize((member.size, member.size), Image.Resampling.BILINEAR)
        pixels = np.asarray(square)
    else:
        pixels = resize_shorter(cropped, member.size)
    scaled = (pixels / 255 - np.array(member.mean)) / np.array(member.std)
    x = torch.from_numpy(scaled.transpose(2, 0, 1)[None].astype(np.float32))
    logits = torch.stack([network(x.flip(axes) if axes else x) for axes in _FLIPS[:views]]).mean(0)
    return np.asarray(torch.softmax(logits.double() / member.temperature, dim=-1).numpy()[0])


def make_vectors(
    members: Sequence[tuple[Member, Classifier]],
    names: Sequence[str],
    *,
    views: int,
    temperature: float,
    tolerance: float,
) -> Vectors:
    """Test images with the probabilities that the trained networks give in torch; not yet measured.

    Args:
        members: what each is, and its network in evaluation mode.
        names: of the labels.
        views: 1, 2 or 4.
        temperature: of the average.
        tolerance: largest difference of a probability that passes.
    """
    cases = []
    for image in drawn_images(max(member.size for member, _ in members)):
        said = torch_probabilities(members, image, views, temperature)
        cases.append(Vector(image, dict(zip(names, said.tolist(), strict=True))))
    return Vectors(tuple(cases), f"torch {torch.__version__} float32", tolerance, 0.0)
