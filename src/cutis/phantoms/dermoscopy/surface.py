"""What lies in and on the horny layer: scale, plugs, cysts, fissures, papillae. Coverage 0..1."""

from __future__ import annotations

import numpy as np

from cutis.phantoms.canvas import Canvas, Field, Rng, rise


def scale(canvas: Canvas, rng: Rng, *, amount: float, patch: float, coarse: float) -> Field:
    """Flakes in patches.

    Args:
        amount: share of the skin that they cover, 0..1.
        patch: size of the patches, mm.
        coarse: size of a flake, mm.
    """
    where = canvas.smooth(rng, patch) + 0.5 * canvas.rough(rng, 0.4 * patch)
    patches = rise(where - np.float32(1.15 - 2.3 * amount), 0.9)
    warp = (0.3 * coarse * canvas.smooth(rng, coarse), 0.3 * coarse * canvas.smooth(rng, coarse))
    flakes = canvas.cells(rng, coarse, stretch=rng.uniform(1.0, 1.8), angle=rng.uniform(0, np.pi), warp=warp)
    plate = flakes.draw(rng, 0.15, 1.0) * rise(flakes.edge - np.float32(0.05), 0.25)
    dust = rise(canvas.rough(rng, 0.35) - np.float32(0.2), 1.6)
    return np.asarray(patches * np.clip(0.45 * plate + 0.55 * dust * plate + 0.2 * dust, 0.0, 1.0))


def openings(
    canvas: Canvas, rng: Rng, spacing: float, radii: tuple[float, float], share: float
) -> tuple[Field, Field]:
    """Comedo-like openings: dark plugs, and the pale rims around them; lengths in mm."""
    cells = canvas.cells(rng, spacing)
    wobble = cells.distance + np.float32(0.06) * canvas.smooth(rng, 0.3)
    size = cells.draw(rng, *radii) / np.float32(spacing)
    taken = cells.draw(rng) < share
    plug = rise(size - wobble, max(1.5 * cells.pixel, 0.2)) * taken * cells.draw(rng, 0.3, 1.0)
    rim = rise(0.09 - np.abs(wobble - size - 0.08), 0.2) * taken * cells.draw(rng)
    return np.asarray(plug), np.asarray(rim)


def cysts(canvas: Canvas, rng: Rng, spacing: float, radii: tuple[float, float], share: float) -> Field:
    """Milia-like cysts: small bright balls, some blurred because they lie deeper."""
    cells = canvas.cells(rng, spacing)
    size = cells.draw(rng, *radii) / np.float32(spacing)
    soft = rng.uniform(0.06, 0.2)
    return np.asarray(rise(size - cells.distance, max(1.5 * cells.pixel, soft)) * (cells.draw(rng) < share))


def fissures(canvas: Canvas, rng: Rng, spacing: float, width: float) -> tuple[Field, Field]:
    """Furrows between ridges as on a brain: the dark furrows, and the height of the ridges."""
    wave = canvas.smooth(rng, spacing) + 0.25 * canvas.smooth(rng, 0.5 * spacing)
    height = np.abs(wave)
    return rise(np.float32(width) - height, max(0.25, 3 * canvas.pixel / spacing)), np.minimum(height, 1.0)


def papillae(canvas: Canvas, rng: Rng, spacing: float) -> tuple[Field, Field, Field]:
    """Finger-like papillae from above: their height 0..1, the grooves between, and the way to a centre."""
    sway = 0.15 * spacing
    warp = (sway * canvas.smooth(rng, spacing), sway * canvas.smooth(rng, spacing))
    cells = canvas.cells(rng, spacing, regular=True, warp=warp)
    knob = cells.draw(rng, 0.42, 0.58)
    height = np.clip(1.0 - (cells.distance / knob) ** 2, 0.0, 1.0)
    return height, rise(cells.distance - knob, 0.2) + 0.4 * cells.lines(0.08, 0.2), cells.distance


def striae(canvas: Canvas, rng: Rng, spacing: float, thickness: float) -> Field:
    """Wickham striae: white lines that cross, with fine spurs."""
    sway = 0.25 * spacing
    warp = (sway * canvas.smooth(rng, 0.7 * spacing), sway * canvas.smooth(rng, 0.7 * spacing))
    coarse = canvas.cells(rng, spacing, warp=warp)
    fine = canvas.cells(rng, 0.45 * spacing, warp=warp)
    calibre = np.float32(thickness) * (1.0 + 0.5 * canvas.smooth(rng, 0.8 * spacing))
    line = rise(calibre - coarse.edge, max(1.8 * coarse.pixel, 0.2))
    line *= rise(canvas.smooth(rng, spacing) + np.float32(0.5), 1.6)
    near = rise(np.float32(0.38) - coarse.edge, 0.35)
    spur = rise(np.float32(0.12) - fine.edge, max(1.8 * fine.pixel, 0.15)) * near
    return np.maximum(line, 0.7 * spur)


def shiny_lines(canvas: Canvas, rng: Rng, spacing: float) -> Field:
    """Short bright white lines at right angles to each other, seen in polarised light."""
    turn = rng.uniform(0, np.pi)
    total = canvas.full(0.0)
    for right_angle in (0.0, np.pi / 2):
        cells = canvas.cells(rng, spacing, stretch=3.0, angle=turn + right_angle)
        along, across = cells.offset
        stroke = rise(0.10 - np.abs(across), max(1.8 * cells.pixel, 0.08)) * rise(0.35 - np.abs(along), 0.15)
        total = np.maximum(total, stroke * (cells.draw(rng) < 0.5))
    return total
