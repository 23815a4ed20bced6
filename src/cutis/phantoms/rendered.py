"""What a renderer gives, whichever task it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Rendered:
    """A rendered photo and everything that is true of it.

    Attributes:
        image: (size, size, 3) sRGB, or (size, size) grey.
        mask: (size, size) where the lesion or the condition is.
        truth: what is known. Maps are (size, size) float32. Single values that belong into a manifest
            (``skin_type``, ``age``, ``sex``, ``body_site`` and the like) are int, float, str or bool.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    truth: Mapping[str, Any]


class Renderer(Protocol):
    """What ``Task.phantoms`` names."""

    def __call__(
        self,
        label: str,
        size: int,
        rng: np.random.Generator,
        *,
        subject: np.random.Generator | None = None,
        **conditions: Any,
    ) -> Rendered:
        """Render one photo.

        Args:
            label: what it shows.
            size: its side in pixels.
            rng: decides how it is taken: light, camera, hair, framing.
            subject: decides who and what is photographed; the same state gives the same person and lesion.
                Default: a child of ``rng``, so that each photo is of somebody else.
            conditions: ``conditions=``, for renderers whose module has several, by name in ``BY_NAME``.
        """
        ...
