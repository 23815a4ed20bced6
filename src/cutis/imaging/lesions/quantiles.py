"""Means and quantiles of few values: numpy's own, to the last bit, without what it does for every case."""

from __future__ import annotations

import numpy as np

from cutis.imaging.chromophores import Map


def mean(values: Map) -> np.float32:
    """The mean of (n,) float32, at least one."""
    return np.float32(np.add.reduce(values) / np.float32(len(values)))


def quantile(values: Map, share: float) -> np.float32:
    """The value below which a share of (n,) float32 lies, at least one; between two of them by distance."""
    place = share * (len(values) - 1)
    first = int(place)
    second = min(first + 1, len(values) - 1)
    sorted_there = np.partition(values, (first, second))
    low, high, part = sorted_there[first], sorted_there[second], place - first
    if part < 0.5:
        return np.float32(low + (high - low) * np.float32(part))
    return np.float32(high - (high - low) * np.float32(1 - part))
