"""Filters that stay inside a mask, and a bank of oriented ones for lines."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map
from cutis.imaging.measures.measure import Mask

_COARSE = 8.0  # pixels: a window wider than this is blurred on fewer pixels


def blurred(field: Map, sigma: float) -> Map:
    """Gaussian blur; sigma in pixels, 0 leaves all as it is."""
    import cv2

    if sigma <= 0:
        return field
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101))


def around(field: Map, weight: Mask | Map, sigma: float) -> Map:
    """Weighted mean of the surroundings of each pixel.

    Args:
        field: (height, width).
        weight: (height, width) 0..1 or bool: what counts.
        sigma: of the Gaussian window, pixels.

    Returns:
        (height, width); the mean over all where nothing around counts.
    """
    import cv2

    sure = weight.astype(np.float32)
    total = float(sure.sum())
    mean = np.float32(float((field * sure).sum()) / max(total, 1e-6))
    step = max(1, int(sigma / _COARSE * 2))
    height, width = field.shape
    centred = (field - mean) * sure
    if step > 1:
        size = (max(1, width // step), max(1, height // step))
        centred = np.asarray(cv2.resize(centred, size, interpolation=cv2.INTER_AREA))
        sure = np.asarray(cv2.resize(sure, size, interpolation=cv2.INTER_AREA))
    found = blurred(centred, sigma / step) / (blurred(sure, sigma / step) + np.float32(1e-4))
    if step > 1:
        found = np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR))
    return np.asarray(found + mean, dtype=np.float32)


def noise_level(field: Map, mask: Mask) -> float:
    """Deviation from pixel to pixel that no smooth surface, line or edge explains.

    Source: Immerkaer 1996, Comput Vis Image Underst 64:300 (the operator); median instead of mean.
    """
    import cv2

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    found = np.abs(cv2.filter2D(field, cv2.CV_32F, kernel))[inner]
    return float(np.median(found)) * 1.4826 / 6.0 if found.size else 0.0


@lru_cache(maxsize=8)
def line_bank(
    shape: tuple[int, int], across: float, along: float, turns: int
) -> tuple[Map, NDArray[np.float64]]:
    """Transfer functions of filters that answer to short pieces of dark lines.

    Each is the negative second derivative of a Gaussian across a direction; a line with a Gaussian profile of
    the filter's own width answers with its depth.

    Args:
        shape: (height, width) that is filtered, pixels.
        across: deviation across the line, pixels.
        along: deviation along it, pixels.
        turns: number of directions over half a turn.

    Returns:
        (turns, height, width // 2 + 1) transfer functions; (turns,) directions of the lines in radians, 0
        along a row.
    """
    v = 2 * np.pi * np.fft.fftfreq(shape[0])[:, None]
    u = 2 * np.pi * np.fft.rfftfreq(shape[1])[None, :]
    angles = np.arange(turns) * np.pi / turns
    bank = []
    for angle in angles:
        normal = across * (np.cos(angle) * v - np.sin(angle) * u)
        tangent = along * (np.cos(angle) * u + np.sin(angle) * v)
        bank.append(2**1.5 * normal**2 * np.exp(-0.5 * (normal**2 + tangent**2)))
    return np.asarray(bank, dtype=np.float32), angles
