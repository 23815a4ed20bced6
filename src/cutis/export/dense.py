"""The graph of a map: the answer for every patch of a large image, from one pass.

The patch network is the mean of local features and a linear layer. Both may change places, so the classes'
maps are made first and averaged over a window as large as a patch's features; each place of the result is
what the patch network says of the patch that begins there.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documentation uses
from torch import Tensor, nn

from cutis.core.bundle import Bundle
from cutis.core.bundle_info import Dense, Member
from cutis.core.errors import CutisError
from cutis.export.network import OPSET
from cutis.export.vectors import drawn_images, torch_probabilities
from cutis.models.classifier import Classifier
from cutis.models.texture import STRIDE
from cutis.tasks import get_task

TOLERANCE = 1e-3  # of a probability


class DenseNetwork(nn.Module):
    """The patch networks of a bundle at every place of an image.

    Args:
        members: what each is, and its network in evaluation mode; all take photos natively.
        stride: pixels between cells of the features.
        temperature: of the averaged probabilities, see `cutis.core.bundle_info.BundleInfo`.
    """

    def __init__(
        self, members: Sequence[tuple[Member, Classifier]], *, stride: int, temperature: float
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(network for _, network in members)
        self.members = [member for member, _ in members]
        self.patch = self.members[0].size
        self.stride = stride
        self.temperature = temperature

    def forward(self, image: Tensor) -> Tensor:
        """(1, 1, height, width) grey levels 0..255 -> (classes, rows, columns) probabilities.

        Place (i, j) is the patch whose first pixel is (i * stride, j * stride); rows = (height - patch) //
        stride + 1.
        """
        rows = (image.shape[2] - self.patch) // self.stride + 1
        columns = (image.shape[3] - self.patch) // self.stride + 1
        # Without the pixels past the last whole patch, of which the deepest layers would see a part.
        whole = image[
            :, :, : (rows - 1) * self.stride + self.patch, : (columns - 1) * self.stride + self.patch
        ]
        said = [self._one(network, m, whole) for network, m in zip(self.networks, self.members, strict=True)]  # type: ignore[arg-type]
        average = torch.stack(said).mean(0).clamp(min=1e-12)
        return torch.softmax(average.log() / self.temperature, 1)[0]

    def _one(self, network: Classifier, member: Member, image: Tensor) -> Tensor:
        """(1, classes, rows, columns) probabilities of one network."""
        mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) * 255 for values in (member.mean, member.std))
        features = network.features((image - mean) / std)
        logits = F.conv2d(features, network.head.weight[:, :, None, None])
        window = cells_of_a_patch(network)
        # A window's mean is that of its rows' means: two short sums for each place instead of a long one.
        logits = F.avg_pool2d(F.avg_pool2d(logits, (window, 1), 1), (1, window), 1)
        return torch.softmax((logits + network.head.bias[:, None, None]) / member.temperature, 1)


def cells_of_a_patch(network: Classifier) -> int:
    """Cells on a side of the features of one patch."""
    side = network.input_rules.size
    with torch.no_grad():
        return int(network.features(torch.zeros(1, 3, side, side)).shape[2])


def dense_graph(members: Sequence[tuple[Member, Classifier]], *, stride: int, temperature: float) -> bytes:
    """`DenseNetwork` as an ONNX file: ``image`` in, ``probabilities`` out.

    Args:
        members: see `DenseNetwork`.
        stride: see `DenseNetwork`.
        temperature: see `DenseNetwork`.
    """
    dense = DenseNetwork(members, stride=stride, temperature=temperature).eval()
    side = dense.patch
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # traced constants are meant: a patch has always as many cells
        torch.onnx.export(
            dense,
            (torch.zeros(1, 1, side + stride, side + 3 * stride),),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["probabilities"],
            dynamic_axes={
                "image": {2: "height", 3: "width"},
                "probabilities": {1: "rows", 2: "columns"},
            },
        )
    return buffer.getvalue()


def with_map(draft: Bundle, members: Sequence[tuple[Member, Classifier]]) -> Bundle:
    """A bundle with the graph that maps whole images, where its networks allow it.

    Raises:
        CutisError: the map differs from the answers for single patches.
    """
    info = draft.info
    if not info.native or info.views > 1:
        return draft
    graph = dense_graph(members, stride=STRIDE, temperature=info.temperature)
    difference = _difference(graph, members, info.temperature)
    if difference > TOLERANCE:
        raise CutisError(
            f"{draft.path}: not written: the map differs from the answers for single patches by "
            f"{difference:.1e}. This network cannot be mapped; report it."
        )
    dense = Dense(info.size, STRIDE, get_task(info.task).spacing)
    return replace(draft, info=replace(info, dense=dense), dense=graph)


def _difference(graph: bytes, members: Sequence[tuple[Member, Classifier]], temperature: float) -> float:
    """Largest difference of a probability between the graph and the patch networks, on drawn images."""
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    patch, worst = members[0][0].size, 0.0
    for image in drawn_images(patch, "native"):
        grey = image.mean(2).round().astype(np.uint8)
        (found,) = session.run(None, {"image": grey[None, None].astype(np.float32)})
        cut = np.repeat(grey[:patch, :patch, None], 3, axis=2)
        said = torch_probabilities(members, cut, 1, temperature)
        worst = max(worst, float(np.abs(found[:, 0, 0] - said).max()))
    return worst
