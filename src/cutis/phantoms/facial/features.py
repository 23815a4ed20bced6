"""What is on a face besides skin: its form, lips, eyes, brows, nostrils and hair."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Field, Rng, blur, rise
from cutis.phantoms.facial.canvas import Sheet
from cutis.phantoms.facial.covers import Cover, Features
from cutis.phantoms.facial.hair import add_brows, add_down, add_hairline, add_stubble, drawn, hair_colour
from cutis.phantoms.facial.person import Anatomy
from cutis.phantoms.facial.skin import Skin

__all__ = ["Cover", "Features", "add_form", "draw_features", "hair_colour"]


def add_form(skin: Skin) -> None:
    """The height of the face, in place, and where lips lie."""
    canvas, face = skin.canvas, skin.person.anatomy
    x, y = np.abs(canvas.x), canvas.y
    form = -(x**2) / 150.0 - (y - 10) ** 2 / 420.0
    form += _bump(x - 31.5, y, 16, 10, -5.0) + _bump(x - 31.5, y, 11, 8, 3.0)
    form += _bump(x - 26, y + 20, 24, 9, 2.0)
    form += _bump(x - 40, y - 30, 20, 18, 5.0)
    form += _nose(x, y, face)
    form += _bump(x, y - face.chin - 13, 16, 11, 4.5) + _bump(
        x, y - face.chin - np.square(x) / 70, 14, 3.5, -1.1
    )
    lips = _lip_depth(canvas, face)
    skin.form = (form + _lip_form(x, y, face)).astype(np.float32)
    _colour_lips(skin, lips)


def _cube(value: Field) -> Field:
    return np.asarray(value * value * value)


def _bump(x: Field, y: Field, wide: float, high: float, height: float) -> Field:
    return np.asarray(height * np.exp(-((x / wide) ** 2) - (y / high) ** 2), dtype=np.float32)


def _nose(x: Field, y: Field, face: Anatomy) -> Field:
    tip, wing = face.nose_tip
    along = np.clip((y + 12) / (tip + 12), 0, 1.2)
    ridge = (
        (3.0 + 14.0 * along**1.5)
        * rise(np.asarray(tip + 6.5 - y - np.square(x) / 45, dtype=np.float32), 8.0)
        * rise(y + 14, 14.0)
    )
    wide = 5.5 + 4.5 * along**2
    form = ridge * np.exp(-_cube(x / (1.25 * wide)))
    form += _bump(x, y - tip + 0.5, 8.0, 7.5, 3.5)
    form += _bump(x - wing + 5.5, y - tip - 1.5, 5.5, 6.0, 5.5)
    return np.asarray(form, dtype=np.float32)


def _lip_form(x: Field, y: Field, face: Anatomy) -> Field:
    line, half = face.mouth
    across = np.clip(1 - (x / (half + 4)) ** 2, 0, 1)
    form = across * _bump(x, y - line + 0.55 * face.lips[0], 60, 0.7 * face.lips[0] + 1, 2.6)
    form += across * _bump(x, y - line - 0.5 * face.lips[1], 60, 0.7 * face.lips[1] + 1, 3.4)
    form += _bump(x, y - line + face.lips[0] + 6, 2.6, 6, -0.8)  # the groove below the nose
    return np.asarray(form, dtype=np.float32)


def _lip_depth(canvas: Sheet, face: Anatomy) -> Field:
    """How far inside the red of the lips, mm; negative outside."""
    line, half = face.mouth
    x = canvas.x - np.float32(0.3 * face.lean)
    place = np.abs(x) / half
    rim = np.sqrt(np.clip(1 - place**2.2, 0, 1)) * 0.85 + 0.15 * np.clip(1 - place, 0, 1)
    bow = 1 + 0.14 * np.exp(-(((np.abs(x) - 5) / 4) ** 2)) - 0.16 * np.exp(-((x / 2.4) ** 2))
    up, down = face.lips[0] * rim * bow, face.lips[1] * rim
    away = canvas.y - line
    inside = np.where(away < 0, up + away, down - away)
    return np.asarray(np.where(place < 1, inside, -np.abs(away) - 2 * (place - 1) * half), dtype=np.float32)


def _colour_lips(skin: Skin, depth: Field) -> None:
    if float(depth.max()) < -1.5:
        return
    canvas, layers = skin.canvas, skin.layers
    rng = skin.own("lips")
    lip = rise(depth, 1.5)
    stripes = canvas.cells(
        rng, 0.9, stretch=3.5, angle=np.pi / 2, warp=(0.2 * canvas.smooth(rng, 2), canvas.full(0))
    )
    groove = np.maximum(np.float32(0.3) - stripes.edge, 0)
    layers.relief *= 1 - lip
    layers.relief -= np.float32(0.30) * groove * lip
    layers.melanin *= 1 - np.float32(0.32) * lip
    layers.arterial += lip * np.float32(rng.uniform(0.010, 0.024))
    layers.venous += lip * np.float32(rng.uniform(0.005, 0.014))
    skin.gloss += lip * np.float32(rng.uniform(0.1, 0.6))
    skin.open *= 1 - lip
    skin.usable *= 1 - rise(depth + np.float32(1.0), 0.6)


def draw_features(skin: Skin) -> Features:
    """Eyes, brows, nostrils, mouth, hairline, stubble and down, where the canvas has them."""
    features = Features(shade=skin.canvas.full(1.0))
    _eyes(skin, features)
    _nostrils(skin, features)
    _mouth(skin, features)
    add_brows(skin, features)
    add_hairline(skin, features)
    add_stubble(skin)
    add_down(skin, features)
    return features


def _eyes(skin: Skin, features: Features) -> None:
    canvas, face = skin.canvas, skin.person.anatomy
    left, top, right, bottom = canvas.box
    if bottom < -12 or top > 12:
        return
    for side in (-1.0, 1.0):
        middle = side * 31.5
        if left < middle + 22 and right > middle - 22:
            _eye(skin, features, side, face)


def _eye(skin: Skin, features: Features, side: float, face: Anatomy) -> None:
    canvas, person = skin.canvas, skin.person
    rng = skin.own("eye")
    half, high = face.eye
    x = (canvas.x - np.float32(31.5 * side)) * np.float32(side)  # grows outwards
    y = canvas.y + np.float32(face.slant / half / 2) * x - np.float32(face.lean * (side < 0))
    place = np.clip(np.abs(x) / half, 0, 1.4)
    arch = np.maximum(1 - place**2, -0.6)
    upper, lower = high * arch * (1 - 0.12 * x / half), 0.62 * high * arch
    depth = np.minimum(y + upper, lower - y).astype(np.float32)
    opening = rise(depth, 0.5)
    iris_away = np.hypot(x - 0.5, y + 0.6).astype(np.float32)
    iris = rise(np.float32(5.9) - iris_away, 0.6)
    pupil = rise(np.float32(rng.uniform(1.6, 2.4)) - iris_away, 0.4)
    fibre = 1 + 0.25 * canvas.rough(rng, 1.0)
    sclera = np.array([0.42, 0.345, 0.29], dtype=np.float32)[:, None, None]
    sclera = sclera * (1 - 0.6 * np.exp(-np.maximum(y + upper, 0) / 2.2)) * (1 - 0.35 * np.square(place))
    sclera = sclera * np.float32(
        1.0 - 0.45 * np.clip(person.melanin / 0.3, 0, 1)
    )  # cameras brighten dark skin
    blue, brown = np.array([0.10, 0.15, 0.20]), np.array([0.055, 0.03, 0.016])
    tint = (blue * (1 - person.iris) + brown * person.iris).astype(np.float32)[:, None, None] * fibre
    tint = tint * (1 - 0.55 * rise(iris_away - np.float32(4.9), 0.8))
    colour = sclera * (1 - iris) + tint * iris
    colour = colour * (1 - pupil) + np.float32(0.012) * pupil
    spark = rise(np.float32(0.6) - np.hypot(x - 1.6, y + 2.2).astype(np.float32), 0.5)
    colour = colour * (1 - spark) + np.float32(0.9) * spark
    fold = y + high * np.maximum(1 - (place * 0.86) ** 2, -0.6) + np.float32(rng.uniform(1.8, 3.2))
    crease = np.exp(-((fold / 0.55) ** 2)) * rise(np.float32(half * 1.1) - np.abs(x), 5.0)
    lash_line = np.exp(-((np.minimum(np.abs(y + upper), np.abs(lower - y) * 1.7) / 0.45) ** 2)) * (
        place < 1.02
    )
    shade = (1 - 0.38 * crease) * (1 - 0.45 * lash_line * (1 - opening))
    features.shade = features.shade * shade.astype(np.float32)
    features.covers.append(Cover(opening, colour.astype(np.float32)))
    lid = rise(-np.abs(np.where(y > 0, 0, fold)).astype(np.float32) + 1.2, 1.0) * (y < 0)
    near = rise(depth + np.float32(2.4), 0.8)
    skin.open *= 1 - opening
    skin.usable *= (1 - np.maximum(near, lid * crease)).astype(np.float32)
    skin.layers.venous += (0.004 * np.exp(-((place / 1.1) ** 4) - ((y - 9) / 6.5) ** 2)).astype(np.float32)
    _lashes(skin, features, side, face, rng)


def _lashes(skin: Skin, features: Features, side: float, face: Anatomy, rng: Rng) -> None:
    half, high = face.eye
    paths = []
    for upper, count in ((True, 60), (False, 30)):
        for place in np.sort(rng.uniform(-0.92, 1.0, count)):
            root_y = -high * (1 - place**2) if upper else 0.62 * high * (1 - place**2)
            length = rng.uniform(3.0, 5.0) if upper else rng.uniform(1.2, 2.2)
            turn = 0.65 * place + rng.normal(0, 0.12)
            bend = np.linspace(0, 1, 6)
            across = half * place + length * np.sin(turn) * bend
            down = root_y - face.slant / half / 2 * half * place
            lift = length * (0.30 * np.sin(np.pi * bend * 0.55) + 0.35 * bend**2)
            down = down + (-lift if upper else lift)
            paths.append(np.stack([side * (31.5 + across), down + face.lean * (side < 0)], axis=1))
    widths = [np.full(6, 0.07) for _ in paths]
    features.covers.append(
        Cover(drawn(skin.canvas, paths, widths) * np.float32(0.85), hair_colour(0.7 + 0.3 * skin.person.hair))
    )


def _nostrils(skin: Skin, features: Features) -> None:
    canvas, face = skin.canvas, skin.person.anatomy
    tip, wing = face.nose_tip
    if canvas.box[3] < tip - 8 or canvas.box[1] > tip + 14:
        return
    x, y = np.abs(canvas.x), canvas.y
    beside = x - np.float32(0.46 * wing)
    level = y - np.float32(tip + 6.2) + np.float32(0.10) * beside
    # The rim arches over the opening, whose floor fades into the lip.
    above = rise(level + 2.3 * (1 - np.square(beside / 4.6)), 0.9)
    below = rise(np.float32(0.9) - level - 0.3 * np.square(beside / 4.6), 1.8)
    dark = above * below * rise(np.float32(4.3) - np.abs(beside), 1.6)
    under = np.exp(-np.square((y - tip - 8.0) / 2.0)) * rise(np.float32(0.75 * wing) - x, 8.0)
    # The furrow behind the wing.
    rim = np.hypot((x - wing + 7.0) / 8.2, (y - tip + 0.5) / 8.5)
    furrow = np.exp(-np.square((rim - 1.0) / 0.15)) * rise(x - np.float32(wing - 1.0), 6.0)
    furrow *= rise(y - np.float32(tip - 5.0), 7.0) * rise(np.float32(tip + 7.0) - y, 5.0)
    features.shade = features.shade * ((1 - 0.22 * under) * (1 - 0.36 * furrow)).astype(np.float32)
    features.covers.append(Cover(dark * np.float32(0.88), np.array([0.045, 0.018, 0.012], dtype=np.float32)))
    skin.open *= 1 - dark
    skin.usable *= 1 - rise(blur(dark, 0.8 / canvas.pixel) - np.float32(0.10), 0.10)


def _mouth(skin: Skin, features: Features) -> None:
    canvas, face = skin.canvas, skin.person.anatomy
    line, half = face.mouth
    if canvas.box[3] < line - 6 or canvas.box[1] > line + 6:
        return
    rng = skin.own("mouth")
    x = canvas.x - np.float32(0.3 * face.lean)
    wave = 0.7 * np.cos(x / 5.5) * np.exp(-((x / 12) ** 2)) + 0.10 * canvas.smooth(rng, 4.0)
    away = canvas.y - np.float32(line) - wave - rng.uniform(-1.0, 0.8) * (x / half) ** 2
    shut = np.exp(-((away / 0.55) ** 2)) * rise(np.asarray(half + 0.8 - np.abs(x), dtype=np.float32), 2.5)
    features.covers.append(
        Cover((0.82 * shut).astype(np.float32), np.array([0.05, 0.018, 0.014], dtype=np.float32))
    )
    soft = np.exp(-((away / 2.2) ** 2)) * rise(np.asarray(half + 1.5 - np.abs(x), dtype=np.float32), 4.0)
    features.shade = features.shade * (1 - 0.28 * soft).astype(np.float32)
