"""Colour casts: a white balance that does not fit the light."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.degradations import software
from cutis.phantoms.degradations.light import LUMINANCE, Light, Rng, luminance, sample

_SECOND = 14.388  # second radiation constant, in mm K
_BANDS = np.array([0.600, 0.550, 0.460])  # peaks of red, green and blue of a camera, micrometres
_MIREDS = 290.0  # shift of colour temperature at severity 1, in mired (1e6 / kelvin)

Gains = NDArray[np.float64]  # (3, 3) matrix from the right colours to the wrong ones


def cast(light: Light, severity: float, rng: Rng, means: tuple[str, ...]) -> Light:
    """Tint a photo and keep its luminance.

    Args:
        light: (3, height, width).
        severity: 0..1.
        rng: draws which means, and the direction of the cast.
        means: names in `CASTS` to draw from.
    """
    matrix = CASTS[means[int(rng.integers(len(means)))]](severity**1.2, rng)
    seen = sample(light)
    before = float(luminance(seen).mean())
    after = float(np.einsum("i,ij,jhw->hw", LUMINANCE, matrix, seen).mean())
    matrix = matrix * (before / max(after, 1e-6)) if before > 0 else matrix
    return np.clip(np.tensordot(matrix.astype(np.float32), light, axes=1), 0, 1)


def temperature_gains(mired: float) -> NDArray[np.float64]:
    """Gains of red, green and blue when light is so much warmer (mired above 0) than the balance expects.

    By Wien's law the logarithm of a gain is proportional to the shift in mired, whatever the temperature.
    """
    return np.asarray(np.exp(-_SECOND * 1e-3 / _BANDS * mired), dtype=np.float64)


def _temperature(strength: float, rng: Rng) -> Gains:
    """Lamp light under a daylight balance, or shade under a balance for lamps; a little off the locus."""
    direction, tint = rng.choice([-1.0, 1.0]), rng.normal(0, 0.06)
    gains = temperature_gains(direction * _MIREDS * strength)
    gains[1] *= np.exp(tint * strength)
    return np.diag(gains)


def _tint(strength: float, rng: Rng) -> Gains:
    """Green or magenta, as fluorescent tubes and wrong tint corrections give; across the usual direction."""
    direction, lean = rng.choice([-1.0, 1.0]), rng.uniform(-0.15, 0.15)
    return np.diag(np.exp(direction * strength * np.array([-0.50 + lean, 0.62, -0.50 - lean])))


def _lamp(strength: float, rng: Rng) -> Gains:
    """Coloured light (violet, cyan, yellow-green, pink), whose narrow lines also mix the bands."""
    hues = np.array([[0.5, -0.55, 0.75], [-0.75, 0.4, 0.35], [0.15, 0.45, -0.9], [0.75, -0.5, 0.05]])
    gains = np.diag(np.exp(0.9 * strength * hues[int(rng.integers(len(hues)))]))
    mixed = np.full((3, 3), 1 / 3)
    share = 0.30 * strength
    return np.asarray(gains @ ((1 - share) * np.eye(3) + share * mixed))


CASTS: Mapping[str, Callable[[float, Rng], Gains]] = {
    "temperature": _temperature,
    "tint": _tint,
    "lamp": _lamp,
    "hues": software.turned_hues,
    "gains": software.any_gains,
    "stain": software.stained,
    "mixed_channels": software.mixed_channels,
}
