"""The microscope: from reflectance to the grey levels that it stores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cutis.phantoms.confocal.conditions import Microscope
from cutis.phantoms.confocal.lattice import Field

EDGE = 8  # pixels around a picture that blur and moving rows need
_DEFOCUS = 0.09  # more blur per level of depth
_TYPICAL = 0.20  # reflectance that the power control would be right for if it did nothing


def photographed(
    reflectance: Field,
    depth: Field,
    microscope: Microscope,
    rng: np.random.Generator,
    *,
    light: Field,
    tissue: Field | None = None,
) -> NDArray[np.uint8]:
    """A picture as the microscope stores it.

    Args:
        reflectance: (height + 2 `EDGE`, width + 2 `EDGE`) 0..1.
        depth: the same shape; see `Place`.
        microscope: and its settings.
        rng: of this picture.
        light: (height, width) logarithm of the light's unevenness.
        tissue: (height, width) 1 in tissue, 0 in the immersion fluid; default: tissue everywhere.

    Returns:
        (height, width) grey levels.
    """
    sigma = microscope.blur + _DEFOCUS * float(np.clip(depth.mean(), 0, 3.2))
    seen = blurred(reflectance, sigma)
    seen = moved(seen, microscope.motion, rng)[:, EDGE:-EDGE]
    seen = seen * np.exp(-np.float32(microscope.attenuation) * depth[EDGE:-EDGE, EDGE:-EDGE])
    inside = seen if tissue is None else seen[tissue > 0.5]
    mean = float(inside.mean()) if inside.size else _TYPICAL
    seen = seen + np.float32(microscope.haze * mean)
    gain = microscope.exposure / (mean * (1 + microscope.haze)) ** microscope.metering
    gain /= _TYPICAL ** (1 - microscope.metering)
    if tissue is not None:
        seen = seen * tissue + np.float32(0.05 * mean) * (1 - tissue)
    seen = seen * np.exp(light) * _speckle(seen.shape, microscope, rng) * np.float32(gain)
    seen += np.float32(0.008) * rng.standard_normal(seen.shape, dtype=np.float32)
    seen = np.clip(seen, 0, None) ** np.float32(microscope.gamma)
    shoulder = np.where(seen > 0.7, np.float32(0.7) + np.float32(0.3) * np.tanh((seen - 0.7) / 0.3), seen)
    steps = np.float32(microscope.levels - 1)
    return np.asarray(np.rint(np.rint(shoulder * steps) * (np.float32(255) / steps)), dtype=np.uint8)


def blurred(field: Field, sigma: float) -> Field:
    """Gaussian blur; at most `EDGE` pixels take part on each side."""
    reach = min(EDGE, max(1, int(3.5 * sigma + 0.5)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    once = ndimage.correlate1d(field, kernel, axis=0, mode="nearest")
    return np.asarray(ndimage.correlate1d(once, kernel, axis=1, mode="nearest"))


def moved(field: Field, greatest: float, rng: np.random.Generator) -> Field:
    """Rows shifted sideways as breath and pulse do while lines are scanned; the upper and lower edge go."""
    height, width = field.shape[0] - 2 * EDGE, field.shape[1]
    walk = ndimage.gaussian_filter1d(rng.standard_normal(height + 40), 6.0)[20:-20]
    jumps = np.cumsum(rng.standard_normal(height) * (rng.random(height) < 3 / 128))
    path = 3.0 * walk + 0.6 * (jumps - ndimage.uniform_filter1d(jumps, 41))
    shift = greatest * np.tanh(path)
    whole = np.floor(shift).astype(np.intp)
    part = (shift - whole).astype(np.float32)[:, None]
    column = np.clip(np.arange(width)[None, :] + whole[:, None], 0, width - 2)
    row = np.arange(EDGE, EDGE + height)[:, None]
    return np.asarray(field[row, column] * (1 - part) + field[row, column + 1] * part)


def _speckle(shape: tuple[int, ...], microscope: Microscope, rng: np.random.Generator) -> Field:
    """Multiplicative, of mean 1, correlated over one or two pixels."""
    grains = ndimage.gaussian_filter(
        rng.standard_normal(shape, dtype=np.float32), microscope.grain, mode="wrap", truncate=3.0
    )
    grains *= np.float32(microscope.speckle) / grains.std()
    return np.asarray(np.exp(grains - np.float32(0.5 * microscope.speckle**2)))
