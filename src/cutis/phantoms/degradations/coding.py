"""Lossy coding of any kind rather than of a known file format: what coders share, drawn at random.

A coder cuts the photo into pieces, describes each by a few numbers and keeps those coarsely. Which pieces,
which numbers and how coarse differ from format to format, and from one year's formats to the next.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft

from cutis.phantoms.degradations.light import Rng

Planes = NDArray[np.float32]  # (3, height, width) brightness and two colours, 0..255


def block_cosines(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Cosines of blocks of 4 to 32 pixels, kept in steps that grow with frequency, colours more coarsely."""
    side = int(rng.choice([4, 8, 16, 32]))
    slope, colour = rng.uniform(0.2, 1.6), rng.uniform(1.0, 4.0)
    away = np.add.outer(np.arange(side), np.arange(side)) * (8 / side)
    step = (2 + 80 * severity**1.6) * (1 + slope * away) / (1 + slope)

    def kept(blocks: Planes, coarser: float) -> Planes:
        waves = fft.dctn(blocks, axes=(-2, -1), norm="ortho")
        wide = (step * coarser * (side / 8) ** 0.4).astype(np.float32)
        return np.asarray(
            fft.idctn(np.trunc(waves / wide + np.sign(waves) * 0.33) * wide, axes=(-2, -1), norm="ortho")
        )

    return _coded(photo, side, lambda plane, blocks: kept(blocks, colour if plane else 1.0))


def haar(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Differences of neighbours at every scale, the small ones left out: flat patches with hard corners."""
    threshold = np.float32((1 + 30 * severity**1.6) * rng.uniform(0.8, 1.2))
    levels = int(rng.integers(3, 6))

    def kept(plane: int, blocks: Planes) -> Planes:
        limit = threshold * np.float32(1.6 if plane else 1.0)
        return _haar_kept(blocks, limit, levels)

    return _coded(photo, 1 << levels, kept)


def two_tones(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Two values for every block, as textures of games and early video have them; more where it is little.

    Source: Delp and Mitchell 1979, IEEE Transactions on Communications 27:1335 (block truncation).
    """
    side = int(rng.choice([4, 8]) if severity < 0.5 else rng.choice([8, 16, 24]))
    share = np.float32(min(1.0, 0.25 + 1.2 * severity))

    def kept(plane: int, blocks: Planes) -> Planes:
        middle = blocks.mean((-2, -1), keepdims=True)
        spread = blocks.std((-2, -1), keepdims=True)
        two = middle + np.where(blocks > middle, spread, -spread)
        return (
            np.asarray(blocks + share * (two - blocks))
            if plane == 0
            else np.broadcast_to(middle, blocks.shape)
        )

    return _coded(photo, side, kept)


def few_patterns(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Each block as a sum of a few rows times columns (a truncated singular value decomposition)."""
    side = int(rng.choice([32, 48, 64]))
    rank = max(1, round(side * 0.35 * 2.0 ** (-3.6 * severity)))

    def kept(plane: int, blocks: Planes) -> Planes:
        left, values, right = np.linalg.svd(blocks, full_matrices=False)
        few = 1 if plane else rank
        return np.asarray((left[..., :few] * values[..., None, :few]) @ right[..., :few, :])

    return _coded(photo, side, kept)


def _coded(photo: Image.Image, side: int, kept: Callable[[int, Planes], Planes]) -> Image.Image:
    """Brightness and colours in blocks of ``side``, each plane passed through ``kept(plane, blocks)``."""
    planes = np.asarray(photo.convert("YCbCr"), dtype=np.float32).transpose(2, 0, 1)
    height, width = planes.shape[1:]
    wide = [(0, 0), (0, -height % side), (0, -width % side)]
    padded = np.pad(planes, wide, mode="edge")
    rows, columns = padded.shape[1] // side, padded.shape[2] // side
    blocks = padded.reshape(3, rows, side, columns, side).transpose(0, 1, 3, 2, 4)
    done = np.stack([kept(plane, blocks[plane]) for plane in range(3)])
    whole = done.transpose(0, 1, 3, 2, 4).reshape(padded.shape)[:, :height, :width]
    pixels = np.clip(np.rint(whole), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    return Image.fromarray(np.ascontiguousarray(pixels), "YCbCr").convert("RGB")


def _haar_kept(blocks: Planes, limit: np.float32, levels: int) -> Planes:
    """(..., side, side) with every difference below the limit taken as none."""
    if levels == 0:
        return blocks
    a, b = blocks[..., ::2, ::2], blocks[..., ::2, 1::2]
    c, d = blocks[..., 1::2, ::2], blocks[..., 1::2, 1::2]
    parts = [(a + b - c - d) / 4, (a - b + c - d) / 4, (a - b - c + d) / 4]
    across, along, slant = (part * (np.abs(part) >= limit / 2) for part in parts)
    mean = _haar_kept(((a + b + c + d) / 4).astype(np.float32), limit, levels - 1)
    out = np.empty_like(blocks)
    out[..., ::2, ::2], out[..., ::2, 1::2] = mean + across + along + slant, mean + across - along - slant
    out[..., 1::2, ::2], out[..., 1::2, 1::2] = mean - across + along - slant, mean - across - along + slant
    return out
