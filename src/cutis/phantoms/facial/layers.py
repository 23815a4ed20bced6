"""The conditions, each as a function that paints what it does to skin: melanin, blood, relief, scale.

All take the same: skin on a canvas of any size, in millimetres of the face; a severity, one for all or a
field; and leave where the condition is in ``skin.masks`` and what was painted in ``skin.measures``. Chance
belongs to the person, so that a higher severity is more of the same and another photo shows the same face.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from cutis.phantoms.canvas import Field, blur, rise
from cutis.phantoms.erythema.frame import Frame
from cutis.phantoms.facial.lines import add_wrinkles
from cutis.phantoms.facial.skin import Severity, Skin, anchored, covering, darkened, most, strewn

# At grades 1 to 4. Shares are of usable skin; contrasts are natural logarithms of green light.
SCALE_SHARE = (0.05, 0.13, 0.27, 0.45)
SCALE_COVER = (0.16, 0.22, 0.28, 0.35)
ROUGH_SHARE = (0.22, 0.48, 0.76, 0.98)
ROUGHNESS = (0.034, 0.048, 0.066, 0.090)  # mm, deviation of the relief that is added where skin is rough
BUMP = (1.1, 1.5, 2.0, 2.6)  # mm between bumps
DENTS = (0.06, 0.09, 0.12, 0.15)  # light that is swallowed between bumps
PORES = (6.0, 15.0, 28.0, 44.0)  # enlarged ones per cm2
PORE_WIDTH = (0.28, 0.34, 0.41, 0.49)  # mm
PLUGGED = (0.15, 0.35, 0.55, 0.75)  # share of enlarged pores
MELASMA_SHARE = (0.08, 0.20, 0.40, 0.62)
MELASMA_CONTRAST = (0.16, 0.26, 0.38, 0.52)
LENTIGINES = (0.12, 0.27, 0.50, 0.80)  # per cm2
LENTIGO_CONTRAST = (0.35, 0.42, 0.50, 0.58)
EPHELIDES = (1.2, 3.4, 7.5, 14.0)  # per cm2
EPHELIS_CONTRAST = (0.26, 0.30, 0.34, 0.40)
RED_SHARE = (0.12, 0.28, 0.50, 0.78)
RED_BLOOD = (0.006, 0.011, 0.018, 0.028)  # blood share of the dermis that is added
RED_SCALE = (0.02, 0.05, 0.10, 0.18)


def add_dryness(skin: Skin, severity: Severity) -> None:
    """Dull skin with whitish flakes whose edges lift, and fine cracks from grade 3."""
    canvas, layers = skin.canvas, skin.layers
    skin.masks["dryness"] = canvas.full(0.0)
    if most(severity) <= 0.3:
        return
    rng = skin.own("dryness")
    warp = (0.5 * canvas.smooth(rng, 1.6), 0.5 * canvas.smooth(rng, 1.6))
    plate = canvas.cells(rng, rng.uniform(1.3, 2.0), stretch=rng.uniform(1.0, 1.5), warp=warp)
    pattern = 0.8 * canvas.smooth(rng, 3.0) + 0.9 * plate.draw(rng, -1.5, 1.5) + 0.5 * canvas.rough(rng, 1.0)
    level = covering(skin, pattern, anchored(severity, SCALE_SHARE))
    flake = rise(pattern - level, 0.35)
    lifted = rise(np.float32(0.22) - plate.edge, 0.25)
    dust = np.clip(0.7 + 0.5 * canvas.rough(rng, 0.6), 0.1, 1.5)
    cover = anchored(severity, SCALE_COVER) * flake * (0.55 + 0.8 * lifted) * dust * _ashen(skin)
    layers.keratin += cover.astype(np.float32) * skin.open
    # The horny layer as a whole scatters more and mirrors less.
    present = np.clip((np.asarray(severity) - 0.3) / 0.5, 0, 1)
    layers.keratin += (0.012 * _ashen(skin) * np.asarray(severity) * present * skin.open).astype(np.float32)
    layers.relief += (0.05 * flake * (lifted + 0.3 * dust)).astype(np.float32) * skin.open
    layers.relief *= (1 + 0.10 * np.asarray(severity) * present).astype(np.float32)
    skin.gloss *= (1 - 0.19 * np.clip(np.asarray(severity) * present, 0, 4.3)).astype(np.float32)
    _cracks(skin, severity, level, pattern)
    skin.masks["dryness"] = (flake * skin.open).astype(np.float32)


def _ashen(skin: Skin) -> float:
    """How much of a scale's white is seen: on dark skin scale is thin and grey, not white."""
    return 1.0 - 0.72 * float(np.sqrt(np.clip(skin.person.melanin / 0.30, 0, 1)))


