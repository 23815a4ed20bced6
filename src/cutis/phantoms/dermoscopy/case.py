"""One lesion or eruption while it is being painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.phantoms.canvas import Canvas, Field, Rng
from cutis.phantoms.skin import Layers, Person


@dataclass(frozen=True)
class Case:
    """What a painter works on.

    Attributes:
        layers: normal skin, painted over in place.
        rng: the patient's generator: it may not be asked for anything that depends on the picture's size.
        severity: 0.25 (barely there) to 1 (as in a textbook).
    """

    canvas: Canvas
    layers: Layers
    person: Person
    rng: Rng
    severity: float

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """A number from that range."""
        return float(self.rng.uniform(low, high))

    def size(self, median: float, spread: float, low: float, high: float) -> float:
        """A length in mm, log-normal about its median."""
        return float(np.clip(self.rng.lognormal(np.log(median), spread), low, high))

    def mark(self, weight: Field) -> None:
        """Say where the lesion is."""
        np.maximum(self.layers.lesion, weight, out=self.layers.lesion)

    def redden(self, weight: Field, blood: float, venous: float = 0.3) -> None:
        """Add blood: share of the dermis, and which share of it is poor in oxygen."""
        self.layers.arterial += weight * np.float32(blood * (1.0 - venous))
        self.layers.venous += weight * np.float32(blood * venous)

    def vessels(self, cover: Field, blood: float, venous: float = 0.15) -> None:
        """Lay vessels: inside them nothing but blood shows."""
        strength = np.float32(blood * (0.45 + 0.55 * self.severity))
        self.redden(cover, float(strength), venous)

    def tan(self, weight: Field, melanin: float) -> None:
        """Add melanin to the epidermis; what adds 0.1 to pale skin adds somewhat more to dark skin."""
        self.layers.melanin += weight * np.float32(melanin * (1.0 + 1.5 * self.person.melanin))

    def veil(self, weight: Field, cover: float) -> None:
        """A whitish film: thickened horny layer, greyer over dark skin because it is translucent."""
        self.layers.keratin += weight * np.float32(cover / (1.0 + 5.0 * self.person.melanin))

    def bleach(self, weight: Field, share: float) -> None:
        """Take away melanin."""
        self.layers.melanin *= np.float32(1.0) - np.float32(share) * weight

    def mottle(self, strength: float, scale: float) -> Field:
        """Uneven weight about 1."""
        noise = 0.7 * self.canvas.smooth(self.rng, scale) + 0.5 * self.canvas.rough(self.rng, 0.6 * scale)
        return np.asarray(np.exp(np.float32(strength) * noise))
