"""Skin of a head under a photo's lamps: what light each place of a chart sends to the camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutis.phantoms import optics
from cutis.phantoms.canvas import Field
from cutis.phantoms.faces.cover import Cover
from cutis.phantoms.faces.head import PIXEL, Head
from cutis.phantoms.faces.sight import Sight
from cutis.phantoms.facial import Person, Sheet
from cutis.phantoms.facial.features import Features
from cutis.phantoms.facial.photo import Shot
from cutis.phantoms.facial.skin import Skin

_FRESNEL = 0.028


@dataclass(frozen=True, eq=False)
class Albedo:
    """What a chart of skin is to light.

    Attributes:
        colour: (3, height, width) share of light that comes back.
        relief: height in mm.
        gloss: share of mirrored light.
        hollow: how deep in a hollow, 0..1.
    """

    canvas: Sheet
    colour: Field
    relief: Field
    gloss: Field
    hollow: Field

    @staticmethod
    def of(skin: Skin) -> Albedo:
        """Of painted skin."""
        colour = skin.layers.reflectance(polarised=False)
        return Albedo(skin.canvas, colour, skin.layers.relief, skin.gloss, skin.hollow)


@dataclass(frozen=True, eq=False)
class Over:
    """What lies over skin: lashes, lips and brows of the detailed chart, and what is worn or grows."""

    features: Features | None
    covers: Sequence[Cover]


def plain(chart: Sheet, person: Person) -> Albedo:
    """Skin of ears, temples and neck, where nothing is judged."""
    rng = np.random.default_rng([person.build, 13])
    melanin = person.melanin * np.exp(0.06 * chart.smooth(rng, 14.0))
    arterial = person.blood * 0.75 * np.exp(0.1 * chart.smooth(rng, 9.0))
    colour = optics.skin_reflectance(melanin, arterial, np.float32(0.35) * arterial)
    zero = chart.full(0.0)
    return Albedo(chart, colour, zero, chart.full(0.4 * person.oil), zero)


def lit(albedo: Albedo, over: Over, head: Head, sight: Sight, shot: Shot) -> Field:
    """Light that each place of a chart sends to the camera, (3, height, width)."""
    canvas = albedo.canvas
    u, v = canvas.x, canvas.y
    across, down, out = (sampled(part, head.chart, u, v) for part in head.frame)
    opened = sampled(head.open[None], head.chart, u, v)[0]
    slope_down, slope_across = np.gradient(albedo.relief, np.float32(canvas.pixel))
    for slope in (slope_down, slope_across):
        slope /= 1 + np.float32(0.55) * np.abs(slope)
    normal = out - slope_across * across - slope_down * down
    normal /= np.maximum(np.linalg.norm(normal, axis=0), 1e-4)
    turned = np.tensordot(sight.rotation().astype(np.float32), normal, axes=1)
    total = sum(strength for _, strength in shot.lamps)
    diffuse = canvas.full(shot.ambient) * opened * (1 - 0.25 * np.maximum(turned[1], 0))
    mirrored = canvas.full(0.0)
    for direction, strength in shot.lamps:
        lamp, share = np.array(direction, dtype=np.float32), strength / total
        facing = np.tensordot(lamp, turned, axes=1)
        soft = np.maximum((facing + 0.18) / 1.18, 0)
        diffuse += np.float32((1 - shot.ambient) * share / lamp[2]) * soft * (0.4 + 0.6 * opened)
        half = lamp + np.array([0, 0, 1], dtype=np.float32)
        meets = np.maximum(np.tensordot(half / np.linalg.norm(half), turned, axes=1), 0)
        mirrored += np.float32((1 - 0.6 * shot.ambient) * share) * (5 * meets**26 + 6 * meets**90)
    diffuse *= 1 - np.float32(0.85) * np.clip(albedo.hollow, 0, 0.95)
    mirrored *= np.float32(_FRESNEL) * albedo.gloss * (1 - np.clip(albedo.hollow * 1.5, 0, 1))
    light: Field = albedo.colour * diffuse
    if over.features is not None:
        light *= over.features.shade
        light += mirrored
        for cover in over.features.covers:
            colour = cover.colour if cover.colour.ndim == 3 else cover.colour[:, None, None]
            light += cover.share * (colour * np.minimum(diffuse, 1.3) - light)
    else:
        light += mirrored
    for piece in over.covers:
        over_it = sampled(piece.share[None], head.chart, u, v)
        light += over_it * (sampled(piece.colour, head.chart, u, v) * diffuse - light)
    return np.asarray(light, dtype=np.float32)


def sampled(fields: Field, chart: Sheet, u: Field, v: Field) -> Field:
    """Values of (n, height, width) fields of a chart at places of it; (n, *u.shape); rim values beyond."""
    import cv2

    left, top = chart.corner
    across = np.ascontiguousarray((u - np.float32(left)) / np.float32(chart.pixel), dtype=np.float32)
    down = np.ascontiguousarray((v - np.float32(top)) / np.float32(chart.pixel), dtype=np.float32)
    rows = [
        cv2.remap(
            np.ascontiguousarray(one, dtype=np.float32),
            across,
            down,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for one in fields
    ]
    beyond = (across < -0.5) | (down < -0.5) | (across > chart.shape[1]) | (down > chart.shape[0])
    if len(fields) == 1:
        rows[0] = np.where(beyond, np.float32(0.0), rows[0]) if chart.pixel < PIXEL else rows[0]
    return np.asarray(rows, dtype=np.float32)
