"""Light that lies on the skin instead of coming out of it, and light that falls unevenly."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cutis.phantoms.degradations import software
from cutis.phantoms.degradations.light import (
    Field,
    Light,
    Rng,
    grid,
    luminance,
    resized,
    resized_light,
    rise,
    rough_field,
    smooth_field,
    softened,
    turned,
    working_shape,
)

_Shape = tuple[int, int]


def glared(light: Light, severity: float, rng: Rng, means: tuple[str, ...]) -> Light:
    """Add mirrored light, or make the light uneven.

    Args:
        light: (3, height, width).
        severity: 0..1; glare grows in size and in strength, unevenness in stops.
        rng: draws which means, where and how.
        means: names in `GLARE` to draw from.
    """
    shape = (light.shape[1], light.shape[2])
    coarse = working_shape(shape)
    gain, added = GLARE[means[int(rng.integers(len(means)))]](coarse, severity, rng)
    seen = luminance(resized_light(light, coarse, smooth=False))
    # Mirrored light has the lamp's colour, and its strength is seen against the skin's.
    lamp = np.exp(rng.normal(0, 0.03, 3)).astype(np.float32)[:, None, None]
    level = np.float32(np.clip(np.percentile(seen, 75), 0.15, 0.7))
    if gain is not None:
        light = light * resized(gain, shape)
    if added is not None:
        light = light + np.maximum(resized(added * _relief(seen), shape), 0) * lamp * level
    return np.minimum(light, np.float32(1))


def _relief(seen: Field) -> Field:
    """A gain about 1 by which the skin's own relief breaks mirrored light into sparkles."""
    fine = np.log(np.maximum(seen, 0) + np.float32(0.02))
    fine = fine - softened(fine, 0.02 * min(seen.shape))
    steep = fine / np.float32(max(float(np.std(fine)), 0.02))
    return np.asarray(np.exp(np.float32(0.32) * np.clip(steep, -2.5, 2.5)))


def _flash(shape: _Shape, severity: float, rng: Rng) -> tuple[Field | None, Field | None]:
    """Hot spots of a flash, grainy where the skin's relief breaks them, with the bloom of the lens."""
    across, down = grid(shape)
    uneven = rough_field(rng, shape, 0.12, octaves=3)
    added = np.zeros(shape, dtype=np.float32)
    for index in range(1 + int(rng.integers(0, 3))):
        x, y = rng.normal(0, 0.16, 2) if index == 0 else rng.uniform(-0.4, 0.4, 2)
        turn, oval = rng.uniform(0, np.pi), rng.uniform(0.6, 1.0)
        wide = rng.uniform(0.75, 1.25) * (0.04 + 0.20 * severity) * (1.0 if index == 0 else 0.55)
        cos, sin = np.cos(turn), np.sin(turn)
        u = cos * (across - np.float32(x)) + sin * (down - np.float32(y))
        v = (cos * (down - np.float32(y)) - sin * (across - np.float32(x))) / oval
        away = (u**2 + v**2) / np.float32(wide**2)
        spot = np.exp(-away.astype(np.float32)) * np.exp(np.float32(0.35) * uneven)
        bloom = np.exp(-np.sqrt(away + np.float32(0.05)) / np.float32(1.3))
        added += np.float32(3.0 * severity**1.3) * (spot + np.float32(0.10) * bloom.astype(np.float32))
    return None, added


def _sidelight(shape: _Shape, severity: float, rng: Rng) -> tuple[Field | None, Field | None]:
    """A lamp on one side: burnt out there, dark on the other."""
    along, _ = turned(shape, rng.uniform(0, 2 * np.pi))
    reach = np.float32(np.abs(along).max())
    bent = along / reach + np.float32(0.07) * smooth_field(rng, shape, 0.6)
    stops = np.float32(4.2 * severity**1.1) * bent
    return np.exp2(stops * np.where(bent > 0, np.float32(0.75), np.float32(1.25))), None


