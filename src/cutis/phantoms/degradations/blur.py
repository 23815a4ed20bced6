"""Blur of lens, focus and hand: a point-spread function laid over linear light."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy import fft, ndimage

from cutis.phantoms.degradations import software
from cutis.phantoms.degradations.light import Field, Light, Rng

_WORST = 0.024  # deviation of the point-spread function at severity 1, in shorter sides
_POWER = 1.6


def blurred(light: Light, severity: float, rng: Rng, means: tuple[str, ...]) -> Light:
    """Blur.

    Args:
        light: (3, height, width).
        severity: 0..1; the spread of a point grows from nothing to about a fortieth of the shorter side.
        rng: draws which means, and its shape and direction.
        means: names in `SPREADS` to draw from.
    """
    spread = SPREADS[means[int(rng.integers(len(means)))]]
    sigma = _WORST * severity**_POWER * min(light.shape[1:])
    kernel = spread(sigma, rng)
    return light if len(kernel) == 1 else convolved(light, kernel)


def convolved(light: Light, kernel: Field) -> Light:
    """Each plane with a small kernel of odd sides and sum 1; borders are mirrored."""
    reach = len(kernel) // 2
    out = np.empty_like(light)
    if len(kernel) <= 3:
        for plane, blank in zip(light, out, strict=True):
            ndimage.convolve(plane, kernel, output=blank, mode="reflect")
        return out
    height, width = light.shape[1:]
    size = [fft.next_fast_len(side + 2 * reach, real=True) for side in (height, width)]
    transfer = fft.rfft2(kernel.astype(np.float32), size)
    for plane, blank in zip(light, out, strict=True):
        wide = np.pad(plane, reach, mode="symmetric")
        product = fft.rfft2(wide, size)
        product *= transfer
        blank[:] = fft.irfft2(product, size)[2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width]
    return np.maximum(out, 0, out=out)


def _rastered(shape: Callable[[Field, Field], Field], reach: float) -> Field:
    """A shape on pixels, sampled several times in each, of sum 1."""
    pixels = max(1, int(np.ceil(reach)))
    finer = 5 if pixels <= 20 else 1
    side = (2 * pixels + 1) * finer
    step = (np.arange(side) + 0.5) / finer - side / finer / 2
    values = shape(step[None, :], step[:, None])
    kernel = values.reshape(2 * pixels + 1, finer, 2 * pixels + 1, finer).mean(axis=(1, 3))
    total = kernel.sum()
    if total <= 0:  # smaller than the spacing of the samples
        kernel[pixels, pixels] = total = 1.0
    return np.asarray(kernel / total)


def _gaussian(sigma: float, rng: Rng) -> Field:
    """Many small errors at once."""
    del rng
    if sigma < 0.12:
        return np.ones((1, 1))
    return _rastered(lambda x, y: np.exp(-(x**2 + y**2) / (2 * sigma**2)), 3 * sigma + 0.5)


def _disc(sigma: float, rng: Rng) -> Field:
    """Out of focus through a round aperture, its rim softened by the lens."""
    radius, soft = 2 * sigma, float(rng.uniform(0.1, 0.4))
    if radius < 0.2:
        return np.ones((1, 1))

    def shape(x: Field, y: Field) -> Field:
        return np.asarray(np.clip((radius - np.hypot(x, y)) / (soft * radius) + 0.5, 0, 1))

    return _rastered(shape, radius * (1 + soft) + 0.5)


def _polygon(sigma: float, rng: Rng, squeeze: float = 1.0) -> Field:
    """Out of focus through an aperture of blades, brighter at the rim as an overcorrected lens shows it."""
    blades, turn, rim = int(rng.integers(5, 8)), rng.uniform(0, np.pi), float(rng.uniform(0.3, 1.2))
    lean = rng.uniform(0, np.pi)
    radius = 2.1 * sigma / np.sqrt(squeeze)
    if radius < 0.2:
        return np.ones((1, 1))

    def shape(x: Field, y: Field) -> Field:
        u = (np.cos(lean) * x + np.sin(lean) * y) / squeeze
        v = np.cos(lean) * y - np.sin(lean) * x
        angle = np.mod(np.arctan2(v, u) + turn, 2 * np.pi / blades) - np.pi / blades
        edge = np.hypot(u, v) * np.cos(angle) / (radius * np.cos(np.pi / blades) ** 0.5)
        return np.asarray((edge <= 1) * (1 + rim * np.minimum(edge, 1.0) ** 4))

    return _rastered(shape, radius * 1.3 + 0.5)


def _astigmatic(sigma: float, rng: Rng) -> Field:
    """A lens, or a smear on it, that draws points into ovals."""
    return _polygon(sigma, rng, squeeze=float(rng.uniform(0.3, 0.55)))


def _streak(sigma: float, rng: Rng) -> Field:
    """The hand moved on evenly while the shutter was open."""
    angle = rng.uniform(0, np.pi)
    along = np.linspace(-0.5, 0.5, 129) * 5.0 * sigma
    return _traced(along * np.cos(angle), along * np.sin(angle), np.ones(129))


def _shake(sigma: float, rng: Rng) -> Field:
    """The hand trembled: a bent path that the camera follows now faster, now slower."""
    steps = 256
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.16, steps))
    x, y = np.cumsum(np.cos(heading)), np.cumsum(np.sin(heading))
    stay = np.exp(0.8 * ndimage.gaussian_filter1d(rng.standard_normal(steps), 12) * 5)
    x, y = x - np.average(x, weights=stay), y - np.average(y, weights=stay)
    wide = np.sqrt(np.average(x**2 + y**2, weights=stay))
    return _traced(x / wide * 1.9 * sigma, y / wide * 1.9 * sigma, stay)


def _ghost(sigma: float, rng: Rng) -> Field:
    """Two stays, each a little shaken, with a jump between them: a double contour."""
    angle, share = rng.uniform(0, np.pi), rng.uniform(0.35, 0.65)
    along = np.concatenate([np.full(8, -1.0), np.linspace(-1, 1, 33), np.full(8, 1.0)])
    stay = np.concatenate([np.full(8, 8 * share), np.ones(33) * 0.8, np.full(8, 8 * (1 - share))])
    along = along * 1.9 * sigma
    bend = 0.3 * sigma * (1 - (along / max(1.9 * sigma, 1e-9)) ** 2)
    x, y = along * np.cos(angle) - bend * np.sin(angle), along * np.sin(angle) + bend * np.cos(angle)
    kernel = np.pad(_traced(x, y, stay), int(np.ceil(1.5 * sigma)))
    return np.asarray(ndimage.gaussian_filter(kernel, 0.5 * sigma, mode="constant", truncate=3.0))


def _traced(x: Field, y: Field, stay: Field) -> Field:
    """A path as a kernel: each point shares its weight among the four pixels around it."""
    reach = int(np.ceil(max(np.abs(x).max(), np.abs(y).max()))) + 1
    if reach == 1 and max(np.abs(x).max(), np.abs(y).max()) < 0.1:
        return np.ones((1, 1))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - left, y - top
    for right, share_x in ((0, 1 - u), (1, u)):
        for below, share_y in ((0, 1 - v), (1, v)):
            np.add.at(kernel, (top + below + reach, left + right + reach), stay * share_x * share_y)
    return np.asarray(kernel / kernel.sum())


SPREADS: Mapping[str, Callable[[float, Rng], Field]] = {
    "gaussian": _gaussian,
    "disc": _disc,
    "streak": _streak,
    "polygon": _polygon,
    "astigmatic": _astigmatic,
    "shake": _shake,
    "ghost": _ghost,
    "box": software.box,
    "lattice": software.lattice,
}