def _cracks(skin: Skin, severity: Severity, level: Field, pattern: Field) -> None:
    canvas, layers = skin.canvas, skin.layers
    deep = np.clip((np.asarray(severity, dtype=np.float32) - 2.4) / 1.6, 0, 1.2)
    if float(deep.max()) <= 0:
        return
    rng = skin.own("cracks")
    warp = (0.6 * canvas.smooth(rng, 2.0), 0.6 * canvas.smooth(rng, 2.0))
    net = canvas.cells(rng, rng.uniform(2.6, 3.6), warp=warp)
    line = net.lines(0.045, 0.06) * rise(pattern - level + np.float32(0.5), 0.8) * deep * skin.open
    layers.relief -= np.float32(0.10) * line
    layers.arterial += np.float32(0.012) * line
    skin.hollow += np.float32(0.22) * line


def add_texture(skin: Skin, severity: Severity) -> None:
    """Rough, uneven skin: bumps of one to three millimetres, in ever larger patches."""
    canvas = skin.canvas
    skin.masks["texture"] = canvas.full(0.0)
    skin.measures["roughness"] = _roughness(skin)
    if most(severity) <= 0.3:
        return
    rng = skin.own("texture")
    pattern = canvas.smooth(rng, 5.0) + 0.3 * canvas.smooth(rng, 2.0)
    patch = rise(pattern - covering(skin, pattern, anchored(severity, ROUGH_SHARE)), 0.8) * skin.open
    # Coarser skin has fewer and larger bumps: that is seen in every light.
    spacing = float(anchored(most(severity), BUMP))
    warp = (0.15 * spacing * canvas.smooth(rng, 3.0), 0.15 * spacing * canvas.smooth(rng, 3.0))
    bumps = canvas.cells(rng, max(spacing, 3 * canvas.pixel), warp=warp)
    dome = np.clip(1 - bumps.distance**2 / np.float32(0.36), 0, 1) ** 2 * bumps.draw(rng, 0.3, 1.0)
    uneven = canvas.smooth(rng, 0.7 * spacing) + 0.5 * canvas.rough(rng, 0.9)
    shape = (dome - dome.mean()) / max(float(dome.std()), 1e-6) + 0.6 * uneven
    shape *= np.float32(1.0 / max(float(shape.std()), 1e-6))
    skin.layers.relief += (anchored(severity, ROUGHNESS) * shape * patch).astype(np.float32)
    dents = rise(np.float32(0.12) - bumps.edge, 0.35) * patch
    skin.hollow += np.asarray(anchored(severity, DENTS), dtype=np.float32) * dents
    skin.measures["roughness"] = _roughness(skin)
    skin.masks["texture"] = patch


def _roughness(skin: Skin) -> float:
    """Deviation of the relief, micrometres."""
    inside = skin.layers.relief[skin.usable > 0.5]
    return 1000.0 * float(inside.std()) if inside.size else 0.0


def add_pores(skin: Skin, severity: Severity) -> None:
    """Enlarged pores: round to oval openings, many of them clogged by a dark plug."""
    canvas, layers = skin.canvas, skin.layers
    skin.masks["pores"] = canvas.full(0.0)
    skin.measures |= {"pore_count": 0.0, "pore_area": 0.0}
    if most(severity) <= 0.3:
        return
    rng = skin.own("pores")
    places = strewn(skin, rng, anchored(severity, PORES), 60.0)
    chance = skin.own("pore sizes").uniform(size=(len(places), 4))
    here = canvas.at(severity, places) if isinstance(severity, np.ndarray) else np.full(len(places), severity)
    width = np.asarray(anchored(here, PORE_WIDTH)) * (0.7 + 0.6 * chance[:, 0])
    longer, turn = 1 + 0.7 * chance[:, 1], np.pi * chance[:, 2]
    plugged = chance[:, 3] < np.asarray(anchored(here, PLUGGED))
    depth = canvas.full(0.0)
    plug = canvas.full(0.0)
    cos, sin = np.cos(turn), np.sin(turn)
    edge = max(0.10, 0.9 * canvas.pixel)

    def opening(x: Field, y: Field, n: np.ndarray) -> Field:
        along, across = cos[n] * x + sin[n] * y, cos[n] * y - sin[n] * x
        away = np.hypot(along / np.sqrt(longer[n]), across * np.sqrt(longer[n]))
        return rise((width[n] / 2 - away).astype(np.float32), edge)

    reach = 0.75 * float(width.max(initial=0.3)) + 2 * canvas.pixel
    canvas.splat(depth, places, reach, opening)
    canvas.splat(plug, places, reach, lambda x, y, n: opening(x, y, n) * plugged[n])
    depth *= skin.open
    plug *= skin.open
    layers.relief -= np.float32(0.10) * depth
    layers.relief += np.float32(0.015) * blur(depth, 0.3 / canvas.pixel)
    skin.hollow += np.float32(0.28) * depth
    layers.crust += np.float32(0.32) * plug
    layers.melanin *= 1 + np.float32(0.15) * blur(depth, 0.2 / canvas.pixel)
    skin.masks["pores"] = depth
    area = float((np.pi / 4 * width**2).sum())
    skin.measures |= {"pore_count": float(len(places)), "pore_area": area}


