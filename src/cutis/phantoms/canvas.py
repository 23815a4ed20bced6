"""A square of skin in millimetres, and the fields from which everything on it is made.

All patterns are functions of a place on the skin, drawn from the patient's generator, so that two photos of
one lesion (turned, shifted, nearer) show the same lesion, and a small picture the same as a large one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Field = NDArray[np.floating[Any]]  # float32 throughout, for speed
Rng = np.random.Generator
Points = NDArray[np.float64]  # (points, 2) millimetres on the skin

_TILE = 512  # texels; a power of two, so that wrapping is one bit mask
_ACROSS = 24  # cells across a tile of cells
_CENTRE_WAVE = 10  # waves across a tile of noise


@dataclass(frozen=True)
class View:
    """Where the camera looks.

    Attributes:
        size: side of the picture in pixels.
        width: side of the square of skin in it, mm.
        angle: turn of the camera, radians.
        shift: what part of the skin is in the middle, mm.
    """

    size: int
    width: float
    angle: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)


class Canvas:
    """The coordinates of every pixel on the skin, with the ways to make fields on them.

    Attributes:
        x, y: (size, size) mm on the skin.
        pixel: mm.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.size = view.size
        self.pixel = view.width / view.size
        self.x, self.y = self._grid(view.size)

    def _grid(self, size: int) -> tuple[Field, Field]:
        step = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) * np.float32(self.view.width)
        cos, sin = np.float32(np.cos(self.view.angle)), np.float32(np.sin(self.view.angle))
        right, down = self.view.shift
        x = cos * step[None, :] - sin * step[:, None] + np.float32(right)
        y = sin * step[None, :] + cos * step[:, None] + np.float32(down)
        return x, y

    @cached_property
    def coarse(self) -> tuple[Field, Field]:
        """Coordinates of a quarter of the rows and columns, for fields without detail."""
        return self._grid(max(self.size // 4, 1))

    def enlarge(self, field: Field) -> Field:
        """A coarse field at full size."""
        picture = Image.fromarray(field).resize((self.size, self.size), Image.Resampling.BICUBIC)
        return np.array(picture, dtype=np.float32)

    def full(self, value: float) -> Field:
        """The same value everywhere."""
        return np.full((self.size, self.size), value, dtype=np.float32)

    def smooth(self, rng: Rng, scale: float) -> Field:
        """Noise of mean 0 and deviation about 1 with features of one size, ``scale`` in mm."""
        grid = self.coarse if scale > 8 * self.pixel else (self.x, self.y)
        field = _noise_at(_smooth_tile(), rng, *grid, scale)
        return self.enlarge(field) if scale > 8 * self.pixel else field

    def rough(self, rng: Rng, scale: float) -> Field:
        """Noise of mean 0 and deviation about 1 with features from ``scale`` (mm) down to the finest."""
        return _noise_at(_rough_tile(), rng, self.x, self.y, scale)

    def disc(self, centre: tuple[float, float], radius: float, edge: float = 0.0) -> Field:
        """Coverage 0..1 of a disc; ``edge`` is the width of its soft border, all in mm."""
        distance = np.hypot(self.x - np.float32(centre[0]), self.y - np.float32(centre[1]))
        return rise(radius - distance, max(edge, self.pixel))

    def draw(self, paths: Sequence[Points], widths: Sequence[NDArray[np.float64]]) -> Field:
        """Coverage 0..1 of lines.

        Args:
            paths: one (points, 2) array each, mm.
            widths: one (points,) array each, mm; a stretch of four points takes the width of its first.
        """
        finer = 2
        picture = Image.new("L", (self.size * finer, self.size * finer))
        pen = ImageDraw.Draw(picture)
        for path, width in zip(paths, widths, strict=True):
            places = self.to_pixels(path) * finer
            thick = width / self.pixel * finer
            if (places.max(axis=0) < -8).any() or (places.min(axis=0) > self.size * finer + 8).any():
                continue
            for start in range(0, len(places) - 1, 4):
                # Thinner than a pen can draw: fainter instead.
                faint = int(255 * min(1.0, thick[start]))
                stretch = [(float(across), float(down)) for across, down in places[start : start + 5]]
                pen.line(stretch, fill=faint, width=max(1, round(thick[start])), joint="curve")
        return np.asarray(picture.reduce(finer), dtype=np.float32) / np.float32(255)

    def to_pixels(self, points: Points) -> Points:
        """Places in the picture, in pixels, of places on the skin in mm; both (points, 2)."""
        moved = points - np.array(self.view.shift)
        cos, sin = np.cos(self.view.angle), np.sin(self.view.angle)
        across = cos * moved[:, 0] + sin * moved[:, 1]
        down = -sin * moved[:, 0] + cos * moved[:, 1]
        return np.stack([across, down], axis=1) / self.pixel + self.size / 2

    def cells(
        self,
        rng: Rng,
        spacing: float,
        *,
        regular: bool = False,
        stretch: float = 1.0,
        angle: float = 0.0,
        warp: tuple[Field, Field] | None = None,
    ) -> Cells:
        """The skin divided into cells about ``spacing`` mm apart.

        Args:
            regular: nearly a honeycomb; otherwise as irregular as cracked mud.
            stretch: length of a cell over its width.
            angle: direction in which cells are stretched, radians.
            warp: how far each place is displaced, mm.
        """
        u, v = (self.x, self.y) if warp is None else (self.x + warp[0], self.y + warp[1])
        if stretch != 1.0:
            cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
            u, v = (cos * u + sin * v) / np.float32(stretch), cos * v - sin * u
        texels = np.float32(_TILE / _ACROSS / spacing)
        away = rng.integers(0, _TILE, 2) + 64 * _TILE  # also keeps indices positive, so that int() is floor()
        column = (u * texels + np.float32(away[0])).astype(np.int32) & (_TILE - 1)
        line = (v * texels + np.float32(away[1])).astype(np.int32) & (_TILE - 1)
        return Cells(line * _TILE + column, regular, self.pixel / spacing)


class Cells:
    """Per pixel, where it lies in its cell. Lengths are in units of the spacing between cells.

    Args:
        index: texel of each pixel.
        regular: which tile.
        pixel: size of a pixel, for soft edges.
    """

    def __init__(self, index: NDArray[np.int32], regular: bool, pixel: float) -> None:
        self._index = index
        self._tile = _cell_tile(regular)
        self._regular = regular
        self.pixel = pixel

    @cached_property
    def distance(self) -> Field:
        """To the cell's centre; about 0.5 at its edge."""
        return np.asarray(self._tile[0].take(self._index))

    @cached_property
    def edge(self) -> Field:
        """To the edge between cells: 0 on it, up to about 0.8 in the centre."""
        return np.asarray(self._tile[1].take(self._index))

    @cached_property
    def offset(self) -> tuple[Field, Field]:
        """From the cell's centre, across and down."""
        return self._tile[2].take(self._index), self._tile[3].take(self._index)

    @cached_property
    def number(self) -> NDArray[np.int32]:
        """Which cell of the tile: 0 up to `count`."""
        return np.asarray(_cell_owner(self._regular).take(self._index))

    @property
    def count(self) -> int:
        """How many different cells there are before they repeat."""
        return _ACROSS * _ACROSS

    def each(self, values: NDArray[np.float64]) -> Field:
        """One value per cell, (count,), at each pixel."""
        return values.astype(np.float32).take(self.number)

    def draw(self, rng: Rng, low: float = 0.0, high: float = 1.0) -> Field:
        """A random value per cell."""
        return self.each(rng.uniform(low, high, self.count))

    def dots(self, radius: Field | float, soft: float = 0.0) -> Field:
        """Coverage of a dot in the centre of each cell."""
        return rise(radius - self.distance, max(self.pixel, soft))

    def lines(self, width: Field | float, soft: float = 0.0) -> Field:
        """Coverage of lines between the cells."""
        return rise(width - self.edge, max(1.5 * self.pixel, soft))


def rise(depth: Field, width: float) -> Field:
    """From 0 to 1 where ``depth`` crosses 0, over ``width``, without corners."""
    ramp = depth * np.float32(1.0 / width)
    ramp += np.float32(0.5)
    np.clip(ramp, 0.0, 1.0, out=ramp)
    return np.asarray(ramp * ramp * (np.float32(3.0) - np.float32(2.0) * ramp))


def blur(field: Field, sigma: float) -> Field:
    """Gaussian blur of a field or of several, over the last two axes; sigma in pixels."""
    if sigma < 0.2:
        return field
    for axis in (-1, -2):
        field = ndimage.gaussian_filter1d(field, sigma, axis=axis, truncate=2.5, mode="nearest")
    return field


def _noise_at(tile: Field, rng: Rng, x: Field, y: Field, scale: float) -> Field:
    """Bilinear look-up in an endless tile, at a random place and turn."""
    turn = rng.uniform(0, 2 * np.pi)
    texels = _TILE / (_CENTRE_WAVE * 2.0 * scale)
    cos, sin = np.float32(np.cos(turn) * texels), np.float32(np.sin(turn) * texels)
    away = rng.uniform(0, _TILE, 2) + 64 * _TILE
    u = cos * x - sin * y + np.float32(away[0])
    v = sin * x + cos * y + np.float32(away[1])
    column, line = u.astype(np.int32), v.astype(np.int32)
    u -= column
    v -= line
    left, top = column & (_TILE - 1), (line & (_TILE - 1)) * _TILE
    right, bottom = (left + 1) & (_TILE - 1), (top + _TILE) & (_TILE * _TILE - 1)
    flat = tile.ravel()
    upper = flat.take(top + left)
    upper += u * (flat.take(top + right) - upper)
    lower = flat.take(bottom + left)
    lower += u * (flat.take(bottom + right) - lower)
    return np.asarray(upper + v * (lower - upper))


def _spectral_tile(seed: int, slope: float, highest: float) -> Field:
    rng = np.random.default_rng(seed)
    waves = np.hypot(np.fft.fftfreq(_TILE)[:, None], np.fft.rfftfreq(_TILE)[None, :]) * _TILE
    gain = np.where(waves < _CENTRE_WAVE * 0.6, 0.0, np.maximum(waves, 1.0) ** -slope)
    gain *= np.exp(-((waves / highest) ** 2))
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((_TILE, _TILE))) * gain, s=(_TILE, _TILE))
    return np.asarray(field / field.std(), dtype=np.float32)


