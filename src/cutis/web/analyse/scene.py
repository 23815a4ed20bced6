"""A photo while it is analysed: decoded once for all who ask for about the same size."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.read import read_rgb

Pixels = NDArray[np.uint8]
_GREY = 3  # levels that the channels of a grey photo may differ by, after JPEG
_REDUCTIONS = (8, 4, 2)  # at which a JPEG can be decoded


@dataclass(frozen=True, eq=False)
class Scene:
    """A photo that models are asked about.

    Attributes:
        path: of the photo as it is kept.
        preview: of its small copy.
        width: in pixels, as the height.
    """

    path: Path
    preview: Path
    width: int
    height: int
    _decoded: dict[int, Pixels] = field(default_factory=dict)

    def pixels(self, least_side: int) -> Pixels:
        """(height, width, 3) of the photo, its shorter side at least so many pixels where it has them.

        The same as `read_rgb` gives, so that every way of asking a model sees the same.
        """
        reduction = self._reduction(least_side)
        if reduction not in self._decoded:
            self._decoded[reduction] = read_rgb(self.path, least_side=least_side)
        return self._decoded[reduction]

    def forget(self) -> None:
        """Give the memory back."""
        self._decoded.clear()

    @property
    def grey(self) -> bool:
        """There is no colour in it."""
        if not self.preview.is_file():
            return False
        small = read_rgb(self.preview).astype(np.int16)
        return bool(np.ptp(small, axis=2).max() <= _GREY)

    def _reduction(self, least_side: int) -> int:
        if self.path.suffix != ".jpg":
            return 1
        shorter = min(self.width, self.height)
        return next((one for one in _REDUCTIONS if shorter // one >= least_side), 1)
