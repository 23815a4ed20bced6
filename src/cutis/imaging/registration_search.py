"""How one photo of skin has to be shifted, turned and sized to lie on another, by its fine structure.

Shift, turn and size are looked for on a coarse grid, then refined with all of the skin (Evangelidis &
Psarakis 2008, IEEE Trans Pattern Anal Mach Intell 30:1858).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.chromophores import check

Mask = NDArray[np.bool_]
Matrix = NDArray[np.float64]
Field = NDArray[np.float32]

FINE, _COARSE = 0.3, 0.75  # mm per pixel at which places are compared
_EVEN = 1.6  # mm over which light and contrast are made even
_TURNS = np.deg2rad([-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0])
_SIZES = (0.88, 0.94, 1.0, 1.06, 1.13)
_FARTHEST = 12.0  # mm of shift that is looked for


@dataclass(frozen=True, eq=False)
class Level:
    """Fine structure at one scale."""

    structure: Field  # even in light and contrast, 0 where there is no skin
    mask: Mask
    grid: Matrix  # (3, 3) from the photo's pixels to these


class Skin:
    """A photo at the scales at which it is compared."""

    def __init__(self, rgb: NDArray[np.uint8], mask: Mask | None, pixel: float) -> None:
        check(rgb)
        if not pixel > 0:
            raise ImageError("the photo", f"has {pixel} mm per pixel; expected a size above 0.")
        if mask is not None and mask.shape != rgb.shape[:2]:
            raise ImageError("the mask", f"has the shape {mask.shape}; the photo has {rgb.shape[:2]}.")
        self.shape = rgb.shape[:2]
        given = np.ones(self.shape, np.bool_) if mask is None else mask
        light = np.log(1.0 + rgb[..., 1].astype(np.float32))
        self.fine = _level(light, given, pixel / FINE, FINE)
        self.coarse = _level(light, given, pixel / _COARSE, _COARSE)


def _level(light: Field, mask: Mask, scale: float, pixel: float) -> Level:
    import cv2

    size = (max(8, round(light.shape[1] * scale)), max(8, round(light.shape[0] * scale)))
    small = np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    share = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    skin = np.asarray(share > 0.9)
    weight = skin.astype(np.float32)
    reach = _EVEN / pixel

    def around(values: Any) -> Any:
        return cv2.GaussianBlur(values, (0, 0), reach)

    total = np.maximum(around(weight), 1e-3)
    detail = (small - around(small * weight) / total) * weight
    contrast = np.sqrt(around(detail**2) / total)
    typical = float(np.median(contrast[skin])) if skin.any() else 1.0
    even = detail / (contrast + 0.5 * typical + 1e-6)
    # Centres of pixels lie at whole numbers.
    x, y = size[0] / light.shape[1], size[1] / light.shape[0]
    grid = np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5], [0, 0, 1]])
    return Level(np.clip(even, -3, 3).astype(np.float32) * weight, skin, grid)


def through(matrix: Matrix, one: Matrix, two: Matrix) -> Matrix:
    """A map between two photos as one between other grids, from which the old ones come."""
    return np.asarray((np.linalg.inv(two) @ np.vstack([matrix, [0, 0, 1]]) @ one)[:2])


def searched(one: Level, two: Level) -> Matrix:
    """The best of a grid of turns and sizes, each with its best shift; (2, 3)."""
    best, found = -2.0, np.eye(2, 3)
    reach = round(_FARTHEST / _COARSE)
    for turn in _TURNS:
        for size in _SIZES:
            matrix = _about_middle(one, two, float(turn), size)
            moved, weight = moved_onto(two, matrix, one.structure.shape)
            score, shift = _best_shift(one, moved, weight, reach)
            if score > best:
                best = score
                found = matrix.copy()
                found[:, 2] += matrix[:, :2] @ shift
    return found


def _about_middle(one: Level, two: Level, turn: float, size: float) -> Matrix:
    """Turned and scaled about the middles of both; from the first to the second."""
    linear = size * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middles = [np.array([(part.mask.shape[1] - 1) / 2, (part.mask.shape[0] - 1) / 2]) for part in (one, two)]
    return np.column_stack([linear, middles[1] - linear @ middles[0]])


def moved_onto(level: Level, matrix: Matrix, shape: tuple[int, ...]) -> tuple[Field, Field]:
    """Structure and mask of the second, seen from the first."""
    import cv2

    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (shape[1], shape[0])
    structure, weight = (
        np.asarray(cv2.warpAffine(part, matrix, size, flags=flags), dtype=np.float32)
        for part in (level.structure, level.mask.astype(np.float32))
    )
    return structure, weight


def _best_shift(one: Level, moved: Field, weight: Field, reach: int) -> tuple[float, NDArray[np.float64]]:
    """Correlation at the best shift and that shift, by the convolution theorem, with masks."""
    high, wide = (side + reach for side in one.structure.shape)

    def wave(values: Any) -> Any:
        return np.fft.rfft2(values, (high, wide))

    own = one.mask.astype(np.float32)
    waves = [np.conj(wave(part)) for part in (one.structure, own, one.structure**2)]
    others = [wave(part) for part in (moved, weight, moved**2)]

    def joint(first: Any, second: Any) -> Any:
        field = np.fft.irfft2(first * second, (high, wide))
        rows = np.arange(-reach, reach + 1)
        return field[np.ix_(rows, rows)]

    product, shared = joint(waves[0], others[0]), joint(waves[1], others[1])
    power = joint(waves[2], others[1]) * joint(waves[1], others[2])
    score = product / np.sqrt(np.maximum(power, 1e-6))
    score[shared < 0.5 * min(own.sum(), weight.sum())] = -1.0
    row, column = np.unravel_index(int(np.argmax(score)), score.shape)
    return float(score[row, column]), np.array([column - reach, row - reach], dtype=np.float64)


def refined(one: Skin, two: Skin, start: Matrix) -> Matrix | None:
    """The affine map under which the fine structures correlate most, or None where there is none near."""
    import cv2

    matrix = start.astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
    for blur in (7, 3):
        weight = moved_onto(two.fine, matrix.astype(np.float64), one.fine.mask.shape)[1]
        inside = ((weight > 0.9) & one.fine.mask).astype(np.uint8)
        if inside.sum() < 200:
            return None
        try:
            _, found = cv2.findTransformECC(
                one.fine.structure, two.fine.structure, matrix, cv2.MOTION_AFFINE, criteria, inside, blur
            )
            matrix = np.asarray(found, dtype=np.float32)
        except cv2.error:  # it found no way up
            return None
    best: Matrix = matrix.astype(np.float64)
    return best if np.isfinite(best).all() and np.linalg.det(best[:, :2]) > 0.1 else None


def inverted(matrix: Matrix) -> Matrix:
    """The way back."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.column_stack([linear, -linear @ matrix[:, 2]])
