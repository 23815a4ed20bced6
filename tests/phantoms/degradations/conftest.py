"""Photos to degrade."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.phantoms import dermoscopy


@pytest.fixture(scope="session")
def phantom() -> Callable[[int], NDArray[np.uint8]]:
    """A rendered dermoscopic photo, another for each seed: (160, 160, 3)."""

    @lru_cache(maxsize=8)
    def render(seed: int) -> NDArray[np.uint8]:
        labels = dermoscopy.LABELS
        return dermoscopy.render(labels[seed % len(labels)], 160, np.random.default_rng(seed)).image

    return render
