"""Too far, too near, off-centre: how the photographer stood and aimed."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.degradations import surroundings
from cutis.phantoms.degradations.light import Field, Light, Rng
from cutis.phantoms.degradations.placement import (
    Around,
    Lesion,
    Placement,
    edge_around,
    limb_around,
    skin_around,
)

_FARTHEST = 0.17  # size of the scene in the frame at severity 1
_NEAREST = 9.0  # times; nearer no lens comes


def draw_placement(
    distance: float,
    framing: float,
    lesion: Lesion,
    distance_rng: Rng,
    framing_rng: Rng,
    near: bool,
    tight: bool = False,
) -> Placement:
    """Where the photo comes to lie.

    Args:
        distance: severity 0..1 of standing too far or too near.
        framing: severity 0..1 of aiming badly; at 0.5 the lesion begins to be cut, at 1 it is gone.
        lesion: where it is in the photo.
        distance_rng, framing_rng: draw small shifts, and the direction.
        near: too near instead of too far.
        tight: nothing beyond the photo is seen; it is enlarged for that.
    """
    scale = 1.0
    right = down = 0.0
    if distance > 0:
        scale = _nearness(distance, lesion) if near else _FARTHEST ** (distance**1.1)
        sway = distance_rng.uniform(-1, 1, 2) * 0.35
        if near:  # the lesion stays in the middle
            right, down = -lesion.right * (scale - 1), -lesion.down * (scale - 1)
            limit = (scale - 1) / 2
            right, down = float(np.clip(right, -limit, limit)), float(np.clip(down, -limit, limit))
        else:
            right, down = float(sway[0] * (1 - scale)), float(sway[1] * (1 - scale))
    if framing > 0:
        angle, closer = framing_rng.uniform(0, 2 * np.pi), framing_rng.uniform(0.0, 0.45)
        scale *= 1.3 + 1.6 * framing if tight else 1 + closer * min(1.0, 2 * framing)
        radius = lesion.radius * scale
        cut = max(0.1, 0.5 - 0.8 * radius)
        shift = 2 * framing * cut if framing < 0.5 else cut + (framing - 0.5) * 2 * (2.0 * radius)
        # Along the direction to the border, the farther way to a corner included.
        longest = max(abs(np.cos(angle)), abs(np.sin(angle)))
        goal = np.array([np.cos(angle), np.sin(angle)]) * shift / longest
        keep = 1 - min(1.0, 2 * framing)
        right = right * keep + float(goal[0]) - lesion.right * scale * (1 - keep)
        down = down * keep + float(goal[1]) - lesion.down * scale * (1 - keep)
    if tight:
        limit = max(0.0, (scale - 1) / 2)
        right, down = float(np.clip(right, -limit, limit)), float(np.clip(down, -limit, limit))
    return Placement(float(scale), right, down)


def _nearness(severity: float, lesion: Lesion) -> float:
    """Magnification: at 0.5 the lesion just fits the frame, at 1 less than half of its width does."""
    fits = max(2.0, 0.95 / (2 * lesion.radius))
    stops = 2 * severity * np.log(fits) if severity < 0.5 else np.log(fits) + (2 * severity - 1) * np.log(2.3)
    return float(min(np.exp(stops), _NEAREST))


_ELSE: dict[str, Around] = {
    "canvas": surroundings.canvas_around,
    "mirror": surroundings.mirror_around,
    "backdrop": surroundings.backdrop_around,
    "scenery": surroundings.scenery_around,
    "silhouette": surroundings.silhouette_around,
}
AROUND: dict[str, Around] = {
    "far": skin_around,
    "near": skin_around,
    "slide": skin_around,
    "limb": limb_around,
    "lens": limb_around,
    "edge": edge_around,
    "tight": surroundings.mirror_around,
    **{f"far_{name}": around for name, around in _ELSE.items()},
    **{f"slide_{name}": around for name, around in _ELSE.items()},
}
NEAR = ("near", "lens")


def lens_too_near(light: Light, severity: float, rng: Rng) -> Light:
    """What a lens does within its nearest distance: a bulging middle, dim corners."""
    from scipy import ndimage

    shape = (light.shape[1], light.shape[2])
    bulge = float(rng.uniform(0.12, 0.28)) * severity
    down, across = _half(shape[0])[:, None], _half(shape[1])[None, :]
    away = across**2 + down**2
    factor = (1 + bulge * away) / (1 + 2 * bulge)
    rows = (down * factor + 1) * np.float32(shape[0] / 2) - np.float32(0.5)
    columns = (across * factor + 1) * np.float32(shape[1] / 2) - np.float32(0.5)
    bent = np.stack(
        [ndimage.map_coordinates(plane, [rows, columns], order=1, mode="reflect") for plane in light]
    )
    return np.asarray(bent * (1 - np.float32(0.2 * severity) * away))


def _half(side: int) -> Field:
    return (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side / 2) - np.float32(1)
