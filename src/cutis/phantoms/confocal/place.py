"""What is true of a window of skin before anything is painted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cutis.phantoms.confocal.conditions import Skin
from cutis.phantoms.confocal.lattice import Field, Window, noise

LEVELS = ("stratum_granulosum", "stratum_spinosum", "dermoepidermal_junction", "papillary_dermis")


@dataclass(frozen=True, eq=False)
class Place:
    """A window of one subject's skin.

    Attributes:
        grade: (height, width) inflammation, 0..4.
        depth: (height, width) place of the focal plane among `LEVELS`, -0.5..3.5.
    """

    window: Window
    skin: Skin
    grade: Field
    depth: Field

    def noise(self, channel: int, scale: float) -> Field:
        """Noise of the subject's own; see `lattice.noise`."""
        return noise(self.window, self.seed(channel), scale)

    def seed(self, channel: int) -> int:
        """A seed of its own for each thing that is drawn."""
        return (self.skin.seed + 104729 * channel) & 0xFFFFFFFF

    @cached_property
    def sharp(self) -> Field:
        """Noise with features down to two micrometres, for grain."""
        return np.float32(0.7) * self.noise(1, 1.6) + np.float32(0.7) * self.noise(2, 4.0)

    @cached_property
    def grid(self) -> tuple[Field, Field]:
        """Places of every pixel, x and y, micrometres."""
        shape = self.window.shape
        x = np.broadcast_to(self.window.x.astype(np.float32)[None, :], shape)
        y = np.broadcast_to(self.window.y.astype(np.float32)[:, None], shape)
        return x, y

    def full(self, value: float) -> Field:
        """The same value everywhere."""
        return np.full(self.window.shape, value, dtype=np.float32)
