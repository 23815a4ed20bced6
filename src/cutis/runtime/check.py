"""Does this machine's onnxruntime reproduce what a bundle promises?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.core.bundle import Bundle
from cutis.runtime.session import open_session


@dataclass(frozen=True)
class Parity:
    """Probabilities of this runtime against those stored in a bundle.

    Attributes:
        cases: number of test images.
        difference: largest difference of a probability.
        tolerance: largest difference that the bundle allows.
    """

    cases: int
    difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """No probability is further off than allowed; a bundle without test images does not pass."""
        return self.cases > 0 and self.difference <= self.tolerance


def check_parity(bundle: Bundle) -> Parity:
    """Run a bundle's own test.

    Raises:
        BundleError: its graph cannot be opened.
    """
    session = open_session(bundle, 1)
    names = bundle.info.labels.outputs
    beside = bundle.info.findings.names if bundle.info.findings else ()
    outputs = ["probabilities", "findings"] if beside else ["probabilities"]
    worst = 0.0
    for case in bundle.vectors.cases:
        found = session.run(outputs, {"image": case.image[None]})
        expected = [case.probabilities[name] for name in names] + [case.findings[name] for name in beside]
        difference = np.abs(np.concatenate([part[0] for part in found]) - expected).max()
        worst = max(worst, float(difference) if np.isfinite(difference) else np.inf)
    return Parity(len(bundle.vectors.cases), worst, bundle.vectors.tolerance)
