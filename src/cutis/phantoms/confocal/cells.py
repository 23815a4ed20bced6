"""Single cells laid over the tissue: inflammatory ones, and others that have nothing to do with the grade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.phantoms.confocal.lattice import Field, Spots, Tissue, spots, step
from cutis.phantoms.confocal.place import Place


@dataclass(frozen=True, eq=False)
class Painted:
    """Cells as they lie in a window.

    Attributes:
        cover: (height, width) 0..1.
        light: (height, width) their reflectance, where they cover.
        halo: (height, width) 0..1, the dark space around them.
        places: (cells, 2) x and y of those within or at the window, micrometres.
    """

    cover: Field
    light: Field
    halo: Field
    places: Field


def strewn(place: Place, channel: int, spacing: float, density: Field) -> Spots:
    """Places, as many per area as ``density`` (0..1, share of the places there are) says."""
    every = spots(place.window, place.seed(channel), spacing, beyond=10.0)
    return every.chosen(every.rank < density[place.window.pixels(every.x, every.y)])


def between_cells(place: Place, those: Spots, cells: Tissue, share: Field) -> Spots:
    """Those places moved to the nearest border between keratinocytes, where ``share`` is above half."""
    at = place.window.pixels(those.x, those.y)
    ours, theirs = cells.cell[at], cells.neighbour[at]
    towards = cells.points[:, theirs] - cells.points[:, ours]
    towards = towards / np.maximum(np.hypot(*towards), 1e-3)
    # Points stand in the tissue's own, turned coordinates; the turn is undone, the gentle warp is not.
    angle = place.skin.direction
    cos, sin = np.cos(angle), np.sin(angle)
    move = np.where(share[at] > 0.5, cells.border[at], 0.0)
    x = those.x + move * (cos * towards[0] - sin * towards[1])
    y = those.y + move * (sin * towards[0] + cos * towards[1])
    return Spots(x, y, those.rank, those.lots)


def inflammatory(place: Place, those: Spots, diameter: float) -> Painted:
    """Round to polygonal bright cells with a dark space around them."""
    height, width = place.window.shape
    cover, light, halo = (np.zeros((height, width), dtype=np.float32) for _ in range(3))
    reach = int(np.ceil(0.62 * diameter)) + 3
    offset = np.arange(-reach, reach + 1)
    centre_x = np.rint(those.x - place.window.left).astype(np.intp)
    centre_y = np.rint(those.y - place.window.top).astype(np.intp)
    near = (np.abs(centre_x - width / 2) < width / 2 + reach) & (
        np.abs(centre_y - height / 2) < height / 2 + reach
    )
    those, centre_x, centre_y = those.chosen(near), centre_x[near], centre_y[near]
    dx = (offset[None, None, :] + (centre_x + place.window.left - those.x)[:, None, None]).astype(np.float32)
    dy = (offset[None, :, None] + (centre_y + place.window.top - those.y)[:, None, None]).astype(np.float32)
    away = _rim(those, diameter, dx, dy)
    row, column = centre_y[:, None, None] + offset[:, None], centre_x[:, None, None] + offset[None, :]
    row, column = np.broadcast_arrays(row, column)
    ok = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    at = (row[ok], column[ok])
    one = step(away, 2.0)
    bright = (np.float32(0.50) + np.float32(0.36) * those.lots[2])[:, None, None]
    domed = bright * (np.float32(0.80) + np.float32(0.05) * np.clip(away, 0, 4))
    np.maximum.at(cover, at, one[ok])
    np.maximum.at(light, at, (one * domed)[ok])
    np.maximum.at(halo, at, step(away + np.float32(2.2), 2.5)[ok])
    light /= np.maximum(cover, np.float32(1e-3))
    return Painted(cover, light, halo, np.stack([those.x, those.y], axis=1))


def _rim(those: Spots, diameter: float, dx: Field, dy: Field) -> Field:
    """Distance to the cell's rim, micrometres, positive inside; from the offset to the cell's centre."""
    lots = those.lots[:, :, None, None]
    radius = np.float32(0.5 * diameter) * (np.float32(0.88) + np.float32(0.24) * lots[0])
    angle = np.arctan2(dy, dx)
    corners = np.float32(0.09) * np.cos(5 * angle + 6.28 * lots[1])
    oval = np.float32(0.11) * np.cos(2 * angle + 6.28 * lots[3])
    return np.asarray(radius * (1 + corners + oval) - np.hypot(dx, dy))


def dendritic(place: Place, channel: int, density: float) -> Painted:
    """Bright branched cells (melanocytes, Langerhans cells), whatever the grade."""
    every = spots(place.window, place.seed(channel), 62.0, beyond=34.0)
    those = every.chosen(every.rank < density)
    cover = place.full(0.0)
    x, y = place.grid
    for index in range(len(those.x)):
        lots = those.lots[:, index]
        rows, columns = _box(place, float(those.x[index]), float(those.y[index]), 34.0)
        if rows.stop <= rows.start or columns.stop <= columns.start:
            continue
        dx = x[rows, columns] - np.float32(those.x[index])
        dy = y[rows, columns] - np.float32(those.y[index])
        np.maximum(cover[rows, columns], _branched(dx, dy, lots), out=cover[rows, columns])
    return Painted(cover, place.full(0.82), np.zeros_like(cover), np.stack([those.x, those.y], axis=1))


def _branched(dx: Field, dy: Field, lots: Field) -> Field:
    """An oval body of 10 to 15 micrometres with two to five tapering dendrites."""
    turn = 6.2832 * lots[0]
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    u, v = cos * dx + sin * dy, cos * dy - sin * dx
    body = step(np.float32(5.0 + 2.5 * lots[1]) - np.hypot(u * np.float32(0.75), v * np.float32(1.25)), 2.0)
    arms = 2 + int(lots[2] * 2.99)
    for arm in range(arms):
        angle = turn + 6.2832 * (arm + 0.6 * np.sin(9.0 * lots[3] + 2.0 * arm)) / arms
        length = 12.0 + 19.0 * ((lots[3] * 7 + arm * 0.618) % 1.0)
        c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        along, across = c * dx + s * dy, c * dy - s * dx
        across = across + np.float32(0.020 * np.sin(40.0 * lots[1] + 2.4 * arm)) * along**2
        share = np.clip(along / np.float32(length), 0, 1)
        thin = np.float32(1.6) * (1 - np.float32(0.6) * share)
        beyond = np.maximum(np.maximum(along - np.float32(length), -along), 0)
        np.maximum(body, step(thin - np.hypot(across, beyond), 1.6), out=body)
    return body


def melanophages(place: Place, channel: int, density: Field) -> Painted:
    """Plump bright cells of 14 to 20 micrometres without a sharp rim, whatever the grade."""
    every = spots(place.window, place.seed(channel), 34.0, beyond=12.0)
    those = every.chosen(every.rank < density[place.window.pixels(every.x, every.y)])
    cover = place.full(0.0)
    x, y = place.grid
    ragged = np.float32(2.0) * place.noise(channel + 1, 3.5)
    for index in range(len(those.x)):
        rows, columns = _box(place, float(those.x[index]), float(those.y[index]), 14.0)
        if rows.stop <= rows.start or columns.stop <= columns.start:
            continue
        dx = x[rows, columns] - np.float32(those.x[index])
        dy = y[rows, columns] - np.float32(those.y[index])
        lots = those.lots[:, index]
        slant = np.float32(0.5 * (lots[0] - 0.5))
        away = np.float32(7.0 + 3.0 * lots[1]) - np.hypot(
            dx + slant * dy, dy * np.float32(0.8 + 0.4 * lots[2])
        )
        np.maximum(cover[rows, columns], step(away + ragged[rows, columns], 5.0), out=cover[rows, columns])
    return Painted(cover, place.full(0.68), np.zeros_like(cover), np.stack([those.x, those.y], axis=1))


def _box(place: Place, x: float, y: float, reach: float) -> tuple[slice, slice]:
    window = place.window
    top, left = int(y - reach - window.top), int(x - reach - window.left)
    far = int(2 * reach) + 2
    return (
        slice(max(top, 0), min(max(top + far, 0), window.height)),
        slice(max(left, 0), min(max(left + far, 0), window.width)),
    )
