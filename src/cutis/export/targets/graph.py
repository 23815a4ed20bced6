"""A graph with one input size, all that follows from it worked out beforehand."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cutis.core.errors import BundleError, MissingExtraError


def need_onnx(what: str) -> None:
    """Refuse where graphs cannot be changed.

    Args:
        what: was asked for, to begin the sentence with.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    from importlib.util import find_spec

    if find_spec("onnx") is None:
        raise MissingExtraError("edge", what)


def fixed(model: bytes, height: int, width: int, outputs: Sequence[str]) -> bytes:
    """The graph for one photo of one size, with float32 weights and only these outputs.

    Args:
        model: from `cutis.export.onnx.build_graph`.
        height: of the input, in pixels.
        width: likewise.
        outputs: names of those that are kept.

    Raises:
        BundleError: onnxruntime cannot work the graph out for this size.
    """
    import onnx
    import onnxruntime

    graph = onnx.load_from_string(model)
    version = graph.ir_version
    _shape(graph.graph.input[0], (1, height, width, 3))
    _keep(graph.graph, outputs)
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        # The basic level works constants out and writes plain ONNX that other runtimes and compilers read.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(folder, "fixed.onnx"))
        options.log_severity_level = 3
        try:
            onnxruntime.InferenceSession(
                graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's errors have no common parent
            raise BundleError(
                f"the graph cannot take images of {width} x {height} pixels ({error}). "
                "Choose another --input."
            ) from error
        plain = onnx.load(options.optimized_model_filepath)
    used = {node.domain for node in plain.graph.node}
    domains = [one for one in plain.opset_import if one.domain in used]
    del plain.opset_import[:]
    plain.opset_import.extend(domains)
    plain.ir_version = version
    for output in plain.graph.output:
        output.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.checker.check_model(plain, full_check=True)
    return plain.SerializeToString()  # type: ignore[no-any-return]


def _shape(value: Any, sides: Sequence[int]) -> None:
    for place, side in zip(value.type.tensor_type.shape.dim, sides, strict=True):
        place.dim_value = side  # replaces the name that stood there


def _keep(graph: Any, outputs: Sequence[str]) -> None:
    """Only these outputs, and the nodes that they need."""
    kept = [one for one in graph.output if one.name in outputs]
    wanted = {one.name for one in kept}
    nodes = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            nodes.append(node)
    del graph.output[:], graph.node[:]
    graph.output.extend(kept)
    graph.node.extend(reversed(nodes))
