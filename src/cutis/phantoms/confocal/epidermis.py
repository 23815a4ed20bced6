"""Stratum granulosum and spinosum: the honeycomb, and what inflammation does to it."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.confocal.lattice import Field, Tissue, step, tissue
from cutis.phantoms.confocal.place import Place

_JITTER = 0.24


def honeycomb(place: Place, channel: int, size: float, nucleus: float) -> tuple[Field, Tissue]:
    """Reflectance of a layer of keratinocytes.

    Spongiosis parts the cells: the bright border becomes two membranes with a dark gap between them, wider
    with the grade, and vesicles above grade 2. The honeycomb becomes blurred and disarrayed.

    Args:
        place: where.
        channel: the layer's own.
        size: diameter of a cell, micrometres.
        nucleus: radius of the dark nucleus as a share of the diameter.

    Returns:
        Reflectance 0..1 and which cell each pixel lies in.
    """
    skin, grade = place.skin, place.grade
    _, spongiosis, blurred, _ = skin.signs
    cells = tissue(*_warped(place, channel, size), place.seed(channel), size, _JITTER)
    gap = _gap(place, channel, size) * np.float32(spongiosis)
    width = np.float32(skin.thickness) * (1 + np.float32(0.14 * blurred) * grade)
    inward = cells.border - gap
    uneven = 1 + np.float32(0.22) * place.noise(channel + 1, 9.0) + np.float32(0.12) * place.sharp
    # Membranes are sharp towards the gap, so that it is dark as soon as there is one.
    membrane = np.exp(-((inward / np.where(inward < 0, np.float32(0.55), width)) ** 2))
    membrane *= (
        np.float32(skin.contour) * np.clip(uneven, 0.2, 2.0) * (1 - np.float32(0.07 * blurred) * grade)
    )
    inside = step(inward + np.float32(0.6), 2.0)
    fluid = np.float32(0.03)
    return np.maximum(membrane, fluid + inside * _cytoplasm(place, cells, size, nucleus)), cells


def _warped(place: Place, channel: int, size: float) -> tuple[Field, Field]:
    """Coordinates in which the cells are even: stretched, uneven in size, and disarrayed with the grade."""
    skin = place.skin
    x, y = place.grid
    cos, sin = np.float32(np.cos(skin.direction)), np.float32(np.sin(skin.direction))
    along, across = (cos * x + sin * y) / np.float32(skin.stretch), cos * y - sin * x
    calm = np.float32(0.16 * size)
    wild = np.float32(0.018 * size * skin.signs[2]) * place.grade
    along = along + calm * place.noise(channel + 2, 1.7 * size) + wild * place.noise(channel + 3, 0.42 * size)
    across = (
        across + calm * place.noise(channel + 4, 1.7 * size) + wild * place.noise(channel + 5, 0.42 * size)
    )
    return along, across


def _gap(place: Place, channel: int, size: float) -> Field:
    """Half the width of the space between cells, micrometres."""
    grade = place.grade
    patchy = np.clip(1 + np.float32(0.22) * place.noise(channel + 6, 22.0), 0.5, 1.6)
    vesicle = step(place.noise(channel + 7, 15.0) - (np.float32(3.1) - np.float32(0.45) * grade), 0.8)
    wide = np.float32(1.20 * np.sqrt(size / 22.0)) * grade ** np.float32(0.75)
    return np.asarray(wide * patchy + np.float32(3.0) * vesicle * step(grade - 2, 2.0))


def _cytoplasm(place: Place, cells: Tissue, size: float, nucleus: float) -> Field:
    skin = place.skin
    lot = cells.lot
    bright = np.float32(0.11 + 0.13 * skin.pigment) * (np.float32(0.75) + np.float32(0.5) * lot)
    mottled = (lot * 7.31) % 1.0 < skin.mottled
    bright = np.where(mottled, bright * np.float32(1.8) + np.float32(0.05), bright)[cells.cell]
    grain = np.clip(1 + np.float32(0.30) * place.sharp, 0.3, 2.0)
    radius = (
        np.float32(nucleus * size) * (np.float32(0.85) + np.float32(0.3) * ((lot * 3.77) % 1.0))[cells.cell]
    )
    dark = step(radius - cells.away, 2.5)
    return np.asarray(bright * grain * (1 - np.float32(0.55) * dark))
