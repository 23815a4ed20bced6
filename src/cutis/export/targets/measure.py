"""How large and how quick an exported graph is, beside its bundle."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from cutis.core.bundle import Bundle
from cutis.export.targets.facts import answers_of
from cutis.export.targets.parity import Frame, Parity
from cutis.runtime.engine import Engine

_LOOKS = 15
_FIRST = 2  # looks that are not counted: memory is being reserved
_SIDES = 480, 640  # height and width of the photo that is timed, pixels


@dataclass(frozen=True)
class Figures:
    """What is told of an export.

    Attributes:
        target: ``web``, ``phone`` or ``camera``.
        bytes: of the exported graph.
        bytes_bundle: of the bundle's graph.
        milliseconds: median time of one look with one core of this processor.
        milliseconds_bundle: the same of the bundle's graph, in turn with the other.
        timed: size of the photo that was timed, height and width in pixels.
        parity: how far it answers as the bundle does.
    """

    target: str
    bytes: int
    bytes_bundle: int
    milliseconds: float
    milliseconds_bundle: float
    timed: tuple[int, int]
    parity: Parity

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``figures.json``."""
        return asdict(self)

    def rows(self) -> list[tuple[str, str, str]]:
        """What is measured, of the export and of the bundle, in words."""
        parity = self.parity
        images = f"{parity.photos - parity.drawn} photos {parity.origin} and " if parity.origin else ""
        seen = f"{images}{parity.drawn} test images"
        height, width = self.timed
        rows = [
            ("size of the graph", f"{self.bytes / 1e6:.2f} MB", f"{self.bytes_bundle / 1e6:.2f} MB"),
            (
                f"time for {width} x {height} pixels, median, one core",
                f"{self.milliseconds:.1f} ms",
                f"{self.milliseconds_bundle:.1f} ms",
            ),
            (f"same answer, {seen}", f"{parity.answers:.1%}", ""),
            ("largest difference of a probability", f"{parity.largest:.2g}", ""),
            ("mean difference of a probability", f"{parity.mean:.2g}", ""),
        ]
        if parity.points:
            worst = min(parity.points, key=lambda name: parity.points[name])
            rows.insert(3, (f"same side of the thresholds, lowest: {worst}", f"{parity.worst_point:.1%}", ""))
        if parity.right is not None and parity.right_bundle is not None:
            named = f"right answers, {parity.labelled} photos {parity.origin}"
            rows.append((named, f"{parity.right:.1%}", f"{parity.right_bundle:.1%}"))
        return rows


def measure(target: str, bundle: Bundle, model: bytes, parity: Parity, frame: Frame | None = None) -> Figures:
    """Time both graphs in turn on one drawn photo.

    Args:
        target: ``web``, ``phone`` or ``camera``.
        bundle: what was exported.
        model: the exported graph.
        parity: from `cutis.export.targets.parity.compare`.
        frame: brings pixels to the size that the exported graph takes.
    """
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (*_SIDES, 3), dtype=np.uint8)
    pixels = frame(photo) if frame else photo
    names = answers_of(bundle.info)
    engines = [Engine(replace(bundle, model=model), 1), Engine(bundle, 1)]
    times: list[list[float]] = [[], []]
    for _ in range(_FIRST + _LOOKS):
        for engine, taken in zip(engines, times, strict=True):
            began = time.perf_counter()
            engine.steady.run(names, {"image": pixels[None]})
            taken.append(1e3 * (time.perf_counter() - began))
    ours, theirs = (float(np.median(taken[_FIRST:])) for taken in times)
    shape = (int(pixels.shape[0]), int(pixels.shape[1]))
    return Figures(target, len(model), len(bundle.model), ours, theirs, shape, parity)
