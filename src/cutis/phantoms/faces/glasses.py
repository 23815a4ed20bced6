"""Glasses on a rendered head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cutis.phantoms.canvas import Field, Points
from cutis.phantoms.faces.head import Head

if TYPE_CHECKING:
    from cutis.phantoms.faces.face import Sitter

_RIM = {"thin": 1.2, "thick": 4.0, "dark": 3.0}  # mm
_SHIFT = 4  # binary places of drawing


def wear(light: Field, sitter: Sitter, head: Head) -> None:
    """Put on the sitter's glasses, in place: lenses, then rims, bridge and temples."""
    import cv2

    kind = sitter.look.glasses
    if kind == "none":
        return
    sight = sitter.sight
    rng = np.random.default_rng([sitter.person.build, 14])
    wide, high, square = rng.uniform(23, 27), rng.uniform(17, 22), rng.uniform(2.0, 4.0)
    rims = [_rim(side, wide, high, square) for side in (-1.0, 1.0)]
    inner = 32 - wide
    bridge = np.array(
        [(x, -3 - 3 * np.cos(x / inner * np.pi / 2), 15.0) for x in np.linspace(-inner, inner, 9)]
    )
    lines = [*[np.vstack([rim, rim[:1]]) for rim in rims], bridge]
    seen = [side for side in (-1.0, 1.0) if side * sight.yaw < 12]  # the far temple lies behind the face
    lines += [
        np.array([(side * (32 + wide), -3, 8), (side * 74, -2, -30), (side * 78, 0, -72)]) for side in seen
    ]
    picture = np.zeros(light.shape[1:], dtype=np.uint8)
    lens = np.zeros_like(picture)
    for rim in rims:
        cv2.fillPoly(lens, [_fixed(sight.project(rim))], 255, cv2.LINE_AA, _SHIFT)
    thick = max(1, round(_RIM[kind] * sight.scale))
    for line in lines:
        cv2.polylines(picture, [_fixed(sight.project(line))], False, 255, thick, cv2.LINE_AA, _SHIFT)
    through = lens.astype(np.float32) / np.float32(255)
    if kind == "dark":
        light *= 1 - np.float32(0.93) * through
    else:
        light *= 1 - np.float32(0.08) * through
        light += np.float32(0.02) * through
    metal = np.float32(rng.uniform(0.25, 0.5) if kind == "thin" else rng.uniform(0.01, 0.06))
    share = picture.astype(np.float32) / np.float32(255)
    light += share * (metal - light)


def _rim(side: float, wide: float, high: float, square: float) -> Points:
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    cos, sin = np.cos(turn), np.sin(turn)
    x = 32 * side + wide * np.sign(cos) * np.abs(cos) ** (2 / square)
    y = 3 + high * np.sign(sin) * np.abs(sin) ** (2 / square)
    return np.stack([x, y, 16 - 0.0025 * x**2], axis=1)


def _fixed(places: Points) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.rint(places * (1 << _SHIFT)).astype(np.int32).reshape(-1, 1, 2)
