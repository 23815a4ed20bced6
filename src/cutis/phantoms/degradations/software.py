"""The same faults as image software makes them: in display values, and without a lens or a sensor.

Photos that reach a clinic have often been through an editor, a messenger or a web page before, and test sets
of degraded photos are usually made so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import PchipInterpolator

from cutis.phantoms.degradations.light import (
    Field,
    Light,
    Rng,
    grid,
    rise,
    shown,
    smooth_field,
    softened,
    turned,
    unshown,
)

_Shape = tuple[int, int]
Gains = NDArray[np.float64]  # (3, 3)
_TURNS = np.linspace(0, 2 * np.pi, 9)[:-1]


# Blur: the spread of a point, as in `blur.SPREADS`.


def box(sigma: float, rng: Rng) -> Field:
    """The average of a rectangle of pixels."""
    long = rng.uniform(1.0, 2.0)
    tall, wide = sigma * np.sqrt(12) / long, sigma * np.sqrt(12)
    return _bars([(tall, wide), (wide, tall)][int(rng.integers(2))])


def lattice(sigma: float, rng: Rng) -> Field:
    """Pixels averaged with neighbours some way off, in a cross or a ring: frosted glass and cheap filters."""
    turn = rng.uniform(0, np.pi)
    reach = max(1, int(np.ceil(2 * sigma)))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    for angle in _TURNS[:: int(rng.integers(1, 3))] + turn:
        for step in np.linspace(0, 1.6 * sigma, 3 * reach):
            kernel[
                round(float(reach + step * np.sin(angle))), round(float(reach + step * np.cos(angle)))
            ] += 1
    kernel = ndimage.gaussian_filter(kernel, 0.35 * sigma)
    return np.asarray(kernel / kernel.sum())


def _bars(sides: tuple[float, float]) -> Field:
    tall, wide = (_bar(max(1.0, side)) for side in sides)
    reach = max(len(tall), len(wide)) // 2
    rows, columns = (np.pad(bar, reach - len(bar) // 2) for bar in (tall, wide))
    return np.outer(rows, columns)


def _bar(side: float) -> Field:
    """A bar of any length on whole pixels, of sum 1."""
    reach = int(np.ceil((side - 1) / 2))
    bar = np.ones(2 * reach + 1)
    if reach:
        bar[[0, -1]] = (side - (2 * reach - 1)) / 2
    return np.asarray(bar / bar.sum())


# Exposure: stops are taken as `exposure` counts them, and spent on display values.


def dimmed(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Display values divided, or lowered by as much for all."""
    level = float(np.clip(middle, 0.01, 0.8)) ** (1 / 2.2)
    factor = np.float32(2.0 ** (-stops / 2.2))
    values = shown(light)
    if rng.random() < 0.35:
        return unshown(values - np.float32(0.8 * level) * (1 - factor))
    return unshown(values * factor)


