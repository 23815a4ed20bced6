"""Nodes, networks and constants put together into one graph, and how its weights are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TEMPERATURE = "temperature"  # the constant by which the averaged probabilities are cooled
_SMALL = 0.004  # of all values; what is smaller stays float32, as early layers do that all later ones see


@dataclass(frozen=True)
class Sizes:
    """How many outputs, channels, maps and findings a graph gives."""

    outputs: int
    channels: int
    maps: int
    findings: int


def joined(
    before: Sequence[str],
    networks: Sequence[Any],
    after: Sequence[str],
    constants: Mapping[str, NDArray[Any]],
    sizes: Sizes,
) -> Any:
    """One graph of the networks and the nodes around them.

    Args:
        before, after: nodes, as text of the ONNX language.
        networks: ``onnx.GraphProto``, whose names do not meet.
        constants: by name; those that no node asks for are left out.
        sizes: of the outputs.
    """
    import onnx

    def nodes(text: Sequence[str]) -> list[Any]:
        return list(onnx.parser.parse_graph(f"part (x) => (y) {{ {' '.join(text)} }}").node)

    first, last = nodes(before), nodes(after)
    used = {name for node in [*first, *last] for name in node.input}
    named = [onnx.numpy_helper.from_array(v, name) for name, v in constants.items() if name in used]
    floating = onnx.TensorProto.FLOAT
    value = onnx.helper.make_tensor_value_info
    beside = [
        value("findings", floating, ["n", sizes.findings]),
        value("finding_maps", floating, ["n", sizes.findings, "grid_height", "grid_width"]),
    ]
    return onnx.helper.make_graph(
        [*first, *(node for graph in networks for node in graph.node), *last],
        "cutis",
        [value("image", onnx.TensorProto.UINT8, ["n", "height", "width", 3])],
        [
            value("probabilities", floating, ["n", sizes.outputs]),
            value("embedding", floating, ["n", sizes.channels]),
            value("saliency", floating, ["n", sizes.maps, "grid_height", "grid_width"]),
            *(beside if sizes.findings else []),
        ],
        [*named, *(tensor for graph in networks for tensor in graph.initializer)],
    )


def store_as_float16(graph: Any) -> None:
    """Halve the file. The cast back is done once, when a session is opened."""
    import onnx

    tensors = [(tensor, onnx.numpy_helper.to_array(tensor)) for tensor in graph.initializer]
    least = _SMALL * sum(values.size for _, values in tensors)
    stored, casts = [], []
    for tensor, values in tensors:
        if (
            values.dtype != np.float32
            or values.size < least
            or np.abs(values).max() > np.finfo(np.float16).max
        ):
            stored.append(tensor)
            continue
        half = f"{tensor.name}_float16"
        stored.append(onnx.numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(onnx.helper.make_node("Cast", [half], [tensor.name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(stored)
    graph.node.extend(nodes)


def with_temperature(model: bytes, temperature: float) -> bytes:
    """The same graph with another temperature of the averaged probabilities.

    Args:
        model: from `build_graph`, quantised or not.
        temperature: see `BundleInfo`.
    """
    import onnx

    graph = onnx.load_from_string(model)
    (tensor,) = [item for item in graph.graph.initializer if item.name == TEMPERATURE]
    tensor.CopyFrom(onnx.numpy_helper.from_array(np.array([temperature], dtype=np.float32), TEMPERATURE))
    return graph.SerializeToString()  # type: ignore[no-any-return]
