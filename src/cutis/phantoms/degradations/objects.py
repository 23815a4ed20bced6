"""Cloth, fingers, rulers, pens and plasters in front of the skin."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.degradations.light import Field, Rng, rise, rough_field, smooth_field, softened, turned
from cutis.phantoms.degradations.obstruction import Occluder

_Shape = tuple[int, int]


def _inset(shape: _Shape, angle: float, severity: float) -> float:
    """How far from the middle a cover from one side ends: beyond the border at 0, past the middle at 1."""
    reach = float(abs(np.cos(angle)) * shape[1] + abs(np.sin(angle)) * shape[0]) / min(shape) / 2
    return reach * (1 - 1.55 * severity) if severity < 0.5 else reach * 0.225 - (severity - 0.5) * 0.85


def _cloth_colour(rng: Rng) -> Field:
    colour = rng.uniform(0.02, 0.75) * np.exp(rng.normal(0, 0.55, 3))
    return np.clip(colour, 0.01, 0.9).astype(np.float32)[:, None, None]


def fabric(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """A woven sleeve or collar from one side, with a hem and folds."""
    del skin
    angle = rng.uniform(0, 2 * np.pi)
    along, across = turned(shape, angle)
    edge = (
        along - np.float32(_inset(shape, angle, severity)) + np.float32(0.035) * smooth_field(rng, shape, 0.4)
    )
    fine = np.float32(2 * np.pi / rng.uniform(0.014, 0.024))
    weave = np.float32(1) + np.float32(0.13) * np.sin(fine * along) * np.sin(fine * across)
    folds = np.exp(np.float32(0.3) * smooth_field(rng, shape, 0.3))
    hem = np.float32(1) - np.float32(0.35) * rise(np.float32(0.008) - np.abs(edge - np.float32(0.035)), 0.01)
    return Occluder(rise(edge, 0.012), _cloth_colour(rng) * (weave * folds * hem), 0.5)


def knit(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """A jumper: rows of stitches in the shape of a V, a fluffy rim."""
    del skin
    angle = rng.uniform(0, 2 * np.pi)
    along, across = turned(shape, angle)
    edge = (
        along - np.float32(_inset(shape, angle, severity)) + np.float32(0.03) * rough_field(rng, shape, 0.12)
    )
    wide = np.float32(rng.uniform(0.045, 0.07))
    column = np.abs(np.mod(across / wide, 1) - np.float32(0.5)) * np.float32(2)
    row = np.mod(along / (wide * np.float32(0.7)) + np.float32(0.8) * column, 1)
    stitch = np.float32(0.45) + np.float32(0.75) * np.sin(np.pi * row) * (
        np.float32(1) - np.float32(0.6) * column**4
    )
    look = _cloth_colour(rng) * (stitch * np.exp(np.float32(0.12) * rough_field(rng, shape, 0.05)))
    return Occluder(softened(rise(edge, 0.04), 0.004 * min(shape)), look, 0.45)


def finger(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """A fingertip before the lens, of about the same skin, out of focus."""
    tone = skin * np.exp(rng.normal(0, 0.18, (3, 1, 1))).astype(np.float32)
    flush = np.array([1.1, 0.85, 0.8], dtype=np.float32)[:, None, None]
    cover, shade, tip = _digit(shape, severity, rng)
    look = tone * (np.float32(0.55) + np.float32(0.6) * shade) * (1 + tip * (flush - 1))
    return Occluder(softened(cover, 0.015 * min(shape)), look, 0.9)


def glove(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """A gloved finger, in focus: nitrile blue, violet, black, or latex white, with wrinkles and a shine."""
    del skin
    kinds = np.array([[0.03, 0.16, 0.55], [0.16, 0.08, 0.42], [0.02, 0.02, 0.025], [0.72, 0.70, 0.62]])
    colour = kinds[int(rng.integers(len(kinds)))].astype(np.float32)[:, None, None]
    cover, shade, _ = _digit(shape, severity, rng)
    wrinkles = np.exp(np.float32(0.18) * rough_field(rng, shape, 0.06, octaves=3))
    shine = np.float32(0.2) * rise(shade * wrinkles - np.float32(1.15), 0.3)
    return Occluder(cover, colour * ((np.float32(0.3) + np.float32(0.8) * shade) * wrinkles) + shine, 0.4)


def _digit(shape: _Shape, severity: float, rng: Rng) -> tuple[Field, Field, Field]:
    """Cover, roundness (0 rim, 1 ridge) and closeness to the tip of one or two fingers from a border."""
    angle, bend = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.15)
    along, across = turned(shape, angle)
    half = np.float32(rng.uniform(0.15, 0.2) * (0.75 + 0.6 * severity))
    start = np.float32(_inset(shape, angle, severity) - 0.08 * severity)
    across = across + np.float32(bend) * along + np.float32(rng.normal(0, 0.07) * (1 - severity))
    second = rng.random() < 0.45
    beside = np.float32(rng.choice([-1.0, 1.0])) * np.float32(1.95) * half
    cover, shade = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    tip = np.zeros(shape, np.float32)
    for index, (move, late) in enumerate(((np.float32(0), 0.0), (beside, float(rng.uniform(0.02, 0.2))))):
        if index == 1 and not second:
            break
        inside = along - start - half - np.float32(late)
        away = np.where(inside > 0, np.abs(across - move), np.hypot(inside, across - move)) / half
        one = rise(1 - away, 0.05)
        cover = np.maximum(cover, one)
        shade = np.maximum(shade, np.sqrt(np.clip(1 - away**2, 0, 1)) * one)
        tip = np.maximum(tip, one * rise(np.float32(0.1) - inside, 0.3))
    return cover, shade, tip


def ruler(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """A paper or plastic ruler with millimetres, laid nearer and nearer to the lesion."""
    del skin
    angle = rng.uniform(0, 2 * np.pi)
    along, across = turned(shape, angle)
    wide = np.float32(0.16 + 0.30 * severity)
    edge = along - np.float32(_inset(shape, angle, severity))
    cover = rise(edge, 0.006) * rise(wide - edge, 0.006)
    unit = np.float32(rng.uniform(0.02, 0.035))
    number = np.rint(across / unit)
    long = np.where(np.mod(number, 10) == 0, 0.09, np.where(np.mod(number, 5) == 0, 0.07, 0.045)).astype(
        np.float32
    )
    tick = rise(unit * np.float32(0.12) - np.abs(across - number * unit), 0.004) * rise(long - edge, 0.004)
    paper = np.array([[0.8, 0.8, 0.78], [0.75, 0.6, 0.12], [0.62, 0.68, 0.72]])[int(rng.integers(3))]
    even = np.exp(np.float32(0.04) * smooth_field(rng, shape, 0.3))
    return Occluder(
        cover, paper.astype(np.float32)[:, None, None] * (even * (1 - np.float32(0.9) * tick)), 0.08
    )


def pen(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """A pen that points at the lesion, then lies over it, and thick ink beside it."""
    del skin
    angle = rng.uniform(0, 2 * np.pi)
    along, across = turned(shape, angle)
    half = np.float32(0.05 + 0.10 * severity)
    start = np.float32(_inset(shape, angle, severity) - 0.45 * severity**2)
    inside = along - start
    taper = np.clip(inside / (np.float32(2.2) * half), np.float32(0.12), 1)
    body = rise(1 - np.abs(across) / (half * taper), 0.08) * rise(inside, 0.01)
    ridge = np.sqrt(np.clip(1 - (across / (half * taper)) ** 2, 0, 1))
    barrel = np.clip(rng.uniform(0.02, 0.6, 3), 0, 1).astype(np.float32)[:, None, None]
    metal = np.float32(0.5) * rise(np.float32(1.6) * half - inside, 0.02)
    look = barrel * (np.float32(0.3) + np.float32(0.9) * ridge) * (1 - metal) + metal * ridge
    look = look + np.float32(0.5) * rise(np.float32(0.12) - np.abs(across / half - np.float32(0.3)), 0.1)
    bent = np.float32(0.03) * smooth_field(rng, shape, 0.3)
    away = np.hypot(along, across) + bent
    line = rise(np.float32(0.006 + 0.03 * severity) - np.abs(away - np.float32(0.30 - 0.1 * severity)), 0.012)
    ink = np.float32(0.9 * min(1.0, 1.6 * severity)) * line * (1 - body)
    violet = np.array([0.06, 0.03, 0.22], dtype=np.float32)[:, None, None]
    cover = np.maximum(body, ink)
    return Occluder(cover, np.where(body > ink, look, violet), 0.25)


def plaster(shape: _Shape, severity: float, skin: Field, rng: Rng) -> Occluder:
    """A sticking plaster, more and more over the middle."""
    angle = rng.uniform(0, 2 * np.pi)
    along, across = turned(shape, angle)
    x = along - np.float32(_inset(shape, angle, severity) + 0.42 - 0.25 * severity**2)
    y = across - np.float32(rng.normal(0, 0.1) * (1 - severity))
    half = np.float32(0.19 + 0.16 * severity)
    inside = (
        half
        - np.maximum(
            np.hypot(np.maximum(np.abs(x) - np.float32(0.3), 0), np.maximum(np.abs(y) - half * 0.4, 0)), 0
        )
        - half * np.float32(0.4)
    )
    cover = rise(inside, 0.012)
    dot = np.float32(0.03)
    holes = np.hypot(np.mod(x / dot, 1) - np.float32(0.5), np.mod(y / dot, 1) - np.float32(0.5))
    pad = rise(np.float32(0.13) - np.abs(x), 0.02)
    pattern = 1 - np.float32(0.4) * rise(np.float32(0.2) - holes, 0.2) * (1 - pad)
    beige = np.array([0.62, 0.40, 0.26], dtype=np.float32)[:, None, None] * np.float32(rng.uniform(0.7, 1.25))
    white = np.float32(rng.uniform(0, 1) < 0.3)
    look = (beige * (1 - white) + np.float32(0.75) * white) * (pattern * (1 + np.float32(0.12) * pad))
    crease = np.exp(np.float32(0.06) * rough_field(rng, shape, 0.1, octaves=3))
    return Occluder(cover, look * crease, 0.1)