def add_melasma(skin: Skin, severity: Severity) -> None:
    """Brown patches with irregular edges that run together, alike on both sides of the face."""
    canvas = skin.canvas
    skin.masks["melasma"] = canvas.full(0.0)
    if most(severity) <= 0.3:
        return
    rng = skin.own("melasma")
    half = Frame(np.abs(canvas.x), canvas.y, canvas.pixel)
    pattern = half.smooth(rng, 8.0) + 0.35 * half.smooth(rng, 3.0)
    pattern += 0.15 * canvas.smooth(rng, 4.0) + 0.20 * canvas.rough(rng, 2.0)
    level = covering(skin, pattern, anchored(severity, MELASMA_SHARE))
    patch = rise(pattern - level, 0.62) * skin.open
    mottled = np.clip(1 + 0.18 * canvas.rough(rng, 1.5), 0.5, 1.5)
    _brown(skin, patch * mottled * np.asarray(anchored(severity, MELASMA_CONTRAST), dtype=np.float32))
    skin.masks["melasma"] = patch


def add_lentigo(skin: Skin, severity: Severity) -> None:
    """A few sharply bordered, even brown spots of 3 to 15 mm."""
    canvas = skin.canvas
    spots = canvas.full(0.0)
    skin.masks["lentigo"] = spots
    skin.measures["lentigo_count"] = 0.0
    if most(severity) <= 0.3:
        return
    rng = skin.own("lentigo")
    places = strewn(skin, rng, anchored(severity, LENTIGINES), 1.1, apart=5.5)
    chance = skin.own("lentigo sizes").uniform(size=(len(places), 5))
    here = canvas.at(severity, places) if isinstance(severity, np.ndarray) else np.full(len(places), severity)
    radius = 0.5 * (3.2 + 2.2 * chance[:, 0] + 7.0 * chance[:, 0] ** 6 + 0.45 * here)
    wobble = canvas.smooth(rng, 1.8) * 0.20 + canvas.rough(rng, 1.0) * 0.05
    for place, size, lot in zip(places, radius, chance, strict=True):
        part = canvas.part(*(place - 1.7 * size), *(place + 1.7 * size))
        if part is None:
            continue
        x, y = canvas.x[part] - np.float32(place[0]), canvas.y[part] - np.float32(place[1])
        cos, sin, longer = np.cos(np.pi * lot[1]), np.sin(np.pi * lot[1]), np.sqrt(1 + 0.6 * lot[2])
        away = np.hypot((cos * x + sin * y) / longer, (cos * y - sin * x) * longer).astype(np.float32)
        spot = rise(np.float32(size) - away + wobble[part], max(0.35, 1.5 * canvas.pixel))
        spots[part] = np.maximum(spots[part], spot * np.float32(0.75 + 0.25 * lot[3]))
    spots *= skin.open
    even = np.clip(1 + 0.10 * canvas.rough(rng, 0.8), 0.6, 1.4)
    _brown(skin, spots * even * np.asarray(anchored(severity, LENTIGO_CONTRAST), dtype=np.float32))
    skin.masks["lentigo"] = np.minimum(spots / np.float32(0.75), 1)
    skin.measures["lentigo_count"] = float(len(places))


