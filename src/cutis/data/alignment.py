"""Is one photo the other, moved a little? Affine alignment, then how alike the fine detail is.

Two photos of different lesions can have the same layout (a brown spot on pale skin); copies of one photo have
the same detail once they lie on each other.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Images = NDArray[np.float32]

_LARGEST = 0.35  # displacement in half widths; beyond it, it is another view and not a copy
ROUGH = 0.6  # correlation at half the size; copies are above it
_CHUNK = 64  # pairs at a time, which stay in the processor's cache
_NOISE = 0.5  # grey levels: weaker detail is noise of the camera or the encoder


def same_layout(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> tuple[Images, Images]:
    """Lay small thumbnails on each other and compare them.

    Args:
        first: (pairs, side, side) grey, side even and about 48.
        second: (pairs, side, side) grey, turned as the first.

    Returns:
        (pairs,) correlation of detail after alignment, from -1 to 1 (that at half the size, where already
        that is below `ROUGH`), and (pairs, 2, 3) the alignment: a pixel of the first at (y, x), in half
        widths from the centre, is at ``(y, x) + move @ (1, y, x)`` in the second.

    Source: Lucas and Kanade 1981, in the inverse compositional form of Baker and Matthews 2004.
    """
    likeness = np.empty(len(first), np.float32)
    moves = np.zeros((len(first), 2, 3), np.float32)
    for start in range(0, len(first), _CHUNK):
        part = slice(start, start + _CHUNK)
        fixed, moving = first[part].astype(np.float32), second[part].astype(np.float32)
        likeness[part], moves[part] = _compared(_halved(fixed), _halved(moving), moves[part], 8, 1.0)
        good = start + np.flatnonzero(likeness[part] >= ROUGH)
        if len(good):
            fixed, moving = fixed[good - start], moving[good - start]
            likeness[good], moves[good] = _compared(fixed, moving, moves[good], 5, 2.0)
    return likeness, moves


def same_detail(first: NDArray[np.uint8], second: NDArray[np.uint8], moves: Images) -> Images:
    """Compare larger thumbnails structure by structure, faint ones (pores, hairs) as well as dark ones.

    Args:
        first: (pairs, side, side) grey, side about 144.
        second: (pairs, side, side) grey, turned as the first.
        moves: (pairs, 2, 3) from `same_layout`; refined here.

    Returns:
        (pairs,) correlation of detail, each structure measured against the contrast around it, from -1 to 1.
    """
    fixed, moving = first.astype(np.float32), second.astype(np.float32)
    moves = _aligned(fixed, moving, moves, 3)
    seen, inside = _sampled(moving, moves)
    return _correlation(_equal_contrast(fixed), _equal_contrast(seen), inside)


def _compared(
    fixed: Images, moving: Images, moves: Images, iterations: int, wide: float
) -> tuple[Images, Images]:
    moves = _aligned(fixed, moving, moves, iterations)
    seen, inside = _sampled(moving, moves)
    return _correlation(_detail(fixed, wide), _detail(seen, wide), inside), moves


def _halved(images: Images) -> Images:
    count, side, _ = images.shape
    half: Images = images.reshape(count, side // 2, 2, side // 2, 2).mean((2, 4))
    return half


def _blurred(images: Images, sigma: float) -> Images:
    out: Images = gaussian_filter(images, (0, sigma, sigma), truncate=3.0)
    return out


def _detail(images: Images, wide: float) -> Images:
    """Without the structures wider than that many pixels, which are layout."""
    return images - _blurred(images, wide)


def _equal_contrast(images: Images) -> Images:
    detail = _blurred(images, 1.2) - _blurred(images, 2.0)  # neither layout nor the camera's noise
    out: Images = detail / np.sqrt(_blurred(detail * detail, 6.0) + _NOISE**2)
    return out


@lru_cache(maxsize=8)
def _grid(side: int) -> Images:
    """(3, side * side): one, y and x, the latter from -1 to 1."""
    line = (np.arange(side, dtype=np.float32) - (side - 1) / 2) / (side / 2)
    y, x = np.meshgrid(line, line, indexing="ij")
    return np.stack([np.ones_like(y), y, x]).reshape(3, -1)


def _aligned(fixed: Images, moving: Images, moves: Images, iterations: int) -> Images:
    """Improve the alignment by Gauss-Newton steps."""
    fixed, moving = _blurred(fixed, 1.0), _blurred(moving, 1.0)  # slopes that hold over a pixel or two
    count, side, _ = fixed.shape
    grid = _grid(side)
    slope_y, slope_x = (slope.reshape(count, 1, -1) for slope in np.gradient(fixed, 2 / side, axis=(1, 2)))
    steepest = np.concatenate([slope_y * grid, slope_x * grid], axis=1).astype(
        np.float32
    )  # (count, 6, pixels)
    normal = steepest @ steepest.transpose(0, 2, 1)
    damping = 1e-3 * np.trace(normal, axis1=1, axis2=2)[:, None, None] + 1e-3
    inverse = np.linalg.inv(normal + damping * np.eye(6, dtype=np.float32))
    for _ in range(iterations):
        seen, inside = _sampled(moving, moves)
        residual = _without_light(fixed, seen, inside).reshape(count, -1, 1)
        step = inverse @ (steepest @ residual)
        moves = np.clip(moves + step.reshape(count, 2, 3), -_LARGEST, _LARGEST)
    return moves


def _without_light(fixed: Images, seen: Images, inside: Images) -> Images:
    """What is left of an image when the other, with its best gain and offset, is taken away."""
    fixed, seen = _centred(fixed, inside), _centred(seen, inside)
    gain = (fixed * seen).sum((1, 2)) / np.maximum((seen * seen).sum((1, 2)), 1e-6)
    left: Images = fixed - gain[:, None, None] * seen
    return left


def _centred(images: Images, inside: Images) -> Images:
    mean = (images * inside).sum((1, 2)) / np.maximum(inside.sum((1, 2)), 1)
    centred: Images = (images - mean[:, None, None]) * inside
    return centred


def _correlation(one: Images, other: Images, inside: Images) -> Images:
    one, other = _centred(one, inside), _centred(other, inside)
    scale = np.sqrt((one * one).sum((1, 2)) * (other * other).sum((1, 2)))
    out: Images = (one * other).sum((1, 2)) / np.maximum(scale, 1e-6)
    return out


def _sampled(images: Images, moves: Images) -> tuple[Images, Images]:
    """Bilinear samples at the displaced places.

    Returns:
        (count, side, side) values, and 1 where the place was inside the image, else 0.
    """
    count, side, _ = images.shape
    grid = _grid(side)
    places = (moves @ grid + grid[1:]) * (side / 2) + (side - 1) / 2  # (count, 2, pixels)
    inside = ((places >= 0) & (places <= side - 1)).all(axis=1)
    places = np.clip(places, 0, side - 1.001)
    corner = places.astype(np.int32)
    down, right = (places - corner.astype(np.float32)).transpose(1, 0, 2)
    at = corner[:, 0] * side + corner[:, 1] + np.arange(count, dtype=np.int32)[:, None] * (side * side)
    flat = images.ravel()
    above = flat[at] * (1 - right) + flat[at + 1] * right
    below = flat[at + side] * (1 - right) + flat[at + side + 1] * right
    seen: Images = (above * (1 - down) + below * down).reshape(images.shape)
    return seen, inside.reshape(images.shape).astype(np.float32)
