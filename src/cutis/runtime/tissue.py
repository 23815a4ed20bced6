"""Where there is tissue: a rule that can be said in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TissueRule:
    """Blocks of pixels that are dark and flat hold no tissue; patches with much of such are left out.

    The thresholds were set on rendered mosaics: they find 7 to 9 of 10 empty blocks and take up to one in 100
    of the darkest tissue, of which a patch may lose a quarter.

    Attributes:
        mean: mean grey below which a block is dark, of 255.
        contrast: standard deviation of grey below which a block is flat.
        share: share of a patch that may be dark and flat.
    """

    mean: float = 15.0
    contrast: float = 5.0
    share: float = 0.25

    def sentence(self, patch: int, stride: int) -> str:
        """The rule for people."""
        side = gcd(patch, stride)
        return (
            f"A place is outside tissue where more than {self.share:.0%} of its {patch} x {patch} pixels "
            f"lie in blocks of {side} x {side} pixels that are dark (mean grey below {self.mean:g} of 255) "
            f"and flat (standard deviation below {self.contrast:g})."
        )

    def outside(self, pixels: NDArray[np.float32], patch: int, stride: int) -> NDArray[np.bool_]:
        """Which patches are outside tissue.

        Args:
            pixels: (height, width) grey levels 0 to 255, no NaN; whole patches from the first pixel on.
            patch: side of a patch.
            stride: pixels from one patch to the next.

        Returns:
            (rows, columns) of the patches.
        """
        side = gcd(patch, stride)
        high, wide = pixels.shape[0] // side, pixels.shape[1] // side
        blocks = pixels[: high * side, : wide * side].reshape(high, side, wide, side)
        mean = blocks.mean(axis=(1, 3), dtype=np.float64)
        square = np.square(blocks).mean(axis=(1, 3), dtype=np.float64)
        flat = square - mean**2 < self.contrast**2
        empty = ((mean < self.mean) & flat).astype(np.int32)
        found: NDArray[np.bool_] = _sums(empty, patch // side)[:: stride // side, :: stride // side] > (
            self.share * (patch // side) ** 2
        )
        return found


def touched(missing: NDArray[np.bool_], patch: int, stride: int) -> NDArray[np.bool_]:
    """Which patches hold a missing pixel.

    Args:
        missing: (height, width).
        patch: side of a patch.
        stride: pixels from one patch to the next.
    """
    found: NDArray[np.bool_] = _sums(missing.astype(np.int32), patch)[::stride, ::stride] > 0
    return found


def _sums(values: NDArray[np.int32], side: int) -> NDArray[np.int32]:
    """Sums over every square of that side."""
    total: NDArray[np.int32] = np.pad(
        values.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32), ((1, 0), (1, 0))
    )
    lower, upper = total[side:], total[:-side]
    sums: NDArray[np.int32] = lower[:, side:] - upper[:, side:] - lower[:, :-side] + upper[:, :-side]
    return sums
