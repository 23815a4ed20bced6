"""Things between the camera and the skin: which one, how it lies over the photo, and its shadow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cutis.phantoms.degradations.light import Field, Light, Rng, resized, sample, softened, working_shape

_Shape = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Occluder:
    """Something over the skin, drawn at its own, at most moderate size.

    Attributes:
        cover: (height, width) 0..1.
        light: (3, height, width) or (3, 1, 1) what it looks like.
        height: how far above the skin it is: 0 lies on it, 1 throws a wide soft shadow.
    """

    cover: Field
    light: Light
    height: float


Painter = Callable[[_Shape, float, Light, Rng], Occluder]  # (shape, severity, colour of the skin, rng)


def obstructed(light: Light, severity: float, rng: Rng, means: tuple[str, ...]) -> Light:
    """Lay something over the photo.

    Args:
        light: (3, height, width).
        severity: 0..1; at 0.5 it comes near the middle or thinly covers it, at 1 it hides most of it.
        rng: draws what, from where, and its colours.
        means: names in `painters` to draw from.
    """
    shape = (light.shape[1], light.shape[2])
    skin = np.median(sample(light), axis=(1, 2)).astype(np.float32)[:, None, None]
    paint = painters()[means[int(rng.integers(len(means)))]]
    thing = paint(working_shape(shape), severity, skin, rng)
    side = min(thing.cover.shape)
    shadow = softened(thing.cover, (0.004 + 0.03 * thing.height) * side)
    moved = max(1, round((0.003 + 0.02 * thing.height) * side))
    height, width = shadow.shape
    shadow = np.pad(shadow, ((moved, 0), (moved // 2, 0)), mode="edge")[:height, :width]
    dim = np.float32(1) - np.float32(0.45) * np.clip(resized(shadow, shape), 0, 1)
    cover = np.clip(resized(thing.cover, shape), 0, 1)
    look = np.stack([resized(plane, shape) if plane.size > 1 else plane for plane in thing.light])
    return np.asarray(light * dim * (1 - cover) + np.maximum(look, 0) * cover)


def painters() -> Mapping[str, Painter]:
    """By name."""
    from cutis.phantoms.degradations import hair, objects, objects_varied

    return {
        "hair": hair.strands,
        "lock": hair.lock,
        "fabric": objects.fabric,
        "knit": objects.knit,
        "finger": objects.finger,
        "glove": objects.glove,
        "ruler": objects.ruler,
        "pen": objects.pen,
        "plaster": objects.plaster,
        "bars": objects_varied.bars,
        "blots": objects_varied.blots,
        "wires": objects_varied.wires,
        "piece": objects_varied.piece,
    }
