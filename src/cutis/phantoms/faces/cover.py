"""Hair, beard and masks, painted on the chart of a head: where they lie, how thick, in which colour."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.canvas import Field, Rng, blur, rise
from cutis.phantoms.faces.head import PIXEL, Head
from cutis.phantoms.faces.look import Look
from cutis.phantoms.facial import Person, Sheet
from cutis.phantoms.facial.features import hair_colour

_SURGICAL = np.array([0.42, 0.62, 0.72], dtype=np.float32)
_CLOTH = np.array([0.07, 0.07, 0.09], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Cover:
    """Something over skin, on the coarse chart.

    Attributes:
        share: (height, width) 0 to 1.
        colour: (3, height, width) reflectance by camera band.
    """

    share: Field
    colour: Field


def covered(head: Head, person: Person, look: Look, rng: Rng) -> tuple[Head, list[Cover]]:
    """The head with what covers it, which adds to its height."""
    covers: list[Cover] = []
    raised = head.raised
    for part in (_scalp, _beard, _mask):
        made = part(head.chart, person, look, rng)
        if made is None:
            continue
        cover, thick = made
        covers.append(cover)
        if part is _mask:  # cloth spans what lies below
            smooth = blur(raised, 9.0 / PIXEL) + thick
            raised = raised + cover.share * np.maximum(smooth - raised, -3.0)
        else:
            raised = raised + thick
    return replace(head, raised=raised.astype(np.float32)), covers


Made = tuple[Cover, Field] | None


def _scalp(chart: Sheet, person: Person, look: Look, rng: Rng) -> Made:
    if look.hair == "bald":
        return None
    x, y = np.abs(chart.x), chart.y
    wave = chart.smooth(rng, 9.0) * np.float32(2.0)
    line = person.anatomy.hairline + 0.010 * np.minimum(x, 58) ** 2 + 1.9 * np.maximum(x - 58, 0) + wave
    line = np.where(x > 70, 34.0 + wave, line)
    depth = line - y
    if look.hair == "long":
        side = np.minimum(x - 68 - 0.06 * np.maximum(y, 0) + wave, 30)
        depth = np.maximum(depth, np.asarray(side))
    if look.fringe:
        reach = -17 + 4 * chart.smooth(rng, 8.0) - 0.004 * x**2
        depth = np.maximum(depth, np.where(x < 62, reach - y, -50))
    share = rise(depth.astype(np.float32), 3.0)
    thick = (8.0 if look.hair == "short" else 11.0) * rise((depth - 9).astype(np.float32), 16.0)
    if look.fringe:
        thick = np.minimum(thick, np.where((y > -70) & (x < 60), 3.0, 20.0))
    streaks = _streaks(chart.shape, rng, along=14.0)
    colour = 0.4 * hair_colour(person.hair)[:, None, None] * np.exp(0.35 * streaks)[None]
    return Cover(share, colour.astype(np.float32)), blur((share * thick).astype(np.float32), 2.0)


def _beard(chart: Sheet, person: Person, look: Look, rng: Rng) -> Made:
    if not look.beard:
        return None
    x, y = np.abs(chart.x), chart.y
    face = person.anatomy
    line, half = face.mouth
    edge = 50 + 0.0 * x - 0.55 * np.maximum(x - 30, 0) + 0.9 * np.maximum(28 - x, 0) * (y < line - 30)
    depth = np.minimum(y - np.maximum(edge, 53), 120 - y)
    lips = np.hypot(x / (half + 3), (y - line - 1) / (0.5 * sum(face.lips) + 2.5)) - 1
    depth = np.minimum(depth, 14 * lips) + 1.5 * chart.smooth(rng, 6.0)
    tufts = _streaks(chart.shape, rng, along=5.0)
    share = rise(depth.astype(np.float32), 7.0) * np.clip(0.9 + 0.12 * tufts, 0, 1)
    colour = 0.4 * hair_colour(min(person.hair + 0.1, 1.0))[:, None, None] * np.exp(0.45 * tufts)[None]
    cover = Cover(share.astype(np.float32), colour.astype(np.float32))
    return cover, (4.0 * blur(share, 3.0)).astype(np.float32)


def _mask(chart: Sheet, person: Person, look: Look, rng: Rng) -> Made:
    if look.mask == "none":
        return None
    x, y = np.abs(chart.x), chart.y
    top = 22.0 + 0.004 * x**2 + rng.uniform(-4, 6)
    depth = np.minimum(np.minimum(y - top, 119 - y), 64 - x)
    strap = np.minimum(1.4 - np.abs(y - 38 + 0.9 * (x - 64)), np.minimum(x - 62, 88 - x))
    strap = np.maximum(strap, np.minimum(1.4 - np.abs(y - 100 + 2.2 * (x - 60)), np.minimum(x - 60, 88 - x)))
    share = np.maximum(rise(depth.astype(np.float32), 1.5), rise(strap.astype(np.float32), 1.0))
    pleats = 1 - 0.22 * np.exp(-(((np.mod(y - 40, 17) - 8) / 1.6) ** 2)) * (x < 60) * (y < 100)
    plain = _SURGICAL if look.mask == "surgical" else _CLOTH
    colour = plain[:, None, None] * (pleats if look.mask == "surgical" else np.ones_like(pleats))
    weave = 1 + 0.02 * rng.standard_normal(chart.shape, dtype=np.float32)
    return Cover(share, (colour * weave).astype(np.float32)), chart.full(1.5)


def _streaks(shape: tuple[int, int], rng: Rng, along: float) -> NDArray[np.float32]:
    """Noise of deviation 1 drawn out down the chart, as strands lie."""
    from scipy import ndimage

    noise = ndimage.gaussian_filter(
        rng.standard_normal(shape, dtype=np.float32), (along / PIXEL, 0.55 / PIXEL)
    )
    return np.asarray(noise / noise.std(), dtype=np.float32)
