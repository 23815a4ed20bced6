"""A mosaic of any size whose grade is known everywhere, rendered frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.phantoms.confocal.conditions import (
    USUAL,
    Conditions,
    Microscope,
    Skin,
    draw_microscope,
    draw_skin,
)
from cutis.phantoms.confocal.lattice import Field, Window, noise, step
from cutis.phantoms.confocal.optics import EDGE, photographed
from cutis.phantoms.confocal.patch import unevenness
from cutis.phantoms.confocal.place import Place
from cutis.phantoms.confocal.scene import painted

FRAME = 500  # pixels a side, as the field of view of the usual microscope
_COARSE = 32.0  # micrometres between the places from which the range of the grades is found
_SLIP = 2  # pixels that the stage misses its place by


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Frames of one subject side by side, not yet rendered.

    Attributes:
        height, width: pixels of one micrometre.
        ladder: (steps,) values of the field below which equal shares of the mosaic lie, for grades 0..4.
    """

    height: int
    width: int
    conditions: Conditions
    skin: Skin
    microscope: Microscope
    seed: int
    scale: float
    ladder: Field

    def grade(self, window: Window) -> Field:
        """Inflammation 0..4 at the pixels of a window, in tissue and outside; float32."""
        field = noise(window, self.seed, self.scale)
        rungs = np.linspace(0.0, 4.0, len(self.ladder))
        return np.interp(field, self.ladder, rungs).astype(np.float32)

    def tissue(self, window: Window) -> Field:
        """1 in tissue, 0 outside, at the pixels of a window."""
        down = 2 * window.y[:, None] / self.height - 1
        across = 2 * window.x[None, :] / self.width - 1
        rim = 0.95 + 0.035 * noise(window, self.seed + 1, 0.06 * min(self.height, self.width))
        away = (rim - (down**4 + across**4) ** 0.25) * 0.5 * min(self.height, self.width)
        return np.asarray(step(away.astype(np.float32), 16.0), dtype=np.float32)

    def depth(self, window: Window) -> Field:
        """Which level the focal plane meets; see `Place`."""
        middle = 1.5 + 1.0 * noise(window, self.seed + 2, min(520.0, 0.3 * max(self.height, self.width)))
        fine = 0.12 * noise(window, self.seed + 3, 90.0)
        return np.clip(middle + fine, -0.4, 3.4).astype(np.float32)

    def stripes(self, rows: int = FRAME) -> Iterator[tuple[NDArray[np.uint8], Field]]:
        """The mosaic from the top, in stripes; the pixels do not depend on how many rows each has.

        Args:
            rows: of each stripe; the last may have fewer. About ``width`` times 500 bytes are in memory.

        Yields:
            (rows, width) grey levels, and the grade of the same pixels, NaN outside tissue.
        """
        if rows < 1:
            raise CutisError(f"rows is {rows}, but a stripe has at least one row.")
        ready = np.empty((0, self.width), dtype=np.uint8)
        top = 0
        for row in range(-(-self.height // FRAME)):
            ready = np.concatenate([ready, self._band(row)])
            last = top + len(ready) == self.height
            while len(ready) >= rows or (last and len(ready)):
                yield ready[:rows], self._known(Window(float(top), 0.0, len(ready[:rows]), self.width))
                top += len(ready[:rows])
                ready = ready[rows:]

    def _known(self, window: Window) -> Field:
        return np.where(self.tissue(window) > 0.5, self.grade(window), np.float32(np.nan))

    def field(self, every: int) -> Field:
        """The grade at the middle of each block of ``every`` by ``every`` pixels, NaN outside tissue."""
        middle = 0.5 * (every - 1)
        shape = (-(-self.height // every), -(-self.width // every))
        return self._known(Window(middle, middle, *shape, pixel=float(every)))

    def _band(self, row: int) -> NDArray[np.uint8]:
        """One row of frames."""
        frames = [self._frame(row, column) for column in range(-(-self.width // FRAME))]
        height = min(FRAME, self.height - row * FRAME)
        return np.concatenate(frames, axis=1)[:height, : self.width]

    def _frame(self, row: int, column: int) -> NDArray[np.uint8]:
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(row, column)))
        slip = rng.integers(-_SLIP, _SLIP + 1, 2)
        microscope = replace(
            self.microscope, exposure=self.microscope.exposure * float(np.exp(rng.normal(0, 0.06)))
        )
        window = Window(
            float(row * FRAME - EDGE + slip[0]),
            float(column * FRAME - EDGE + slip[1]),
            FRAME + 2 * EDGE,
            FRAME + 2 * EDGE,
        )
        tissue = self.tissue(window)
        if float(tissue.max()) == 0.0:
            reflectance = depth = np.zeros(window.shape, dtype=np.float32)
        else:
            depth = self.depth(window)
            reflectance = painted(Place(window, self.skin, self.grade(window), depth)).reflectance
        inner = (slice(EDGE, -EDGE), slice(EDGE, -EDGE))
        light = unevenness(window, microscope, rng) - _vignette(microscope)
        return photographed(reflectance, depth, microscope, rng, light=light[inner], tissue=tissue[inner])


def render_mosaic(
    height: int, width: int, rng: np.random.Generator, conditions: Conditions = USUAL
) -> Mosaic:
    """A mosaic with a smooth known field of grades, all of 0..4 in equal shares, and dark corners.

    Nothing is rendered yet: `Mosaic.stripes` gives the pixels, in memory that does not grow with the height.

    Args:
        height, width: pixels, at least 256 each.
        rng: decides everything.
        conditions: ranges from which the subject and the microscope are drawn.

    Raises:
        CutisError: smaller than 256 pixels.
    """
    if min(height, width) < 256:
        raise CutisError(f"the mosaic is {height} by {width} pixels, but has to be at least 256 by 256.")
    skin = draw_skin(conditions, rng)
    microscope = draw_microscope(conditions, rng)
    seed = int(rng.integers(2**31))
    scale = float(np.clip(0.16 * max(height, width), 60.0, 800.0))
    shape = (-(-height // int(_COARSE)), -(-width // int(_COARSE)))
    values = noise(Window(0.0, 0.0, *shape, pixel=_COARSE), seed, scale)
    ladder = np.quantile(values, np.linspace(0.0, 1.0, 33))
    return Mosaic(height, width, conditions, skin, microscope, seed, scale, ladder)


def _vignette(microscope: Microscope) -> Field:
    """Loss of light towards a frame's corners, as a logarithm."""
    along = np.linspace(-1, 1, FRAME + 2 * EDGE, dtype=np.float32)
    out = along[:, None] ** 2 + along[None, :] ** 2
    return np.asarray(np.float32(0.55 * microscope.unevenness) * (out - np.float32(0.67)))
