"""Dermoscopic photos told from clinical ones, by the embedding of the bundle that judges the quality.

The numbers come from `experiments/analyse_kinds.py` and belong to one bundle, by its digest. They know two
kinds of photos of skin; what is neither is not known to them, and may be taken for either.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PLACE = Path(__file__).parent / "references" / "kinds.npz"


@dataclass(frozen=True, eq=False)
class Telling:
    """A logistic regression.

    Attributes:
        digest: of the bundle whose embeddings it takes.
        weights: (channels,) on embeddings of length 1.
        bias: added.
        sure: probability from which on a kind is taken as found.
    """

    digest: str
    weights: NDArray[np.float32]
    bias: float
    sure: float

    def dermoscopic(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """(photos, channels) to (photos,) probability that each is dermoscopic, where half of all are."""
        lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
        logits = (embeddings / np.maximum(lengths, 1e-9)) @ self.weights + self.bias
        return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))))


def write(telling: Telling, place: Path = PLACE) -> Path:
    """Write it to where `telling_of` finds it."""
    np.savez_compressed(
        place,
        digest=np.array(telling.digest),
        weights=telling.weights.astype(np.float32),
        bias=np.array(telling.bias),
        sure=np.array(telling.sure),
    )
    return place


@lru_cache(maxsize=1)
def telling_of(place: Path = PLACE) -> Telling | None:
    """The one that is shipped; None where there is none."""
    if not place.is_file():
        return None
    with np.load(place, allow_pickle=False) as kept:
        return Telling(str(kept["digest"]), kept["weights"], float(kept["bias"]), float(kept["sure"]))
