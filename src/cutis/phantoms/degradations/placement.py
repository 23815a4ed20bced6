"""Where the photo lies in the frame, and the skin or the room around it where it does not fill it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.phantoms.degradations.light import (
    Field,
    Light,
    Rng,
    grid,
    luminance,
    resized,
    resized_light,
    rise,
    rough_field,
    smooth_field,
    softened,
    turned,
    working_shape,
)

_Shape = tuple[int, int]
_COARSE = 48  # pixels a side, at which colours are continued beyond the photo's edge


@dataclass(frozen=True)
class Placement:
    """A photo in a frame of the same size.

    Attributes:
        scale: size of the photo over that of the frame; above 1 it is cut.
        right, down: where the photo's centre lies from the frame's, in frame widths and heights.
    """

    scale: float
    right: float
    down: float


@dataclass(frozen=True)
class Lesion:
    """What stands out in a photo by its colour: centre in widths and heights from the middle, and radius."""

    right: float
    down: float
    radius: float


Around = Callable[[Light, Field, Rng], Light]  # (photo on the frame, where it is known) -> filled frame


def lesion_of(light: Light) -> Lesion:
    """Find what differs in colour from most of the photo, preferring the middle."""
    small = np.log(resized_light(light, (32, 32), smooth=False) + np.float32(0.02))
    apart = np.sqrt(((small - np.median(small, axis=(1, 2), keepdims=True)) ** 2).sum(axis=0))
    place = (np.arange(32) + 0.5) / 32 - 0.5
    apart = apart * np.exp(-(place[None, :] ** 2 + place[:, None] ** 2) / (2 * 0.22**2))
    weight = np.maximum(apart - np.percentile(apart, 70), 0)
    total = float(weight.sum())
    if total <= 1e-6:
        return Lesion(0.0, 0.0, 0.15)
    right, down = (
        float((weight * place[None, :]).sum() / total),
        float((weight * place[:, None]).sum() / total),
    )
    spread = (weight * ((place[None, :] - right) ** 2 + (place[:, None] - down) ** 2)).sum() / total
    return Lesion(right, down, float(np.clip(1.4 * np.sqrt(spread), 0.1, 0.28)))


def placed(light: Light, placement: Placement, rng: Rng, around: Around) -> Light:
    """Resample the photo to its place and continue it where the frame shows more."""
    shape = (light.shape[1], light.shape[2])
    source, target = _boxes(shape, placement)
    rows, columns = target
    part = np.stack(
        [_scaled(plane, source, (rows.stop - rows.start, columns.stop - columns.start)) for plane in light]
    )
    np.maximum(part, 0, out=part)
    if part.shape[1:] == shape:
        return part
    frame = np.zeros_like(light)
    known = np.zeros(shape, dtype=np.float32)
    frame[:, rows, columns] = part
    known[rows, columns] = 1
    return around(frame, known, rng)


def placed_mask(mask: NDArray[np.bool_], placement: Placement) -> NDArray[np.bool_]:
    """A mask (height, width) moved as `placed` moves the photo; nothing is where the photo does not reach."""
    shape = (mask.shape[0], mask.shape[1])
    source, (rows, columns) = _boxes(shape, placement)
    moved = np.zeros_like(mask)
    field = _scaled(mask.astype(np.float32), source, (rows.stop - rows.start, columns.stop - columns.start))
    moved[rows, columns] = field > 0.5
    return moved


def _boxes(
    shape: _Shape, placement: Placement
) -> tuple[tuple[float, float, float, float], tuple[slice, slice]]:
    """Which part of the photo is seen (left, top, right, bottom), and on which rows and columns."""
    box, slices = [], []
    for side, shift in ((shape[1], placement.right), (shape[0], placement.down)):
        begin = side * (0.5 + shift - placement.scale / 2)
        end = begin + side * placement.scale
        # At least a line of it is seen, also where it would lie beside the frame.
        first = min(max(0, round(begin)), side - 1)
        last = max(first + 1, min(side, round(end)))
        # Whole pixels of the frame, and the part of the photo that falls on just those.
        near, far = (float(np.clip((at - begin) / placement.scale, 0, side)) for at in (first, last))
        box.append((min(near, side - 0.5), max(far, min(near, side - 0.5) + 0.5)))
        slices.append(slice(first, last))
    (left, right), (top, bottom) = box
    return (left, top, right, bottom), (slices[1], slices[0])


def _scaled(plane: Field, box: tuple[float, float, float, float], shape: _Shape) -> Field:
    picture = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BICUBIC, box=box))


def skin_around(frame: Light, known: Field, rng: Rng) -> Light:
    """More of the same skin: colours continued from the photo's border, and its fine texture over them."""
    shape = (known.shape[0], known.shape[1])
    side = min(shape)
    colours = _continued(frame, known, shape)
    texture = _texture(frame, known, rng)
    slow = np.exp(np.float32(0.05) * smooth_field(rng, shape, 0.25))
    beyond = np.maximum(colours * slow * texture, 0)
    inside = rise(softened(known, 0.02 * side) - np.float32(0.75), 0.5)
    inside = inside * (known > 0)
    return np.asarray(frame * inside + beyond * (1 - inside))


