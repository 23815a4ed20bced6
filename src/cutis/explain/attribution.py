"""Saliency of torch networks by captum: integrated gradients, occlusion, Grad-CAM, class activation map.

Every method explains the same quantity, how far the logit of a class stands above the mean of all classes,
and hides with the same blurred photo, so that their scores can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cutis.core.errors import CutisError
from cutis.explain.faithfulness import blurred
from cutis.explain.methods import Method
from cutis.explain.saliency import Map, both_ways, class_activation_map, for_label
from cutis.explain.sanity import STAGES, Stage
from cutis.explain.sanity_graph import depths
from cutis.models.backbones import InputRules
from cutis.models.classifier import Classifier

CELLS = 28  # pixel-wise maps are summed over cells: so many along the shorter side
WINDOW, STRIDE = 6, 12  # occlusion: the window is a 6th of the shorter side, the stride a 12th
STEPS = 32  # of the integral
BATCH = 8


class Explainable(nn.Module):
    """How far each class stands above the average class, with the features held where captum can watch them.

    Attributes:
        network: the classifier, in evaluation mode.
        grid: passes on what the global average sees.
        temperature: divides the logits.
    """

    def __init__(self, network: Classifier, temperature: float = 1.0) -> None:
        super().__init__()
        self.network = network
        self.grid = nn.Identity()
        self.temperature = temperature

    def logits(self, x: Tensor, last_only: bool = False) -> Tensor:
        """(batch, 3, height, width) -> (batch, classes).

        Args:
            x: normalised pixels.
            last_only: the last layer's own answer, also where the network averages it with auxiliary
                classifiers: those see other features than the grid's.
        """
        if self.network.settings.auxiliary_use == "average" and not last_only:
            return self.network(x) / self.temperature  # type: ignore[no-any-return]
        features = self.grid(self.network.features(x))
        return self.network.head(self.network.pool(features)) / self.temperature  # type: ignore[no-any-return]

    def forward(self, x: Tensor, last_only: bool = False) -> Tensor:
        """(batch, 3, height, width) -> (batch, classes), mean over the classes 0."""
        logits = self.logits(x, last_only)
        return logits - logits.mean(1, keepdim=True)


def as_input(photo: NDArray[np.uint8], rules: InputRules) -> Tensor:
    """A photo as the network wants it: resized by the bundle's rule and normalised.

    Args:
        photo: (height, width, 3).
        rules: of the network.

    Returns:
        (1, 3, h, w).
    """
    from cutis.imaging.preprocess import bring

    pixels = bring(photo, rules.size, rules.fit)
    mean, std = np.array(rules.mean, dtype=np.float32), np.array(rules.std, dtype=np.float32)
    scaled = (pixels.astype(np.float32) / 255 - mean) / std
    return torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)))[None]


@torch.no_grad()
def probabilities(model: Explainable, photos: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """(photos, classes) probabilities, one view of each photo."""
    inputs = [as_input(photo, model.network.input_rules) for photo in photos]
    if len({x.shape for x in inputs}) == 1:
        inputs = list(torch.split(torch.cat(inputs), BATCH))
    return torch.cat([model.logits(x).softmax(1) for x in inputs]).double().numpy()


def attribute(model: Explainable, photo: NDArray[np.uint8], label: int, method: Method) -> Map:
    """Which places of a photo speak for a class.

    Args:
        model: in evaluation mode.
        photo: (height, width, 3).
        label: index of the class.
        method: one of `cutis.explain.methods.Method`.

    Returns:
        (h, w). Integrated gradients sum to what `Explainable` says of the photo less what it says of its
        blurred copy.

    Raises:
        CutisError: no such method.
    """
    if method not in get_args(Method):
        raise CutisError(f"there is no method '{method}'. Use one of {', '.join(get_args(Method))}.")
    rules = model.network.input_rules
    if method in ("cam", "grad-cam"):
        on_the_grid = _cam if method == "cam" else _grad_cam
        return both_ways(lambda p: on_the_grid(model, as_input(p, rules), label), photo)
    x = as_input(photo, rules)
    hidden = as_input(blurred(photo), rules)
    pixel_wise = _integrated if method == "integrated-gradients" else _occluded
    return cells(pixel_wise(model, x, hidden, label))


@torch.no_grad()
def _cam(model: Explainable, x: Tensor, label: int) -> Map:
    features = model.network.features(x)
    weight = model.network.head.weight.numpy() / model.temperature
    maps = class_activation_map(features[0].numpy(), weight)
    return for_label(maps, label)


def _grad_cam(model: Explainable, x: Tensor, label: int) -> Map:
    from captum.attr import LayerGradCam

    found: Tensor = LayerGradCam(model, model.grid).attribute(
        x, target=label, additional_forward_args=(True,)
    )
    return found[0, 0].detach().numpy().astype(np.float32)


def _integrated(model: Explainable, x: Tensor, hidden: Tensor, label: int) -> NDArray[np.float32]:
    from captum.attr import IntegratedGradients

    found = IntegratedGradients(model, multiply_by_inputs=True).attribute(
        x, baselines=hidden, target=label, n_steps=STEPS, internal_batch_size=BATCH
    )
    result: NDArray[np.float32] = found[0].sum(0).detach().float().numpy()
    return result


@torch.no_grad()
def _occluded(model: Explainable, x: Tensor, hidden: Tensor, label: int) -> NDArray[np.float32]:
    from captum.attr import Occlusion

    side = min(x.shape[2:])
    window, stride = max(1, side // WINDOW), max(1, side // STRIDE)
    found = Occlusion(model).attribute(
        x,
        sliding_window_shapes=(3, window, window),
        strides=(3, stride, stride),
        baselines=hidden,
        target=label,
        perturbations_per_eval=BATCH,
    )
    result: NDArray[np.float32] = found[0].sum(0).float().numpy()
    return result


def cells(pixels: NDArray[Any]) -> Map:
    """Sum a pixel-wise map over cells: single pixels are noise to the eye and to deletion alike.

    Args:
        pixels: (height, width).

    Returns:
        (h, w) with `CELLS` along the shorter side; its sum is that of the pixels.
    """
    height, width = pixels.shape
    step = max(1.0, min(height, width) / CELLS)
    rows, columns = max(1, round(height / step)), max(1, round(width / step))
    tops = np.arange(rows) * height // rows
    lefts = np.arange(columns) * width // columns
    summed = np.add.reduceat(np.add.reduceat(pixels.astype(np.float64), tops, axis=0), lefts, axis=1)
    return summed.astype(np.float32)


def cascade(
    model: Explainable,
    photos: Sequence[NDArray[np.uint8]],
    labels: Sequence[int],
    method: Method,
    rng: np.random.Generator,
    *,
    stages: int = STAGES,
) -> Iterator[Stage]:
    """Maps of ever more randomised copies of the network, as `cutis.explain.sanity.compare` wants them.

    Args:
        model: is not changed.
        photos: (height, width, 3) each.
        labels: class whose map is compared, per photo.
        method: of the maps.
        rng: shuffles the weights within each tensor.
        stages: how many depths are looked at.
    """
    from copy import deepcopy

    chance = deepcopy(model)
    layers = [(name, list(module.parameters(recurse=False))) for name, module in _in_order(chance.network)]
    layers = [(name, tensors) for name, tensors in layers if tensors][::-1]
    stops = depths(len(layers), stages)
    for number, (name, tensors) in enumerate(layers, start=1):
        with torch.no_grad():
            for tensor in tensors:
                mixed = rng.permutation(tensor.numpy().ravel()).reshape(tuple(tensor.shape))
                tensor.copy_(torch.from_numpy(mixed))
        if number in stops:
            pairs = zip(photos, labels, strict=True)
            maps = [np.nan_to_num(attribute(chance, photo, label, method)) for photo, label in pairs]
            yield Stage(name, number / len(layers), maps)


def _in_order(network: Classifier) -> Iterator[tuple[str, nn.Module]]:
    """Modules from the pixels to the answer; auxiliary classifiers have no part in it."""
    for name, module in network.backbone.named_modules():
        yield f"backbone.{name}", module
    yield "head", network.head
