"""Masks as run lengths: short, plain numbers, and exact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def to_runs(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    """Lengths of what is false, true, false ... row by row; the first may be 0.

    Args:
        mask: (rows, columns).
    """
    flat = mask.ravel()
    ends = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths = np.diff(np.concatenate([[0], ends, [flat.size]]))
    runs = [int(length) for length in lengths]
    return tuple([0, *runs] if flat.size and flat[0] else runs)


def from_runs(runs: Sequence[int], grid: tuple[int, int]) -> NDArray[np.bool_]:
    """The mask again.

    Args:
        runs: see `to_runs`.
        grid: rows and columns.
    """
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, np.asarray(runs, dtype=np.intp)).reshape(grid)
