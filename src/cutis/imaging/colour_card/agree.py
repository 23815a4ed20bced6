"""Which patches agree on one light: the others are covered, dirty or in glare.

Many small sets of patches each propose a 3 x 3 correction, and the one that most patches agree with decides
(random sample consensus, Fischler and Bolles 1981, Commun ACM 24:381). Brightness has no say: shade is no
disagreement.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.colour_card.spaces import LUMINANCE, Floats, difference, lab_of_light

_TRIES = 400
_SET = 6  # patches that propose: of 24 with 8 covered, one set in twenty is clean
_NEAR = 8.0  # CIEDE2000 at the patch's own luminance
_SHARE = 0.6  # of the usable patches that have to agree


def agreeing(measured: Floats, own: Floats, usable: NDArray[np.bool_], allowed: float) -> NDArray[np.bool_]:
    """Patches whose colours one light explains.

    Args:
        measured: (24, 3) linear sRGB.
        own: (24, 3) linear sRGB that they should be.
        usable: (24,) the patches to choose from.
        allowed: CIEDE2000 that a patch may be off.

    Returns:
        (24,) part of ``usable``; none where too few agree.
    """
    rng = np.random.default_rng(0)  # the same photo gives the same answer
    among = np.flatnonzero(usable)
    true = lab_of_light(own)
    bright = np.maximum(own @ LUMINANCE, 1e-4)
    best, most = np.full(len(own), np.inf), -1
    for _ in range(_TRIES):
        chosen = rng.choice(among, _SET, replace=False)
        count = 1 / (bright[chosen, None] + 0.05)
        matrix = np.linalg.lstsq(measured[chosen] * count, own[chosen] * count, rcond=None)[0]
        seen = measured @ matrix
        seen *= (bright / np.maximum(seen @ LUMINANCE, 1e-4))[:, None]
        error = difference(lab_of_light(seen), true)
        agree = int((error[among] < _NEAR).sum())
        if agree > most:
            best, most = error, agree
    if most < _SHARE * len(among):
        return np.zeros(len(own), np.bool_)
    return usable & (best < allowed)
