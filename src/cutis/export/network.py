"""One trained network as an ONNX graph: normalised pixels in, features out. The rest is in `onnx`."""

from __future__ import annotations

import copy
import io
import warnings
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cutis.models.classifier import Classifier

OPSET = 18  # the first whose Resize is antialiased
_TRACED = (64, 96)  # height and width of the traced image, which are different so that a swap shows


@dataclass(frozen=True)
class NetworkGraph:
    """A network without its pixels' preparation and without its last layer.

    Attributes:
        graph: an ``onnx.GraphProto``: ``x`` float (n, 3, height, width) to ``features`` (n, channels, h, w)
            and, where auxiliary classifiers are averaged in, ``logits`` (n, classes).
        weight: (outputs, channels) of the last layer.
        bias: (outputs,) of the last layer.
        logits: whether the graph gives logits; otherwise the last layer does.
        finding_weight: (findings, channels) of the layer beside the last one; None where there is none.
        finding_bias: (findings,) of that layer.
        questions: that the outputs answer, each by as many.
    """

    graph: Any
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    logits: bool
    finding_weight: NDArray[np.float32] | None = None
    finding_bias: NDArray[np.float32] | None = None
    questions: int = 1

    @property
    def map_weight(self) -> NDArray[np.float32]:
        """(maps, channels) what a place's features add to each class's logit, or to each condition's grade.

        Of a condition's grades this is the slope of their logits, fitted by least squares: where all lie on
        one score (`cutis.models.ordinal`), what is added to that.
        """
        if self.questions == 1:
            return self.weight
        apart = self.weight.reshape(self.questions, -1, self.weight.shape[1])
        rank = np.arange(apart.shape[1]) - (apart.shape[1] - 1) / 2
        return np.asarray(np.einsum("g,kgc->kc", rank / (rank**2).sum(), apart), dtype=np.float32)


_PADDED = "padded_like_tensorflow"


class _Body(nn.Module):
    def __init__(self, network: Classifier, averaged: bool) -> None:
        super().__init__()
        self.network, self.averaged = network, averaged

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        network = self.network
        if not self.averaged:
            return (network.features(x),)
        features, taps = network._features_and_taps(x)
        votes = [aux(tap.mean((2, 3))) for aux, tap in zip(network.auxiliaries, taps, strict=True)]
        return features, torch.stack([network.head(network.pool(features)), *votes]).mean(0)


def network_graph(network: Classifier) -> NetworkGraph:
    """Trace a network. Batch norms are folded into their convolutions.

    Args:
        network: in evaluation mode; it is not changed.
    """
    import onnx

    averaged = network.settings.auxiliary_use == "average" and bool(network.stages)
    plain, padded = _with_plain_padding(network)
    body = _Body(plain, averaged).eval()
    rules = network.input_rules
    names = ["features", "logits"] if averaged else ["features"]
    axes = {"x": {0: "n", 2: "height", 3: "width"}} if rules.convolutional else {"x": {0: "n"}}
    wider = rules.size + _TRACED[1] - _TRACED[0]
    native = (rules.size, wider)
    side = {
        "shorter": _TRACED,
        "whole": _TRACED,
        "square": (rules.size, rules.size),
        "native": native,
    }[rules.fit]
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # traced constants and the choice of exporter are meant
        # The tracing exporter: it takes half a second where the other takes a minute and more, folds batch
        # norms itself, and keeps sizes open without constraints on them.
        torch.onnx.export(
            body,
            (torch.zeros(2, 3, *side),),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=["x"],
            output_names=names,
            dynamic_axes={**axes, **{name: {0: "n"} for name in names}},
        )
    graph = onnx.load_from_string(buffer.getvalue()).graph
    _pad_like_tensorflow(graph, padded)
    head, beside = network.head, network.findings
    weight, bias = head.weight.detach().numpy(), head.bias.detach().numpy()
    made = NetworkGraph(graph, weight, bias, averaged, questions=network.settings.questions)
    if beside is None:
        return made
    return replace(
        made, finding_weight=beside.weight.detach().numpy(), finding_bias=beside.bias.detach().numpy()
    )


def _with_plain_padding(network: Classifier) -> tuple[Classifier, int]:
    """A copy whose TensorFlow-padded convolutions are plain ones under a telling name, and their number.

    TensorFlow pads by what the image's size asks for, which traces into 25 nodes per layer; ONNX has an
    attribute for it. Half a kernel on each side, as set here, gives outputs of the same shape.
    """
    from timm.layers import Conv2dSame  # type: ignore[attr-defined]

    copied = copy.deepcopy(network)
    padded = [(name, layer) for name, layer in copied.named_modules() if isinstance(layer, Conv2dSame)]
    for name, layer in padded:
        parent, _, own = name.rpartition(".")
        plain = nn.Conv2d(1, 1, 1, layer.stride, dilation=layer.dilation, groups=1, bias=False)  # type: ignore[arg-type]
        plain.padding = tuple(
            d * (k - 1) // 2 for d, k in zip(layer.dilation, layer.kernel_size, strict=True)
        )
        plain.weight, plain.bias, plain.groups = layer.weight, layer.bias, layer.groups
        setattr(copied.get_submodule(parent), own, nn.Sequential(OrderedDict({_PADDED: plain})))
    return copied, len(padded)


def _pad_like_tensorflow(graph: Any, layers: int) -> None:
    """Set the padding of those convolutions, which the tracer named after their modules."""
    import onnx

    found = [node for node in graph.node if node.op_type == "Conv" and f"/{_PADDED}/" in node.name]
    assert len(found) == layers, f"{len(found)} of {layers} padded convolutions are in the graph"
    for node in found:
        kept = [item for item in node.attribute if item.name not in ("pads", "auto_pad")]
        del node.attribute[:]
        node.attribute.extend([*kept, onnx.helper.make_attribute("auto_pad", "SAME_UPPER")])
