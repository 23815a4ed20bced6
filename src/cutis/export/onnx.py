"""The graph of a bundle: any photo in, probabilities, embedding and saliency out.

Everything that must be the same in every runtime happens inside: the crop, the antialiased resize, the
scaling of pixels, mirrored views, temperatures, the average over an ensemble's members.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import Member
from cutis.export import pixels
from cutis.export.assembly import TEMPERATURE, Sizes, joined, store_as_float16
from cutis.export.network import OPSET, NetworkGraph

Weights = Literal["float32", "float16"]
IR_VERSION = 9  # runtimes of 2023 and later read it
_FLIPS: tuple[tuple[int, ...], ...] = ((), (3,), (2,), (2, 3))  # axes of (n, channels, height, width)


def build_graph(
    members: Sequence[tuple[Member, NetworkGraph]],
    *,
    views: int = 1,
    temperature: float = 1.0,
    weights: Weights = "float32",
) -> bytes:
    """Assemble the graph.

    Input ``image``: uint8 (n, height, width, 3), RGB, any size. It is cropped about its centre to at most
    4:3, then resized, antialiased, so that the shorter side is the member's size (or stretched to a square).
    A member that takes photos whole sees them uncropped and never enlarged; one that takes them natively sees
    all their pixels as they are.

    Outputs:
        ``probabilities``: float32 (n, classes), the average over members of softmax(logits / temperature),
        where logits are averaged over views. Where several conditions are graded: (n, conditions * grades),
        those of a condition side by side, each condition with a softmax of its own.
        ``embedding``: float32 (n, channels), each member's of length one, side by side.
        ``saliency``: float32 (n, classes, h, w) over the cropped photo. Each class's map adds up to its
        scaled logit less the bias, averaged over members and views. Of several conditions: (n, conditions,
        h, w), adding up to the score that each is graded by, see `NetworkGraph.map_weight`.
        ``findings``, where there are any: float32 (n, findings), the probability of each by itself.
        ``finding_maps``, likewise: float32 (n, findings, h, w), as ``saliency`` of their log odds.

    Args:
        members: what a member is, and its network.
        views: 1 the photo as it is, 2 also mirrored, 4 mirrored both ways.
        temperature: of the averaged probabilities, see `BundleInfo`.
        weights: number format in which large tensors are stored; runtimes compute in float32 either way.

    Returns:
        The ONNX file's bytes.
    """
    import onnx

    frame = _Frame(views, members[0][1].questions)
    body_nodes: list[Any] = []
    for number, (member, network) in enumerate(members):
        prefix = f"m{number}_"
        graph = onnx.compose.add_prefix_graph(network.graph, prefix)
        frame.member(prefix, member, network)
        body_nodes.append(graph)
    first = members[0][1]
    beside = 0 if first.finding_weight is None else len(first.finding_weight)
    names = [f"m{number}_" for number in range(len(members))]
    frame.combine(names, temperature)
    if beside:
        frame.combine_findings(names)
    channels = sum(network.weight.shape[1] for _, network in members)
    sizes = Sizes(len(first.weight), channels, len(first.map_weight), beside)
    graph = joined(frame.before, body_nodes, frame.after, frame.constants, sizes)
    if weights == "float16":
        store_as_float16(graph)
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(graph, opset_imports=[opset], producer_name="cutis", ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()  # type: ignore[no-any-return]


class _Frame:
    """The nodes around the networks, as text of the ONNX language, and the constants that they name."""

    def __init__(self, views: int, questions: int) -> None:
        self.views, self.questions = views, questions
        self.before, self.after = [pixels.CROP], [""]
        self.constants: dict[str, NDArray[Any]] = {
            **pixels.CONSTANTS,
            "height_width": np.array([2, 3]),
            "first": np.array([0]),
            "by_question": np.array([0, questions, -1]),  # 0: as many photos as there are
            "side_by_side": np.array([0, -1]),
        }
        for axes in _FLIPS[1:views]:
            name = _flip_name(axes)
            self.constants[f"{name}_axes"] = np.array(axes)
            self.constants[f"{name}_from"] = np.full(len(axes), -1)
            self.constants[f"{name}_to"] = np.full(len(axes), np.iinfo(np.int64).min + 1)
            self.constants[f"{name}_step"] = np.full(len(axes), -1)

    def member(self, m: str, member: Member, network: NetworkGraph) -> None:
        """Pixels before, and answers after, one network; ``m`` begins all its names."""
        classes, channels = network.weight.shape
        maps = network.map_weight
        scale = 255 * np.array(member.std, dtype=np.float32).reshape(1, 3, 1, 1)
        self.constants |= {
            **pixels.constants(m, member),
            f"{m}mean": (255 * np.array(member.mean)).astype(np.float32).reshape(1, 3, 1, 1),
            f"{m}gain": (1 / scale).astype(np.float32),
            f"{m}weight": network.weight,
            f"{m}bias": network.bias,
            f"{m}map_weight": (maps / member.temperature).reshape(len(maps), channels, 1, 1),
            f"{m}temperature": np.array([member.temperature], dtype=np.float32),
            f"{m}by_view": np.array([self.views, -1, classes]),
            f"{m}channels_by_view": np.array([self.views, -1, channels]),
        }
        self.before += [pixels.resized(m, member), self._scaled(m)]
        self.after.append(self._answers(m, network))
        if network.finding_weight is not None and network.finding_bias is not None:
            count = len(network.finding_weight)
            self.constants |= {
                f"{m}finding_weight": network.finding_weight,
                f"{m}finding_bias": network.finding_bias,
                f"{m}finding_map_weight": network.finding_weight.reshape(count, channels, 1, 1),
                f"{m}finding_by_view": np.array([self.views, -1, count]),
            }
            self.after.append(self._findings(m))

    def _scaled(self, m: str) -> str:
        """Their values as the network wants them, in all views."""
        flips = [
            f"{m}{name} = Slice ({m}plain, {name}_from, {name}_to, {name}_axes, {name}_step)"
            for name in map(_flip_name, _FLIPS[1 : self.views])
        ]
        seen = ", ".join([f"{m}plain", *(f"{m}{_flip_name(axes)}" for axes in _FLIPS[1 : self.views])])
        return f"""
            {m}numbers = Cast <to = 1> ({m}resized)
            {m}upright = Transpose <perm = [0, 3, 1, 2]> ({m}numbers)
            {m}centred = Sub ({m}upright, {m}mean)
            {m}plain = Mul ({m}centred, {m}gain)
            {" ".join(flips)}
            {m}x = Concat <axis = 0> ({seen})
        """

    def _answers(self, m: str, network: NetworkGraph) -> str:
        own = "" if network.logits else f"{m}logits = Gemm <transB = 1> ({m}pooled, {m}weight, {m}bias)"
        return f"""
            {m}pooled = ReduceMean <keepdims = 0> ({m}features, height_width)
            {own}
            {m}view_logits = Reshape ({m}logits, {m}by_view)
            {m}mean_logits = ReduceMean <keepdims = 0> ({m}view_logits, first)
            {m}scaled_logits = Div ({m}mean_logits, {m}temperature)
            {self._softmax(f"{m}probabilities", f"{m}scaled_logits")}
            {m}view_pooled = Reshape ({m}pooled, {m}channels_by_view)
            {m}mean_pooled = ReduceMean <keepdims = 0> ({m}view_pooled, first)
            {m}embedding = LpNormalization <axis = 1, p = 2> ({m}mean_pooled)
            {m}maps = Conv ({m}features, {m}map_weight)
            {self._upright(f"{m}map", f"{m}maps")}
        """

    def _softmax(self, name: str, logits: str) -> str:
        """Probabilities that add up to one for each question."""
        if self.questions == 1:
            return f"{name} = Softmax <axis = -1> ({logits})"
        return f"""
            {name}_logits = Reshape ({logits}, by_question)
            {name}_apart = Softmax <axis = -1> ({name}_logits)
            {name} = Reshape ({name}_apart, side_by_side)
        """

    def _findings(self, m: str) -> str:
        return f"""
            {m}finding_logits = Gemm <transB = 1> ({m}pooled, {m}finding_weight, {m}finding_bias)
            {m}view_findings = Reshape ({m}finding_logits, {m}finding_by_view)
            {m}mean_findings = ReduceMean <keepdims = 0> ({m}view_findings, first)
            {m}found = Sigmoid ({m}mean_findings)
            {m}finding_maps = Conv ({m}features, {m}finding_map_weight)
            {self._upright(f"{m}finding_map", f"{m}finding_maps")}
        """

    def _upright(self, name: str, maps: str) -> str:
        """The average over views of maps that are flipped back."""
        parts = [f"{name}_part_{number}" for number in range(self.views)]
        back = [
            f"{part}_back = Slice ({part}, {flip}_from, {flip}_to, {flip}_axes, {flip}_step)"
            for part, flip in zip(parts[1:], map(_flip_name, _FLIPS[1 : self.views]), strict=True)
        ]
        upright = ", ".join([parts[0], *(f"{part}_back" for part in parts[1:])])
        split = f"{', '.join(parts)} = Split <axis = 0, num_outputs = {self.views}> ({maps})"
        return f"""
            {split if self.views > 1 else f"{parts[0]} = Identity ({maps})"}
            {" ".join(back)}
            {name} = Mean ({upright})
        """

    def combine(self, members: Sequence[str], temperature: float) -> None:
        """Average over the members; ``saliency`` on the grid of the first."""
        self.after.append(f"""
            grid = Shape <start = 2, end = 4> ({members[0]}map)
            count = ReduceProd <keepdims = 1> (grid)
            cells = Cast <to = 1> (count)
            {self._averaged("saliency", members, "map")}
            embedding = Concat <axis = 1> ({", ".join(f"{m}embedding" for m in members)})
            average = Mean ({", ".join(f"{m}probabilities" for m in members)})
        """)
        self.constants["least"] = np.array([1e-12], dtype=np.float32)
        self.constants[TEMPERATURE] = np.array([temperature], dtype=np.float32)
        self.after.append(f"""
            positive = Max (average, least)
            logarithm = Log (positive)
            cooled = Div (logarithm, {TEMPERATURE})
            {self._softmax("probabilities", "cooled")}
        """)

    def combine_findings(self, members: Sequence[str]) -> None:
        """Average over the members, on the same grid."""
        self.after.append(f"""
            findings = Mean ({", ".join(f"{m}found" for m in members)})
            {self._averaged("finding_maps", members, "finding_map")}
        """)

    def _averaged(self, name: str, members: Sequence[str], own: str) -> str:
        """Maps of all members on the grid of the first, per cell."""
        resized = [
            f"""{m}{own}_like = Resize <mode = "linear", axes = [2, 3],
                coordinate_transformation_mode = "half_pixel"> ({m}{own}, , , grid)"""
            for m in members[1:]
        ]
        maps = ", ".join([f"{members[0]}{own}", *(f"{m}{own}_like" for m in members[1:])])
        return f"""
            {" ".join(resized)}
            {name}_sum = Mean ({maps})
            {name} = Div ({name}_sum, cells)
        """


def _flip_name(axes: tuple[int, ...]) -> str:
    return "flip_" + "".join(map(str, axes))
