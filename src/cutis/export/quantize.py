"""An 8-bit variant of a graph: static, per channel, calibrated on real photos.

Only convolutions are quantised, each together with the cut-off after it. Pixels, the last layer, temperatures
and saliency stay as they are, and so do the smallest convolutions: they take next to no room, and 8 bits are
too few for the depthwise ones among them.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CALIBRATION = 200  # photos; more change the ranges little
_SMALL = 0.004  # of all values, as where weights are stored as float16
_CUTS = ("Clip", "Relu")


def quantise(model: bytes, photos: Iterable[NDArray[np.uint8]]) -> bytes:
    """Quantise a graph from `build_graph`.

    Args:
        model: the ONNX file's bytes.
        photos: (height, width, 3) uint8 each, of the kind that the model will see.

    Returns:
        The ONNX file's bytes, with quantise and dequantise nodes around each convolution.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left: Iterator[NDArray[np.uint8]] = iter(photos)

        def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
            photo = next(self.left, None)
            return None if photo is None else {"image": photo[None]}

    with tempfile.TemporaryDirectory() as folder:
        plain, ready, small = (Path(folder, name) for name in ("plain.onnx", "ready.onnx", "small.onnx"))
        plain.write_bytes(_named(model))
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantize_static(
            ready,
            small,
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", *_CUTS],
            nodes_to_exclude=_kept(onnx.load(ready).graph),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"ActivationSymmetric": False},
        )
        return small.read_bytes()


def _kept(graph: Any) -> list[str]:
    """Names of the nodes that stay as they are: the frame, small convolutions, and the cut-offs beside them.

    A cut-off is folded into the 8-bit range of what it cuts. Beside a convolution that stays in float there
    is no such range, and it would be lost.
    """
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in graph.initializer}
    least = _SMALL * sum(sizes.values())
    kept = {
        node.name
        for node in graph.node
        if node.name.startswith("frame_") or (node.op_type == "Conv" and sizes.get(node.input[1], 0) < least)
    }
    read = {name for node in graph.node if node.name in kept for name in node.input}
    written = {name for node in graph.node if node.name in kept for name in node.output}
    beside = {
        node.name
        for node in graph.node
        if node.op_type in _CUTS and (node.output[0] in read or node.input[0] in written)
    }
    return sorted(kept | beside)


def _named(model: bytes) -> bytes:
    """The graph with a name on each node that is not part of a network; those have names already."""
    import onnx

    graph = onnx.load_from_string(model)
    for number, node in enumerate(graph.graph.node):
        node.name = node.name or f"frame_{number}"
    return graph.SerializeToString()  # type: ignore[no-any-return]
