"""Test images beside an exported graph, with the answers that its bundle gives here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle import Bundle
from cutis.export.targets.facts import answers_of, joined
from cutis.runtime.engine import Engine

TOLERANCE = 1e-3  # of an answer, between two runtimes on one graph


def write_vectors(bundle: Bundle, images: Sequence[NDArray[np.uint8]], folder: Path) -> None:
    """Write raw images, their answers, and a list of both.

    ``N.rgb`` holds height x width x 3 bytes, red, green and blue, row by row; ``N.f32`` the answers as
    little-endian float32, one output after the other; ``expected.json`` the same for people and scripts.

    Args:
        bundle: that is asked.
        images: uint8 (height, width, 3) each.
        folder: made here.
    """
    folder.mkdir()
    engine, names = Engine(bundle, 1), answers_of(bundle.info)
    cases = []
    for number, image in enumerate(images, start=1):
        said = joined(engine.steady.run(names, {"image": image[None]}))
        (folder / f"{number}.rgb").write_bytes(np.ascontiguousarray(image).tobytes())
        (folder / f"{number}.f32").write_bytes(said.astype("<f4").tobytes())
        height, width = image.shape[:2]
        case = {"input": f"{number}.rgb", "height": height, "width": width}
        cases.append(case | {"expected": [float(value) for value in said]})
    told = {"outputs": list(names), "tolerance": TOLERANCE, "cases": cases}
    (folder / "expected.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
