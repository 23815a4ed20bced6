"""Too dark and too bright: exposure in stops, and the tone curves that come after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cutis.phantoms.degradations import software
from cutis.phantoms.degradations.light import Light, Rng, luminance, rise, sample, smooth_field, turned

_BLACK = 0.010  # luminance to which the middle of a photo falls at severity 1
_CLIPPED = 1.6  # stops by which the brightest tenth is beyond white at severity 1


def darkened(light: Light, severity: float, rng: Rng, means: tuple[str, ...]) -> Light:
    """Underexpose.

    The same severity brings light and dark skin about equally near to black, which takes fewer stops where
    the skin is dark; stops alone would call dark skin a fault.

    Args:
        light: (3, height, width).
        severity: 0..1, up to 2.5 to 6 stops.
        rng: draws which means, and its shape.
        means: names in `DARK` to draw from.
    """
    middle = float(np.clip(np.median(luminance(sample(light))), 1e-3, 0.8))
    stops = float(np.clip(np.log2(middle / _BLACK), 2.5, 6.0)) * severity**1.05
    return DARK[means[int(rng.integers(len(means)))]](light, stops, middle, rng)


def brightened(light: Light, severity: float, rng: Rng, means: tuple[str, ...]) -> Light:
    """Overexpose.

    Stops are counted from where the brightest tenth of the photo reaches white, so that dark skin is as
    burnt out as light skin is.

    Args:
        light: (3, height, width).
        severity: 0..1.
        rng: draws which means.
        means: names in `BRIGHT` to draw from.
    """
    seen = luminance(sample(light))
    room = float(np.clip(-np.log2(max(float(np.percentile(seen, 90)), 1e-3)), 0.0, 3.0))
    stops = room * min(1.0, 1.4 * severity) + _CLIPPED * severity**1.5
    middle = float(np.clip(np.median(seen), 1e-3, 0.8))
    return BRIGHT[means[int(rng.integers(len(means)))]](light, stops, middle, rng)


def _gain(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Too little light."""
    del middle, rng
    return np.asarray(light * np.float32(2.0**-stops))


def _gamma(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Too little light, and a curve that darkens the middle."""
    share = rng.uniform(0.15, 0.4)
    power = 1.0 + share * stops * np.log(2) / -np.log(middle)
    return np.asarray(np.power(light, np.float32(power)) * np.float32(2.0 ** (-(1 - share) * stops)))


def _toe(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """A tone curve that loses the shadows, as high contrast against a window does."""
    share = rng.uniform(0.4, 0.7)
    dim = light * np.float32(2.0 ** (-(1 - share) * stops))
    foot = np.float32(middle * 2.0 ** (-(1 - share) * stops) * (2.0 ** (share * stops) - 1.0))
    return np.asarray(dim * dim / (dim + foot + np.float32(1e-6)))


def _shadow(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """The shadow of the phone over most of the photo, and little light elsewhere."""
    del middle
    shape = (light.shape[1], light.shape[2])
    along, _ = turned(shape, rng.uniform(0, 2 * np.pi))
    edge = rise(along + np.float32(rng.uniform(0.15, 0.4)) + 0.08 * smooth_field(rng, shape, 0.4), 0.35)
    depth = np.float32(0.72) + np.float32(0.4) * edge
    return np.asarray(light * np.exp2(np.float32(-stops) * depth))


def _clip(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Too much light for the sensor."""
    del middle, rng
    return np.asarray(np.minimum(light * np.float32(2.0**stops), np.float32(1)))


def _lift(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Too much light, and a curve that lifts the middle."""
    share = rng.uniform(0.2, 0.45)
    power = 1.0 / (1.0 + share * stops * np.log(2) / -np.log(middle))
    lifted = np.power(light, np.float32(power)) * np.float32(2.0 ** ((1 - share) * stops))
    return np.minimum(lifted, np.float32(1))


def _shoulder(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """A tone curve that saves the highlights and leaves them no contrast."""
    del middle
    slope = 2.0 ** (stops * rng.uniform(1.1, 1.4))
    bend = np.float32((slope - 1.0) * (1.0 + 1.0 / slope))
    if bend < 1e-3:
        return light
    return np.asarray(-np.expm1(-bend * light) / -np.expm1(-bend))


def _veil(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Light into the lens: brightness without contrast, tinted a little."""
    del middle
    share = rng.uniform(0.35, 0.6)
    tint = np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)[:, None, None]
    veil = np.float32(1.0 - 2.0 ** (-0.6 * share * stops**1.7))
    lit = np.minimum(light * np.float32(2.0 ** ((1 - share) * stops)), np.float32(1))
    return np.asarray(lit * (1 - veil) + veil * tint)


_Curve = Callable[[Light, float, float, Rng], Light]
DARK: Mapping[str, _Curve] = {
    "gain": _gain,
    "gamma": _gamma,
    "toe": _toe,
    "shadow": _shadow,
    "dimmed": software.dimmed,
    "flattened": software.flattened,
    "darker_curve": software.darker_curve,
}
BRIGHT: Mapping[str, _Curve] = {
    "clip": _clip,
    "lift": _lift,
    "shoulder": _shoulder,
    "veil": _veil,
    "brought_up": software.brought_up,
    "bleached": software.bleached,
    "brighter_curve": software.any_curve,
}