def add_ephelides(skin: Skin, severity: Severity) -> None:
    """Many small light-brown dots of 1 to 3 mm."""
    canvas = skin.canvas
    dots = canvas.full(0.0)
    skin.masks["ephelides"] = dots
    skin.measures["ephelis_count"] = 0.0
    if most(severity) <= 0.3:
        return
    rng = skin.own("ephelides")
    places = strewn(skin, rng, anchored(severity, EPHELIDES), 18.0, apart=0.9)
    chance = skin.own("ephelis sizes").uniform(size=(len(places), 4))
    radius = 0.5 * (1.0 + 0.8 * chance[:, 0] + 1.1 * chance[:, 0] ** 6)
    wobble = canvas.rough(rng, 0.9) * 0.10
    cos, sin = np.cos(np.pi * chance[:, 1]), np.sin(np.pi * chance[:, 1])
    longer = np.sqrt(1 + 0.7 * chance[:, 2])
    strength = 0.65 + 0.35 * chance[:, 3]
    edge = max(0.45, 1.5 * canvas.pixel)

    def dot(x: Field, y: Field, n: np.ndarray) -> Field:
        along, across = cos[n] * x + sin[n] * y, cos[n] * y - sin[n] * x
        away = np.hypot(along / longer[n], across * longer[n])
        where = canvas.at(wobble, np.stack([x + places[n, 0], y + places[n, 1]], axis=1))
        return np.asarray(rise((radius[n] - away + where).astype(np.float32), edge) * strength[n])

    canvas.splat(dots, places, 2.0, dot)
    dots *= skin.open
    _brown(skin, dots * np.asarray(anchored(severity, EPHELIS_CONTRAST), dtype=np.float32), warm=0.6)
    skin.masks["ephelides"] = np.minimum(dots / np.float32(0.65), 1)
    skin.measures["ephelis_count"] = float(len(places))


def add_dermatitis(skin: Skin, severity: Severity) -> None:
    """Redness without a clear border, with fine yellowish scale; greyer and browner on dark skin."""
    canvas, layers = skin.canvas, skin.layers
    skin.masks["dermatitis"] = canvas.full(0.0)
    if most(severity) <= 0.3:
        return
    rng = skin.own("dermatitis")
    pattern = canvas.smooth(rng, 9.0) + 0.30 * canvas.smooth(rng, 3.5) + 0.08 * canvas.rough(rng, 1.5)
    level = covering(skin, pattern, anchored(severity, RED_SHARE))
    patch = rise(pattern - level, 1.7) * skin.open
    strength = np.asarray(anchored(severity, RED_BLOOD), dtype=np.float32)
    blotchy = np.clip(1 + 0.25 * canvas.rough(rng, 1.2), 0.3, 2.0)
    layers.arterial += patch * blotchy * strength
    layers.venous += np.float32(0.22) * patch * strength
    dark = float(np.clip(skin.person.melanin / 0.35, 0, 1))
    _brown(skin, patch * (strength * np.float32(9.0 * dark)))
    plate = canvas.cells(
        rng,
        max(rng.uniform(0.65, 0.95), 3 * canvas.pixel),
        warp=(0.3 * canvas.smooth(rng, 1.0), 0.3 * canvas.smooth(rng, 1.0)),
    )
    flake = rise(plate.draw(rng, -1, 1) + 0.9 * canvas.smooth(rng, 1.6) - np.float32(0.6), 0.9)
    flake *= 0.35 + 0.65 * rise(np.float32(0.25) - plate.edge, 0.3)
    cover = np.asarray(anchored(severity, RED_SCALE), dtype=np.float32) * patch * flake
    layers.keratin += cover * np.float32(1.5 * _ashen(skin))
    layers.yellow += patch * np.asarray(severity, dtype=np.float32) * np.float32(0.02)
    layers.relief += (
        (np.float32(0.012) * np.asarray(severity, dtype=np.float32))
        * patch
        * (canvas.smooth(rng, 0.9) + flake)
    )
    skin.masks["dermatitis"] = patch


def _brown(skin: Skin, contrast: Field, warm: float = 1.0) -> None:
    """More melanin; on dark skin less is seen of it, as in people."""
    fades = 1.0 - 0.12 * float(np.clip(skin.person.melanin / 0.45, 0, 1))
    skin.layers.melanin = darkened(skin.layers.melanin, contrast * np.float32(fades))
    if warm < 1.0:
        skin.layers.arterial += contrast * np.float32(0.002 * warm)


LAYERS: Mapping[str, Callable[[Skin, Severity], None]] = MappingProxyType(
    {
        "texture": add_texture,
        "pores": add_pores,
        "wrinkles": add_wrinkles,
        "melasma": add_melasma,
        "ephelides": add_ephelides,
        "lentigo": add_lentigo,
        "dermatitis": add_dermatitis,
        "dryness": add_dryness,
    }
)  # in the order in which they are painted