def _window(shape: _Shape, severity: float, rng: Rng) -> tuple[Field | None, Field | None]:
    """A window or a lamp panel mirrored in gel, glass or wet skin, with its bars."""
    x, y = rng.normal(0, 0.15, 2)
    along, across = turned(shape, rng.uniform(0, 2 * np.pi))
    bent = np.float32(0.008) * smooth_field(rng, shape, 0.3)
    u = along - np.float32(x) + np.float32(rng.uniform(-0.5, 0.5)) * across + bent
    v = across - np.float32(y) + bent
    half_u = rng.uniform(0.8, 1.2) * (0.07 + 0.26 * severity)
    half_v = half_u * rng.uniform(0.5, 0.9)
    soft = rng.uniform(0.01, 0.05)
    pane = rise(np.float32(half_u) - np.abs(u), soft) * rise(np.float32(half_v) - np.abs(v), soft)
    bars = rise(np.abs(u) - np.float32(0.08 * half_u), soft) * rise(
        np.abs(v) - np.float32(0.08 * half_v), soft
    )
    halo = np.exp(-np.hypot(u / half_u, v / half_v))
    return None, np.asarray(np.float32(2.6 * severity**1.3) * (pane * bars + np.float32(0.15) * halo))


def _ring(shape: _Shape, severity: float, rng: Rng) -> tuple[Field | None, Field | None]:
    """The lamps of a ring light, mirrored."""
    across, down = grid(shape)
    x, y = rng.normal(0, 0.08, 2)
    away = np.hypot(across - np.float32(x), down - np.float32(y))
    angle = np.arctan2(down - np.float32(y), across - np.float32(x))
    radius, lamps = rng.uniform(0.18, 0.33), int(rng.integers(6, 17))
    beads = np.float32(0.75) + np.float32(0.25) * np.cos(lamps * angle)
    wide = np.float32(0.02 + 0.055 * severity)
    ring = np.exp(-(((away - np.float32(radius)) / wide) ** 2)) * beads
    ring *= np.exp(np.float32(0.3) * rough_field(rng, shape, 0.15, octaves=3))
    halo = np.exp(-np.abs(away - np.float32(radius)) / (4 * wide))
    return None, np.asarray(np.float32(3.8 * severity**1.3) * (ring + np.float32(0.12) * halo))


def _oily(shape: _Shape, severity: float, rng: Rng) -> tuple[Field | None, Field | None]:
    """Greasy or wet skin: many small highlights in patches."""
    patch = rise(smooth_field(rng, shape, 0.22) + np.float32(1.9 * severity - 1.4), 1.6)
    drops = rise(rough_field(rng, shape, 0.06, octaves=3) + np.float32(0.6 * severity - 0.7), 1.3)
    sheen = np.float32(0.25) * patch
    return None, np.asarray(np.float32(3.2 * severity**1.6) * (patch * drops + sheen))


def _spotlight(shape: _Shape, severity: float, rng: Rng) -> tuple[Field | None, Field | None]:
    """A torch: too bright in a round field, dark around it."""
    across, down = grid(shape)
    x, y = rng.normal(0, 0.14, 2)
    away = np.hypot(across - np.float32(x), down - np.float32(y))
    inside = rise(np.float32(rng.uniform(0.26, 0.4)) - away, rng.uniform(0.15, 0.35))
    return np.exp2(np.float32(severity**1.1) * (np.float32(4.6) * inside - np.float32(3.1))), None


_Lamp = Callable[[_Shape, float, Rng], tuple[Field | None, Field | None]]
GLARE: Mapping[str, _Lamp] = {
    "flash": _flash,
    "sidelight": _sidelight,
    "window": _window,
    "ring": _ring,
    "oily": _oily,
    "spotlight": _spotlight,
    "disc": software.disc,
    "stripe": software.stripe,
    "slope": software.slope,
}
