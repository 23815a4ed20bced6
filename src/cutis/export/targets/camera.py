"""A folder for a device that is programmed in C: one input size, a header, test images, an example."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.core.bundle import Bundle, BundleInfo
from cutis.core.errors import CutisError
from cutis.export.targets.facts import RENDERED, RESEARCH, answers_of, span
from cutis.export.targets.parity import Frame
from cutis.export.targets.vectors import TOLERANCE, write_vectors
from cutis.export.targets.web import FILES

_USUAL = 480, 640  # height and width, pixels: what small cameras give
_MOST = 4  # times the network's size: further than that the graph's resizing strays
_LEAST = 32  # pixels
_TESTS = 3
_SOURCES = ("main.c", "ort_small.h", "Makefile")


def input_shape(info: BundleInfo, wanted: tuple[int, int] | None) -> tuple[int, int]:
    """Height and width of the input.

    Args:
        info: of the bundle.
        wanted: by the user; the usual size when None, or one patch where nothing is resized.

    Raises:
        CutisError: this size is of no use to the network.
    """
    if wanted is None:
        if info.native:
            return info.size, info.size
        height = max(_USUAL[0], info.size)
        return height, height * _USUAL[1] // _USUAL[0]
    height, width = wanted
    least, most = (info.size, None) if info.native else (_LEAST, _MOST * info.size)
    if min(wanted) < least:
        raise CutisError(
            f"an input of {width} x {height} pixels is too small for {info.name}: "
            f"each side needs {least} or more."
        )
    if most is not None and min(wanted) > most:
        raise CutisError(
            f"an input of {width} x {height} pixels is too large for {info.name}, which sees {info.size}: "
            f"the shorter side may have {most} at most. Average blocks of pixels on the device first."
        )
    return height, width


def framed(info: BundleInfo, shape: tuple[int, int]) -> Frame:
    """Brings photos to the input's size: scaled to cover it, cut about the centre.

    Where the bundle takes pixels as they are, only what is too small is scaled.
    """
    height, width = shape

    def bring(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        high, wide = pixels.shape[:2]
        scale = max(height / high, width / wide)
        if not info.native or scale > 1:
            sides = (max(width, round(wide * scale)), max(height, round(high * scale)))
            pixels = np.asarray(Image.fromarray(pixels).resize(sides, Image.Resampling.BILINEAR))
            high, wide = pixels.shape[:2]
        top, left = (high - height) // 2, (wide - width) // 2
        return np.ascontiguousarray(pixels[top : top + height, left : left + width])

    return bring


def write_camera(bundle: Bundle, model: bytes, shape: tuple[int, int], folder: Path) -> None:
    """Write graph, header, labels, test images and the example.

    Args:
        bundle: what is exported.
        model: its graph for this size, see `cutis.export.targets.graph.fixed`.
        shape: height and width of the input.
        folder: that is filled.
    """
    (folder / "model.onnx").write_bytes(model)
    names = bundle.info.labels.outputs
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    (folder / "model.h").write_text(header(bundle.info, shape), encoding="utf-8")
    for name in _SOURCES:
        shutil.copyfile(FILES / "camera" / name, folder / name)
    bring = framed(bundle.info, shape)
    images = [bring(case.image) for case in bundle.vectors.cases[:_TESTS]]
    write_vectors(bundle, images, folder / "vectors")


def header(info: BundleInfo, shape: tuple[int, int]) -> str:
    """``model.h``: sizes, names and thresholds as C."""
    outputs = answers_of(info)
    findings = info.findings.names if info.findings else ()
    sizes = [len(info.labels.outputs), *([len(findings)] if findings else [])]
    points = []
    for point in info.operating_points:
        first, count = span(info, point)
        points.append(f"  {{{_text(point.name)}, {first}, {count}, {point.threshold:.9g}f}},")
    warning = f" {RENDERED}" if info.training.rendered else ""
    return "\n".join(
        [
            f"/* {_plain(info.name)} {_plain(info.version)}: {_plain(info.title)}",
            f" * {RESEARCH}{warning} */",
            "#ifndef MODEL_H",
            "#define MODEL_H",
            f"#define MODEL_HEIGHT {shape[0]}",
            f"#define MODEL_WIDTH {shape[1]}",
            f"#define MODEL_OUTPUTS {len(outputs)}",
            f"#define MODEL_PROBABILITIES {sizes[0]}",
            f"#define MODEL_FINDINGS {len(findings)}",
            f"#define MODEL_ANSWERS {sum(sizes)} /* of all outputs together */",
            f"#define MODEL_POINTS {len(points)}",
            f"#define MODEL_TOLERANCE {TOLERANCE:g}f",
            f"static const char *const MODEL_OUTPUT_NAMES[] = {{{_list(outputs)}}};",
            f"static const int MODEL_OUTPUT_SIZES[] = {{{', '.join(map(str, sizes))}}};",
            f"static const char *const MODEL_NAMES[] = {{{_list([*info.labels.outputs, *findings])}}};",
            "/* Reached where the sum of `count` probabilities from `first` on is `threshold` or more. */",
            "typedef struct { const char *name; int first, count; float threshold; } model_point;",
            "static const model_point MODEL_POINT[MODEL_POINTS + 1] = {",
            *points,
            "  {0, 0, 0, 0},",
            "};",
            "#endif",
            "",
        ]
    )


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(_text, names))


def _text(words: str) -> str:
    """A C string: UTF-8, with quotes and what is not ASCII as octal bytes."""
    safe = (
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in words.encode()
    )
    return f'"{"".join(safe)}"'


def _plain(words: str) -> str:
    """Words within a comment."""
    return words.replace("*/", "* /").replace("\n", " ")
