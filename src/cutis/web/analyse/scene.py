"""A photo while it is analysed: decoded once for all who ask for about the same size."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.face.values import Face
from cutis.imaging.read import read_rgb
from cutis.runtime.engine import Engine, Result

Pixels = NDArray[np.uint8]
_GREY = 3  # levels that the channels of a grey photo may differ by, after JPEG
_REDUCTIONS = (8, 4, 2)  # at which a JPEG can be decoded
_LOOK = 320  # of the shorter side of the copy in which a face is looked for, at least


class Known(NamedTuple):
    """What kind of photo it is, as the study's ``view`` or the ``gateway`` says; see `kind`."""

    kind: str
    source: str


@dataclass(frozen=True, eq=False)
class Scene:
    """A photo that models are asked about.

    Attributes:
        path: of the photo as it is kept.
        preview: of its small copy.
        width: in pixels, as the height.
        known: what kind of photo it is; None where nobody said.
    """

    path: Path
    preview: Path
    width: int
    height: int
    known: Known | None = None
    _decoded: dict[int, Pixels] = field(default_factory=dict)
    _asked: dict[str, Result] = field(default_factory=dict)

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
        self._asked.clear()

    def whole(self, engine: Engine) -> Result:
        """What a model says of the whole photo; it is asked once."""
        digest = engine.bundle.digest
        if digest not in self._asked:
            # A gate turns the photo itself, where somebody looks at its map.
            ask = engine.ask if engine.info.passing else engine.mapped
            self._asked[digest] = ask(engine.pixels(self.pixels(engine.info.size)))
        return self._asked[digest]

    def faces(self) -> tuple[Face, ...]:
        """Faces in it; looked for once.

        Raises:
            MissingExtraError: what finds faces is not installed.
        """
        return self._faces

    @cached_property
    def _faces(self) -> tuple[Face, ...]:
        from cutis.imaging.face.detect import find_faces
        from cutis.imaging.reduce import reduced

        return find_faces(reduced(self.pixels(_LOOK), 640 * 480))

    @cached_property
    def grey(self) -> bool:
        """There is no colour in it."""
        if not self.preview.is_file():
            return False
        red, green, blue = np.moveaxis(read_rgb(self.preview), 2, 0)
        most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
        return bool((most - least).max() <= _GREY)

    def _reduction(self, least_side: int) -> int:
        if self.path.suffix != ".jpg":
            return 1
        shorter = min(self.width, self.height)
        return next((one for one in _REDUCTIONS if shorter // one >= least_side), 1)
