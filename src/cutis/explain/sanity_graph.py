"""The randomised-weights check on an exported graph: its weight tensors are shuffled, with no torch.

Shuffling keeps every weight's value and loses its place. That makes a random network of the same scale,
also where the weights are stored as 8-bit integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import MissingExtraError
from cutis.explain.saliency import both_ways, for_label
from cutis.explain.sanity import STAGES, Stage

_WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul", "QLinearConv", "QLinearMatMul")
_PASSING = ("DequantizeLinear", "Cast", "Transpose", "Reshape", "Identity", "Unsqueeze", "Squeeze", "Mul")


def available() -> bool:
    """Whether the onnx package, which edits graphs, is installed (it comes with the ``train`` extra)."""
    return find_spec("onnx") is not None


def weight_names(graph: Any) -> list[tuple[str, ...]]:
    """The learnt tensors of a graph by layer, from the answer down to the pixels.

    Args:
        graph: an ``onnx.GraphProto``.

    Returns:
        For each layer the names of its initialisers (weight first, then bias where there is one).
    """
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}

    def initialiser(name: str) -> str | None:
        """The tensor behind a layer's input, through dequantising and casting."""
        while name not in tensors:
            node = makers.get(name)
            if node is None or node.op_type not in _PASSING or not node.input:
                return None
            name = node.input[0]
        return name

    layers: list[tuple[str, ...]] = []
    taken: set[str] = set()
    away = _distances(graph)
    weighted = [node for node in graph.node if node.op_type in _WEIGHTED and node.output[0] in away]
    # Stable, so that the members of an ensemble, which stand side by side, are randomised together.
    for node in sorted(weighted, key=lambda node: away[node.output[0]]):
        found = [initialiser(name) for name in node.input]
        names = tuple(
            n for n in dict.fromkeys(found) if n is not None and n not in taken and _size(tensors[n]) > 8
        )
        taken.update(names)
        if names:
            layers.append(names)
    return layers


def _distances(graph: Any) -> dict[str, int]:
    """How many nodes lie between each value and the saliency; only values that it depends on."""
    away = {"saliency": 0}
    for node in reversed(graph.node):  # ONNX demands that makers stand before users
        steps = [away[output] for output in node.output if output in away]
        for name in node.input if steps else ():
            away[name] = max(away.get(name, 0), max(steps) + 1)
    return away


def _size(tensor: Any) -> int:
    return int(np.prod(tensor.dims, dtype=np.int64)) if tensor.dims else 1


def cascade(
    model: bytes,
    open_graph: Callable[[bytes], Any],
    photos: Sequence[NDArray[np.uint8]],
    labels: Sequence[int],
    rng: np.random.Generator,
    *,
    stages: int = STAGES,
) -> Iterator[Stage]:
    """Saliency maps of ever more randomised copies of an exported graph.

    Args:
        model: the ONNX file's bytes.
        open_graph: makes an onnxruntime session of such bytes.
        photos: (height, width, 3) uint8 each.
        labels: index of the class whose map is compared, per photo.
        rng: of the shuffles.
        stages: how many depths are looked at, evenly spaced over the layers.

    Raises:
        MissingExtraError: the onnx package is not installed.
    """
    if not available():
        raise MissingExtraError("train", "The randomised-weights check")
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_from_string(model)
    layers = weight_names(graph.graph)
    tensors = {tensor.name: tensor for tensor in graph.graph.initializer}
    stops = depths(len(layers), stages)
    for number, names in enumerate(layers, start=1):
        for name in names:
            values = numpy_helper.to_array(tensors[name])
            shuffled = rng.permutation(values.ravel()).reshape(values.shape)
            tensors[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(shuffled), name))
        if number in stops:
            maps = _saliency(open_graph(graph.SerializeToString()), photos, labels)
            yield Stage(names[0], number / len(layers), maps)


def depths(layers: int, stages: int) -> list[int]:
    """After how many randomised layers the maps are compared: the first, the last, and evenly between."""
    return sorted({int(n) for n in np.linspace(1, layers, min(stages, layers)).round()})


def _saliency(
    session: Any, photos: Sequence[NDArray[np.uint8]], labels: Sequence[int]
) -> list[NDArray[np.float32]]:
    def maps_of(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
        maps: NDArray[np.float32] = session.run(["saliency"], {"image": photo[None]})[0][0]
        return maps

    pairs = zip(photos, labels, strict=True)
    # Random weights may overflow; such a map says nothing, and zero is as good.
    return [np.nan_to_num(for_label(both_ways(maps_of, photo), label)) for photo, label in pairs]