def flattened(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Little light and little contrast: everything drawn towards black."""
    values = shown(light)
    level = np.float32(float(np.clip(middle, 0.01, 0.8)) ** (1 / 2.2))
    share = np.float32(rng.uniform(0.2, 0.5)) * np.float32(1 - 2.0 ** (-stops / 2.2))
    return unshown((values * (1 - share) + level * share) * np.float32(2.0 ** (-stops / 2.2)))


def brought_up(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Display values multiplied, or raised by as much for all."""
    level = float(np.clip(middle, 0.01, 0.8)) ** (1 / 2.2)
    factor = np.float32(2.0 ** (stops / 2.2))
    values = shown(np.minimum(light, 1))
    if rng.random() < 0.35:
        return unshown(values + np.float32(level) * (factor - 1))
    return unshown(values * factor)


def bleached(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Contrast raised about a level below the middle, so that most is white."""
    level = np.float32(float(np.clip(middle, 0.01, 0.8)) ** (1 / 2.2) * rng.uniform(0.55, 0.8))
    slope = np.float32(2.0 ** (stops / 1.2))
    return unshown(level + (shown(np.minimum(light, 1)) - level) * slope)


def any_curve(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """Whatever curve an editor draws: it only has to rise, and to pass where so many stops bring the middle.

    Args:
        light: (3, height, width).
        stops: above 0 brighter, below darker.
        middle: luminance of the photo's middle.
        rng: draws the curve's knots.
    """
    values = shown(np.minimum(light, 1))
    level = float(np.clip(middle, 0.01, 0.8)) ** (1 / 2.2)
    gain = 2.0 ** (stops / 2.2)
    goal = level * gain if stops < 0 else 1 - (1 - level) * np.exp(-level * (gain - 1) / (1 - level))
    below = np.sort(rng.uniform(0, 1, 2))
    above = np.sort(rng.uniform(0, 1, 2))
    at = [0.0, *(level * np.array([0.33, 0.67])), level, *(level + (1 - level) * np.array([0.33, 0.67])), 1.0]
    low = max(0.0, goal - level * rng.uniform(0.3, 1.0)) if stops > 0 else 0.0
    high = min(1.0, goal + (1 - level) * rng.uniform(0.3, 1.0)) if stops < 0 else 1.0
    drawn = np.array([low, *(low + (goal - low) * below), goal, *(goal + (high - goal) * above), high])
    plain = np.interp(at, [0.0, level, 1.0], [0.0, goal, 1.0])
    to = plain + min(1.0, abs(stops)) * (drawn - plain)  # a trace of it is not seen
    table = PchipInterpolator(at, to)(np.arange(4096) / 4095).astype(np.float32)
    return unshown(table[np.rint(values * np.float32(4095)).astype(np.int32)])


def darker_curve(light: Light, stops: float, middle: float, rng: Rng) -> Light:
    """`any_curve` downwards."""
    return any_curve(light, -stops, middle, rng)


# Glare: (gain, added light), as in `glare.GLARE`.


def disc(shape: _Shape, severity: float, rng: Rng) -> tuple[Field | None, Field | None]:
    """One round or oval spot of white with a soft rim."""
    along, across = turned(shape, rng.uniform(0, np.pi))
    x, y = rng.uniform(-0.3, 0.3, 2)
    wide = (0.03 + 0.3 * severity) * rng.uniform(0.8, 1.2)
    away = np.hypot(along - np.float32(x), (across - np.float32(y)) * np.float32(rng.uniform(1, 1.8)))
    return None, np.float32(0.6 + 3.2 * severity) * rise(
        np.float32(wide) - away, wide * rng.uniform(0.3, 1.6)
    )


def stripe(shape: _Shape, severity: float, rng: Rng) -> tuple[Field | None, Field | None]:
    """A streak of light from border to border, or several, as of a tube lamp or blinds."""
    along, across = turned(shape, rng.uniform(0, np.pi))
    bent = across + np.float32(0.02) * smooth_field(rng, shape, 0.5) - np.float32(rng.uniform(-0.2, 0.2))
    wide = (0.02 + 0.12 * severity) * rng.uniform(0.6, 1.2)
    if rng.random() < 0.4:
        period = np.float32(rng.uniform(0.2, 0.4))
        bent = np.mod(bent / period + np.float32(0.5), 1) * period - period / 2
        wide = min(wide, 0.27 * float(period))  # dark is left between them
    fade = np.float32(0.7) + np.float32(0.3) * np.cos(np.float32(2.5) * along)
    return None, np.asarray(np.float32(0.4 + 2.8 * severity) * np.exp(-((bent / wide) ** 2)) * fade)


def slope(shape: _Shape, severity: float, rng: Rng) -> tuple[Field | None, Field | None]:
    """Bright on one side and dark on the other, or a dark rim all around."""
    across, down = grid(shape)
    if rng.random() < 0.5:
        along, _ = turned(shape, rng.uniform(0, 2 * np.pi))
        place = along / np.float32(np.abs(along).max())
    else:
        x, y = rng.uniform(-0.15, 0.15, 2)
        away = np.hypot(across - np.float32(x), down - np.float32(y))
        place = np.float32(0.8) - np.float32(1.8) * (away / away.max()) ** np.float32(rng.uniform(1, 2))
    return np.exp2(np.float32(3.6 * severity) * place), None


# Colour: matrices from the right colours to the wrong ones, as in `colour.CASTS`.


def turned_hues(strength: float, rng: Rng) -> Gains:
    """All hues turned about the grey axis."""
    angle = rng.choice([-1.0, 1.0]) * 1.0 * strength
    axis = np.full(3, 3**-0.5)
    cross = np.cross(np.eye(3), axis)
    turn = np.cos(angle) * np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * np.outer(axis, axis)
    return np.asarray(turn)


def any_gains(strength: float, rng: Rng) -> Gains:
    """A gain for each channel, along no lamp's locus in particular."""
    angle = rng.uniform(0, 2 * np.pi)
    first, second = np.array([1, -1, 0]) / np.sqrt(2), np.array([1, 1, -2]) / np.sqrt(6)
    direction = np.cos(angle) * first + np.sin(angle) * second
    return np.diag(np.exp(1.25 * strength * direction * rng.uniform(0.85, 1.15)))


def stained(strength: float, rng: Rng) -> Gains:
    """A coloured filter: one hue takes over from the others."""
    hue = np.abs(rng.normal(0, 1, 3)) + 0.05
    hue = hue / hue.max()
    grey = np.outer(hue, np.full(3, 1 / 3) * 1.6)
    share = 0.85 * strength
    return np.asarray((1 - share) * np.eye(3) + share * grey)


def mixed_channels(strength: float, rng: Rng) -> Gains:
    """Every channel takes something of every other, as under wrong profiles and old film."""
    other = np.abs(rng.normal(0, 1, (3, 3)))
    other = other / other.sum(axis=1, keepdims=True) * rng.uniform(0.6, 1.5, (3, 1))
    share = 0.8 * strength
    return np.asarray((1 - share) * np.eye(3) + share * other)


# Noise: as in `noise.NOISE`.


def white_noise(light: Light, strength: float, rng: Rng) -> Light:
    """The same deviation everywhere, in display values, of colours or of grey."""
    shape = light.shape if rng.random() < 0.65 else (1, *light.shape[1:])
    field = _grains(shape, rng)
    return unshown(shown(light) + np.float32(0.2 * strength) * field)


def specks(light: Light, strength: float, rng: Rng) -> Light:
    """Single grains of black and white, or of colours."""
    shape = light.shape if rng.random() < 0.4 else (1, *light.shape[1:])
    lot = _grains(shape, rng, smooth=False)
    share = 0.09 * strength
    low, high = np.quantile(lot, [share / 2, 1 - share / 2])
    values = np.where(lot < low, np.float32(0.02), np.where(lot > high, np.float32(0.98), shown(light)))
    return unshown(values)


def speckle(light: Light, strength: float, rng: Rng) -> Light:
    """Noise that multiplies."""
    shape = light.shape if rng.random() < 0.5 else (1, *light.shape[1:])
    return np.asarray(light * np.exp(np.float32(0.62 * strength) * _grains(shape, rng)))


def colour_grains(light: Light, strength: float, rng: Rng) -> Light:
    """Grains of colour several pixels wide over an even brightness, as small sensors leave at night."""
    wide = rng.uniform(1.2, 2.8) * max(1.0, min(light.shape[1:]) / 320)
    field = softened(rng.standard_normal(light.shape, dtype=np.float32), wide)
    field = field / np.float32(max(float(field.std()), 1e-3))
    field = field - np.float32(0.6) * field.mean(axis=0, keepdims=True)
    fine = _grains((1, *light.shape[1:]), rng)
    return unshown(shown(light) + np.float32(0.12 * strength) * field + np.float32(0.06 * strength) * fine)


def _grains(shape: tuple[int, ...], rng: Rng, *, smooth: bool = True) -> Light:
    """Independent noise of deviation 1 in grains that are seen at any size of the photo."""
    grain = max(1, round(min(shape[1:]) / 320))
    small = (shape[0], -(-shape[1] // grain), -(-shape[2] // grain))
    field = rng.standard_normal(small, dtype=np.float32)
    if grain > 1:
        field = field.repeat(grain, axis=1).repeat(grain, axis=2)[:, : shape[1], : shape[2]]
        field = softened(field, 0.5 * grain) * np.float32(1.35) if smooth else field
    return np.asarray(field)
