"""Nodes, networks and constants put together into one graph, and how its weights are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TEMPERATURE = "temperature"  # the constant by which the averaged probabilities are cooled
_CUTS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7)  # of the largest weight: where 8-bit levels may end
_MOST = 0.85  # of all values, which the largest kernels together hold: they are rounded to 8 bits
_SMALL = 2_000  # values; what has fewer stays float32, as early layers do that all later ones see


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
    stored, casts = [], []
    for tensor, values in tensors:
        if (
            values.dtype != np.float32
            or values.size < _SMALL
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


def with_int8_weights(model: bytes) -> bytes:
    """A third of the file: most weights as 8-bit integers, the others as float16.

    The largest kernels are rounded, each output channel with the scale that its weights are rounded best by.
    They are multiplied out once, when a session is opened, and everything is computed in float32. Depthwise
    and early convolutions have few weights, bear little rounding, and err for all that comes after them.

    Args:
        model: from `build_graph`, in float32.
    """
    import onnx

    whole = onnx.load_from_string(model)
    graph = whole.graph
    tensors = [(tensor, onnx.numpy_helper.to_array(tensor)) for tensor in graph.initializer]
    asked = {node.input[1] for node in graph.node if node.op_type == "Conv"}
    kernels = [(tensor, values) for tensor, values in tensors if tensor.name in asked and values.shape[1] > 1]
    largest = sorted(kernels, key=lambda kernel: -kernel[1].size)
    upto = np.cumsum([values.size for _, values in largest])
    most = 1 + int(np.searchsorted(upto, _MOST * sum(values.size for _, values in tensors)))
    chosen = {tensor.name for tensor, _ in largest[:most]}
    stored, products = [], []
    for tensor, values in tensors:
        if tensor.name not in chosen:
            stored.append(tensor)
            continue
        levels, scale = _rounded(values)
        level, wide, size = (f"{tensor.name}_{what}" for what in ("int8", "levels", "scale"))
        stored += [onnx.numpy_helper.from_array(levels, level), onnx.numpy_helper.from_array(scale, size)]
        products += [
            onnx.helper.make_node("Cast", [level], [wide], to=onnx.TensorProto.FLOAT),
            onnx.helper.make_node("Mul", [wide, size], [tensor.name]),
        ]
    nodes = [*products, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(stored)
    graph.node.extend(nodes)
    store_as_float16(graph)
    onnx.checker.check_model(whole, full_check=True)
    return whole.SerializeToString()  # type: ignore[no-any-return]


def _rounded(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Kernels (out, in, height, width) as levels of -127 to 127, and the scale of each output channel."""
    flat = values.reshape(len(values), -1)
    highest = np.maximum(np.abs(flat).max(1, keepdims=True), np.float32(1e-12)) / 127
    scale, least = highest, np.full((len(flat), 1), np.inf)
    for share in _CUTS:  # the largest weights cut off, for finer levels of all others
        tried = share * highest
        lost = ((_levels(flat, tried) * tried - flat) ** 2).sum(1, keepdims=True)
        scale, least = np.where(lost < least, tried, scale), np.minimum(lost, least)
    shape = (-1, *[1] * (values.ndim - 1))
    levels = _levels(flat, scale).astype(np.int8).reshape(values.shape)
    return levels, scale.astype(np.float32).reshape(shape)


def _levels(flat: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.clip(np.rint(flat / scale), -127, 127))


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
