"""An 8-bit variant of a graph: static, per channel, calibrated on real photos.

Only convolutions are quantised. Pixels, the last layer, temperatures and saliency stay as they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CALIBRATION = 200  # photos; more change the ranges little


def quantise(model: bytes, photos: Iterable[NDArray[np.uint8]]) -> bytes:
    """Quantise a graph from `build_graph` with float32 weights.

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
        keep = [node.name for node in onnx.load(ready).graph.node if node.name.startswith("frame_")]
        quantize_static(
            ready,
            small,
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=keep,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"ActivationSymmetric": False},
        )
        return small.read_bytes()


def _named(model: bytes) -> bytes:
    """The graph with a name on each node that is not part of a network; those have names already."""
    import onnx

    graph = onnx.load_from_string(model)
    for number, node in enumerate(graph.graph.node):
        node.name = node.name or f"frame_{number}"
    return graph.SerializeToString()  # type: ignore[no-any-return]