def limb_around(frame: Light, known: Field, rng: Rng) -> Light:
    """Skin as far as an arm or a back reaches, and a room out of focus behind it."""
    shape = (known.shape[0], known.shape[1])
    skin = skin_around(frame, known, rng)
    angle = rng.uniform(0, np.pi)
    _, across = turned(shape, angle)
    # The limb holds the photo: as wide as the photo is across, or a little more.
    held = known > 0
    middle = float(across[held].mean()) if held.any() else 0.0
    half = float(np.abs(across[held] - middle).max()) * rng.uniform(0.9, 1.8) if held.any() else 0.2
    bent = across - np.float32(middle) + np.float32(0.02) * smooth_field(rng, shape, 0.7)
    depth = np.float32(half) - np.abs(bent)
    on = rise(depth, rng.uniform(0.01, 0.03))
    round_off = np.float32(1) - np.float32(0.55) * (1 - rise(depth - np.float32(0.04), 0.16))
    return np.asarray(skin * round_off * on + _room(shape, rng) * (1 - on))


def edge_around(frame: Light, known: Field, rng: Rng) -> Light:
    """Nothing but the room beyond the photo, as at the edge of the body."""
    shape = (known.shape[0], known.shape[1])
    skin = skin_around(frame, known, rng)
    across, down = grid(shape)
    held = known > 0
    x, y = float((across * held).sum() / held.sum()), float((down * held).sum() / held.sum())
    along, _ = turned(shape, float(np.arctan2(y, x)))
    depth = along - np.float32(np.percentile(along[held], rng.uniform(1, 6)))
    depth = depth + np.float32(0.03) * smooth_field(rng, shape, 0.5)
    on = rise(depth, rng.uniform(0.01, 0.03))
    shade = np.float32(0.5) + np.float32(0.5) * rise(depth - np.float32(0.06), 0.2)
    return np.asarray(skin * shade * on + _room(shape, rng) * (1 - on))


def _room(shape: _Shape, rng: Rng) -> Light:
    """Cloth, wall or couch behind the body."""
    colour = rng.uniform(0.05, 0.7) * np.exp(rng.normal(0, 0.15, 3))
    small = working_shape(shape, 256)
    folds = np.exp(np.float32(0.25) * rough_field(rng, small, 0.6, octaves=2))
    return np.asarray(np.clip(colour, 0, 0.9).astype(np.float32)[:, None, None] * resized(folds, shape))


def _continued(frame: Light, known: Field, shape: _Shape) -> Light:
    """Colours of the known part's border carried outwards, coarse."""
    factor = min(1.0, _COARSE / min(shape), 6 * _COARSE / max(shape))
    small = (max(2, round(shape[0] * factor)), max(2, round(shape[1] * factor)))
    inner = softened(known, 0.08 * min(shape) if min(shape) < 400 else 24.0)
    ring: Field = known * rise(np.float32(0.999) - inner, 0.3)
    ring = ring if ring.sum() > 8 else known
    weight = np.maximum(resized(ring, small, smooth=False), 0)
    values = resized_light(frame * ring, small, smooth=False)
    total: Field = np.full(small, 1e-9, dtype=np.float32)
    colours: Light = np.zeros((3, *small), dtype=np.float32)
    for octave in range(6):
        # Nearer border counts far more, so that the colour next to the photo is the photo's own.
        share = np.float32(20.0**-octave)
        total = total + share * softened(weight, 0.8 * 2**octave)
        colours = colours + share * softened(values, 0.8 * 2**octave)
    return resized_light(colours / total, shape)


def _texture(frame: Light, known: Field, rng: Rng) -> Field:
    """A gain about 1: the fine relief of the evenest corner of the photo, strewn over the frame."""
    rows, columns = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    seen = luminance(frame[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    height, width = max(1, seen.shape[0] // 3), max(1, seen.shape[1] // 3)
    corners = [
        seen[y, x]
        for y in (slice(0, height), slice(-height, None))
        for x in (slice(0, width), slice(-width, None))
    ]
    patch = min(corners, key=lambda corner: float(np.std(np.log(corner + 0.01))))
    detail = np.log(patch + np.float32(0.01))
    detail = np.clip(detail - softened(detail, 0.08 * min(seen.shape)), -0.25, 0.25)
    strength = float(np.std(detail))
    # A small patch repeated would show as a pattern: its place is taken by noise as strong.
    noise = softened(rng.standard_normal(known.shape, dtype=np.float32), 0.7) * np.float32(2.4 * strength)
    share = np.float32(np.clip((min(height, width) - 24) / 60, 0, 0.7))
    whole = np.sqrt(1 - share) * noise
    for _ in range(2 if share > 0 else 0):
        away = (int(rng.integers(height)), int(rng.integers(width)))
        wide = [(away[0], max(0, whole.shape[0] - height)), (away[1], max(0, whole.shape[1] - width))]
        tile = np.pad(detail if rng.random() < 0.5 else detail[::-1, ::-1], wide, mode="symmetric")
        whole += np.sqrt(share / 2) * tile[: whole.shape[0], : whole.shape[1]]
    return np.asarray(np.exp(whole))
