"""What is true of painted skin, in the units in which it is measured.

Measures are per usable skin of the picture: ``true_wrinkle_length`` (mm per cm2), ``true_wrinkle_depth``
(mean, mm), ``true_pore_count`` (enlarged ones per cm2), ``true_pore_area`` (percent), ``true_spot_count``
(lentigines and ephelides per cm2), ``true_spot_area`` (percent), ``true_melasma_area``,
``true_erythema_area`` and ``true_scale_area`` (percent), ``true_roughness`` (micrometres, deviation of the
relief without wrinkles and pores), ``true_shine_area`` (percent), ``true_ita`` (degrees, of the bare skin),
``true_melanin`` and ``true_haemoglobin`` (mean volume shares) and ``mm_per_pixel``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.canvas import Field
from cutis.phantoms.facial.skin import Skin


def told(skin: Skin, shine: NDArray[np.bool_]) -> dict[str, Any]:
    """Measures and maps of painted skin."""
    inside = skin.usable > 0.5
    cm2 = max(float(inside.sum()) * skin.canvas.pixel**2 / 100.0, 1e-6)
    blood = skin.layers.arterial + skin.layers.venous
    measures, masks = skin.measures, skin.masks
    spots = np.maximum(masks["lentigo"], masks["ephelides"])
    return {
        "true_wrinkle_length": measures["wrinkle_length"] / cm2,
        "true_wrinkle_depth": measures["wrinkle_depth"],
        "true_pore_count": measures["pore_count"] / cm2,
        "true_pore_area": measures["pore_area"] / cm2,
        "true_spot_count": (measures["lentigo_count"] + measures["ephelis_count"]) / cm2,
        "true_spot_area": percent(spots, inside),
        "true_melasma_area": percent(masks["melasma"], inside),
        "true_erythema_area": percent(masks["dermatitis"], inside),
        "true_scale_area": percent(masks["dryness"], inside),
        "true_roughness": measures["roughness"],
        "true_shine_area": percent(shine.astype(np.float32), inside),
        "true_ita": skin.person.ita,
        "true_melanin": _mean(skin.layers.melanin, inside),
        "true_haemoglobin": _mean(blood, inside),
        "mm_per_pixel": skin.canvas.pixel,
        "skin": skin.usable,
        "melanin": skin.layers.melanin,
        "haemoglobin": blood,
        "relief": skin.layers.relief,
        "shine": shine.astype(np.float32),
    } | {f"mask_{name}": mask for name, mask in masks.items()}


def percent(mask: Field, inside: NDArray[np.bool_]) -> float:
    """Percent of the usable skin that a mask covers by more than half."""
    return 100.0 * _mean((mask > 0.5).astype(np.float32), inside)


def _mean(field: Field, inside: NDArray[np.bool_]) -> float:
    return float(field[inside].mean()) if inside.any() else 0.0
