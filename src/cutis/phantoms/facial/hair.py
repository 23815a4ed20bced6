"""Hair of a face: brows, hairline, stubble and down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.canvas import Field, Points, Rng, blur, rise
from cutis.phantoms.facial.canvas import Sheet
from cutis.phantoms.facial.covers import Cover, Features
from cutis.phantoms.facial.person import Anatomy
from cutis.phantoms.facial.skin import Skin


def add_brows(skin: Skin, features: Features) -> None:
    """Lay the brows, where the canvas has them."""
    canvas, person = skin.canvas, skin.person
    face = person.anatomy
    if canvas.box[3] < -face.brow[0] - 12 or canvas.box[1] > -face.brow[0] + 8:
        return
    rng = skin.own("brows")
    density = (
        rng.uniform(14, 24) * (1.3 if person.sex == "male" else 1.0) * (1 - 0.004 * max(person.age - 50, 0))
    )
    paths = [path for side in (-1.0, 1.0) for path in _brow_hairs(face, side, int(density * 33), rng)]
    cover = drawn(canvas, paths, [np.linspace(0.11, 0.05, 5) * rng.uniform(0.8, 1.2) for _ in paths])
    if float(cover.max()) == 0:
        return
    features.shade = features.shade * (1 - np.float32(0.25) * blur(cover, 0.6 / canvas.pixel))
    features.covers.append(Cover(cover * np.float32(0.9), hair_colour(min(person.hair + 0.25, 1.0))))
    skin.usable *= 1 - rise(blur(cover, 1.0 / canvas.pixel) - np.float32(0.09), 0.08)


def _brow_hairs(face: Anatomy, side: float, count: int, rng: Rng) -> NDArray[np.float64]:
    """Courses of the hairs of one brow, (count, points, 2) mm."""
    place = rng.uniform(0, 1, count)
    rising = np.sin(np.pi * np.minimum(place / 0.7, 1.0) * 0.5)
    centre = -face.brow[0] - face.brow_arch * np.where(place < 0.7, rising, 1 - 1.6 * (place - 0.7) / 0.3)
    half = face.brow[1] * (0.75 + 0.5 * np.sin(np.pi * np.minimum(place * 1.6, 1))) * (1 - 0.75 * place**3)
    root = centre + rng.uniform(-1, 1, count) * half
    turn = -1.25 + 1.5 * np.minimum(place * 1.8, 1.0) + rng.normal(0, 0.18, count)
    turn = (turn + 0.25 * ((root < centre) & (place > 0.25)))[:, None]
    length = rng.uniform(4.0, 8.0, (count, 1))
    bend = np.linspace(0, 1, 5)[None, :]
    x = face.brow_start + 38 * place[:, None] + length * bend * np.cos(turn) + 0.8 * bend**2
    y = root[:, None] + face.lean * (side < 0) + length * bend * np.sin(turn) * (1 - 0.35 * bend)
    return np.stack([side * x, y], axis=2)


def add_hairline(skin: Skin, features: Features) -> None:
    """Lay the hair of the head that begins above the forehead."""
    canvas, person = skin.canvas, skin.person
    edge = person.anatomy.hairline
    if canvas.box[1] > edge + 6 + 0.012 * max(abs(canvas.box[0]), abs(canvas.box[2])) ** 2:
        return
    rng = skin.own("hairline")
    left, top, right, _ = canvas.box
    paths = []
    for _ in range(int(9 * (right - left))):
        x = rng.uniform(left - 5, right + 5)
        root = edge + 0.010 * x**2 + rng.normal(0, 1.5) - rng.exponential(7.0)
        if root < top - 12:
            continue
        turn, length = -np.pi / 2 + 0.012 * x + rng.normal(0, 0.25), rng.uniform(8, 25)
        bend = np.linspace(0, 1, 6)
        paths.append(
            np.stack([x + length * bend * np.cos(turn), root + length * bend * np.sin(turn)], axis=1)
        )
    cover = drawn(canvas, paths, [np.linspace(0.06, 0.10, 6) for _ in paths])
    if float(cover.max()) == 0:
        return
    features.covers.append(Cover(cover * np.float32(0.9), hair_colour(person.hair)))
    skin.usable *= 1 - rise(blur(cover, 1.0 / canvas.pixel) - np.float32(0.10), 0.10)


def add_stubble(skin: Skin) -> None:
    """Dark dots of a shaved beard, and the blue that its roots give to skin."""
    canvas, person = skin.canvas, skin.person
    if person.beard < 0.1 or canvas.box[3] < 45:
        return
    rng = skin.own("stubble")
    x, y = np.abs(canvas.x), canvas.y
    face = person.anatomy
    lower = rise(np.asarray(y - 58 - np.maximum(30 - x, 0) * 0.0 + 0.10 * (x - 25), dtype=np.float32), 12.0)
    zone = lower * skin.open * (1 - np.exp(-((x / 16) ** 2) - ((y - face.chin + 3) / 4) ** 2))
    amount = np.float32(person.beard) * zone
    skin.layers.deep += np.float32(0.16 * person.hair) * amount
    if canvas.pixel > 0.3:
        skin.layers.deep += np.float32(0.10 * person.hair) * amount
        return
    hairs = canvas.cells(rng, 0.85)
    dots = hairs.dots(0.11, 0.12) * (hairs.draw(rng) < 0.85)
    skin.layers.crust += np.float32(0.9 * person.hair) * dots * amount


def add_down(skin: Skin, features: Features) -> None:
    """Fine pale hair, more of it on cheeks and lip."""
    canvas = skin.canvas
    if canvas.pixel > 0.3:
        return
    rng = skin.own("down")
    left, top, right, bottom = canvas.box
    count = int(rng.uniform(0, 6) * canvas.cm2)
    along = rng.normal(np.pi / 2, 0.3)
    paths = []
    for _ in range(count):
        start = rng.uniform((left, top), (right, bottom))
        side = np.sign(start[0]) or 1.0
        turn = along - side * 0.5 + rng.normal(0, 0.25) + np.linspace(0, rng.normal(0, 0.4), 6)
        move = np.stack([np.cos(turn), np.sin(turn)], axis=1) * rng.uniform(0.25, 0.8)
        paths.append(start + np.cumsum(move, axis=0))
    cover = drawn(canvas, paths, [np.full(6, 0.03) for _ in paths]) * skin.usable
    features.shade = features.shade * (1 + np.float32(rng.uniform(0.1, 0.4)) * cover)


def drawn(canvas: Sheet, paths: list[Points], widths: list[NDArray[np.float64]]) -> Field:
    """Coverage 0 to 1 of fine hair, (height, width); finer than a pixel is fainter."""
    import cv2

    shift = 4
    left, top, right, bottom = canvas.box
    corner, scale = np.array(canvas.corner), (1 << shift) / canvas.pixel
    picture = np.zeros(canvas.shape, dtype=np.uint8)
    for path, width in zip(paths, widths, strict=True):
        if (
            path[:, 0].max() < left
            or path[:, 1].max() < top
            or path[:, 0].min() > right
            or path[:, 1].min() > bottom
        ):
            continue
        whole = np.rint((path - corner) * scale).astype(np.int32).reshape(-1, 1, 2)
        thick = float(width[0] + width[-1]) / 2 / canvas.pixel
        cv2.polylines(
            picture, [whole], False, 255 * min(1.0, thick / 0.9), max(1, round(thick)), cv2.LINE_AA, shift
        )
    return picture.astype(np.float32) / np.float32(255)


def hair_colour(melanin: float) -> NDArray[np.float32]:
    """Reflectance of hair by band, (3,): white, blond, brown, black."""
    absorbed = np.exp(-np.array([2.6, 3.6, 5.0]) * melanin)
    return (0.012 + 0.6 * absorbed).astype(np.float32)
