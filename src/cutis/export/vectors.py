"""A bundle's own test: small drawn images, and what the trained networks say of them in torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from cutis.core.bundle import Member, Vector, Vectors
from cutis.core.bundle_info import Fit
from cutis.imaging.preprocess import bring
from cutis.models.classifier import Classifier

_FLIPS: tuple[tuple[int, ...], ...] = ((), (3,), (2,), (2, 3))
# Height and width in network sizes: halved, doubled, a panorama to crop, an upright one.
_SHAPES = ((2, 2.5), (0.5, 0.625), (1, 3), (1.25, 1))
_SQUARES = ((2, 2), (0.5, 0.5), (1, 1))
_WHOLE = ((2, 2.5), (0.5, 0.625), (1, 2.5), (1.25, 1))
_NATIVE = ((1, 1), (1, 1.5), (2, 1))
_EDGE = 4  # pixels
_LEVELS = 64


def drawn_images(size: int, fit: Fit = "shorter") -> list[NDArray[np.uint8]]:
    """Small pictures, always the same, that can be halved and doubled without rounding.

    Their values are multiples of 64 and their edges plain, so that each pixel of the resized picture is a
    whole number. Then a difference between torch and a runtime comes from the network, and not from the ways
    in which two libraries round.

    Args:
        size: shorter side of the network's input.
        fit: how photos are brought to the network.
    """
    shapes = {"shorter": _SHAPES, "square": _SQUARES, "whole": _WHOLE, "native": _NATIVE}[fit]
    whole = shapes if size % 8 == 0 else [shape for shape in shapes if min(shape) >= 1]
    return [_drawn(int(high * size), int(wide * size), number) for number, (high, wide) in enumerate(whole)]


def _drawn(height: int, width: int, number: int) -> NDArray[np.uint8]:
    """Blots and lines on a pale ground."""
    rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
    ground = np.stack([225 - 30 * rows, 175 - 25 * columns, 155 - 20 * rows * columns], axis=2)
    rng = np.random.default_rng(number)
    for _ in range(6):
        row, column, radius = rng.uniform(0, 0.8), rng.uniform(0.1, 0.9), rng.uniform(0.05, 0.25)
        inside = 1 / (1 + np.exp(np.clip((np.hypot(rows - row, columns - column) - radius) * 60, -50, 50)))
        ground -= inside[:, :, None] * rng.uniform(20, 130, size=3)
    ground -= 60 * (np.sin(40 * rows + 30 * columns * rng.uniform(0.5, 2)) > 0.9)[:, :, None]
    image = np.asarray(np.clip(ground, 0, 255), dtype=np.uint8) // _LEVELS * _LEVELS
    inner = image[_EDGE:-_EDGE, _EDGE:-_EDGE].copy()
    image[:] = (192, 128, 128)
    image[_EDGE:-_EDGE, _EDGE:-_EDGE] = inner
    return image


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
        (outputs,).
    """
    said = [
        torch.softmax(
            _seen(member, network, image, views).double().reshape(network.settings.questions, -1)
            / member.temperature,
            dim=-1,
        )
        for member, network in members
    ]
    powers = np.maximum(torch.stack(said).mean(0).numpy(), 1e-12) ** (1 / temperature)
    return np.asarray(powers / powers.sum(-1, keepdims=True)).ravel()


@torch.no_grad()
def torch_findings(
    members: Sequence[tuple[Member, Classifier]], image: NDArray[np.uint8], views: int
) -> NDArray[np.float64]:
    """(findings,) what the networks say beside the main question, likewise; none where they say nothing."""
    if members[0][1].findings is None:
        return np.empty(0)
    found = [_seen(member, network, image, views, beside=True).double() for member, network in members]
    return np.asarray(torch.sigmoid(torch.stack(found)).mean(0).numpy())


def _seen(
    member: Member, network: Classifier, image: NDArray[np.uint8], views: int, *, beside: bool = False
) -> torch.Tensor:
    """Logits, averaged over views."""
    pixels = bring(image, member.size, member.fit)
    scaled = (pixels / 255 - np.array(member.mean)) / np.array(member.std)
    x = torch.from_numpy(scaled.transpose(2, 0, 1)[None].astype(np.float32))
    views_of = [x.flip(axes) if axes else x for axes in _FLIPS[:views]]
    answers = [network.answer(view) for view in views_of]
    said = [found if beside else logits for logits, found in answers]
    return torch.stack([logits for logits in said if logits is not None]).mean(0)[0]


def make_vectors(
    members: Sequence[tuple[Member, Classifier]],
    names: Sequence[str],
    *,
    views: int,
    temperature: float,
    tolerance: float,
    findings: Sequence[str] = (),
) -> Vectors:
    """Test images with the probabilities that the trained networks give in torch; not yet measured.

    Args:
        members: what each is, and its network in evaluation mode.
        names: of the outputs.
        views: 1, 2 or 4.
        temperature: of the average.
        tolerance: largest difference of a probability that passes.
        findings: names of those.
    """
    cases = []
    size = max(member.size for member, _ in members)
    for image in drawn_images(size, _shared_fit([member for member, _ in members])):
        said = torch_probabilities(members, image, views, temperature)
        found = torch_findings(members, image, views)
        cases.append(
            Vector(
                image,
                dict(zip(names, said.tolist(), strict=True)),
                dict(zip(findings, found.tolist(), strict=True)),
            )
        )
    return Vectors(tuple(cases), f"torch {torch.__version__} float32", tolerance, 0.0)


def _shared_fit(members: Sequence[Member]) -> Fit:
    """That of all members; of mixed ones the rule that keeps the aspect."""
    fits = {member.fit for member in members}
    return members[0].fit if len(fits) == 1 else "shorter"