@lru_cache(maxsize=1)
def _smooth_tile() -> Field:
    return _spectral_tile(1, slope=2.0, highest=1.6 * _CENTRE_WAVE)


@lru_cache(maxsize=1)
def _rough_tile() -> Field:
    return _spectral_tile(2, slope=1.7, highest=_TILE / 3)


@lru_cache(maxsize=2)
def _cell_geometry(regular: bool) -> tuple[Field, NDArray[np.int32]]:
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(3 + regular)
    jitter = 0.24 if regular else 0.42
    line, column = np.divmod(np.arange(_ACROSS * _ACROSS), _ACROSS)
    centre = np.stack([column + 0.5 * (line % 2), line], axis=1) + rng.uniform(
        -jitter, jitter, (line.size, 2)
    )
    centre = np.mod(centre, _ACROSS)
    step = (np.arange(_TILE) + 0.5) * (_ACROSS / _TILE)
    place = np.stack(np.meshgrid(step, step), axis=-1)
    distance, owner = cKDTree(centre, boxsize=_ACROSS).query(place, k=2)
    offset = place - centre[owner[..., 0]]
    offset -= _ACROSS * np.round(offset / _ACROSS)
    layers = [distance[..., 0], distance[..., 1] - distance[..., 0], offset[..., 0], offset[..., 1]]
    return np.array(layers, dtype=np.float32), owner[..., 0].astype(np.int32)


def _cell_tile(regular: bool) -> Field:
    return _cell_geometry(regular)[0]


def _cell_owner(regular: bool) -> NDArray[np.int32]:
    return _cell_geometry(regular)[1]
