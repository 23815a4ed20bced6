"""Colours of a photo corrected by the card in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.imaging.chromophores import check
from cutis.imaging.colour_card.card import Card
from cutis.imaging.colour_card.fit import Fit, Terms, features, fit_patches, held_out, straight
from cutis.imaging.colour_card.reference import patch_light
from cutis.imaging.colour_card.spaces import (
    Floats,
    decoding,
    difference,
    each_strip,
    lab_of_light,
    to_display,
)


@dataclass(frozen=True, eq=False)
class Correction:
    """What a card does to a photo.

    Attributes:
        fit: terms and numbers.
        before: mean CIEDE2000 of the usable patches as they were measured.
        after: the same, each patch corrected by a fit to all the others (leave-one-out).
        exposure: by how much luminance changes.
    """

    fit: Fit
    before: float
    after: float
    exposure: float


def correction(card: Card, terms: Terms = "root") -> Correction:
    """Fit the correction of a card's photo.

    Args:
        card: from `find_card`.
        terms: ``root`` (root-polynomial) or ``linear`` (3 x 3).
    """
    own, measured = patch_light(card.edition), card.light
    fit = fit_patches(measured, own, card.usable, terms)
    true = lab_of_light(own)
    usable = np.flatnonzero(card.usable)
    before = difference(lab_of_light(measured[usable] / card.shade[usable, None]), true[usable])
    after = held_out(fit, measured, own, card.usable, card.usable)
    grey = np.full(3, 0.2)
    exposure = float(_corrected(grey, fit).mean() / 0.2)
    return Correction(fit, float(before.mean()), float(np.mean(after)), exposure)


def correct(rgb: NDArray[np.uint8], card: Card, *, strength: float = 1.0) -> NDArray[np.uint8]:
    """Bring colours and exposure of a photo to what the card says.

    Where the card's light falls, a surface comes out with its reflectance: lightness and colour as under D65,
    the same whatever the camera's exposure. What is brighter than white is clipped.

    Args:
        rgb: (height, width, 3) sRGB, the photo that the card was found in.
        card: from `find_card`.
        strength: 0 leaves the photo as it is, 1 corrects the whole; between, in linear light.

    Returns:
        (height, width, 3) sRGB.

    Raises:
        ImageError: the array is not a colour photo of bytes.
        CutisError: a strength outside 0 to 1.
    """
    check(rgb)
    if not 0 <= strength <= 1:
        raise CutisError(
            f"strength of colour is {strength:g}, not within 0 to 1. 0 leaves the photo as it is."
        )
    if strength == 0:
        return rgb
    return apply(rgb, fit_patches(card.light, patch_light(card.edition), card.usable), strength)


def apply(rgb: NDArray[np.uint8], fit: Fit, strength: float = 1.0) -> NDArray[np.uint8]:
    """Apply a fit to a photo, some rows at a time.

    Args:
        rgb: (height, width, 3) sRGB.
        fit: from `correction`.
        strength: 0..1.
    """
    import cv2

    table = straight(decoding(), fit.curve).astype(np.float32)
    plain = decoding()
    weights = fit.weights.astype(np.float32)

    def corrected(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        rows = np.ascontiguousarray(rows)
        light = cv2.LUT(rows, table)
        out: Any = cv2.transform(light, weights[:, :3])
        if fit.terms == "root":
            root = np.sqrt(light)
            products = root * root[..., [1, 2, 0]]  # red green, green blue, blue red
            out += cv2.transform(products, weights[:, 3:])
        if strength < 1:
            out = np.float32(strength) * out + np.float32(1 - strength) * cv2.LUT(rows, plain)
        return to_display(out)

    return each_strip(rgb, corrected)


def _corrected(light: Floats, fit: Fit) -> Floats:
    return np.asarray(features(straight(light, fit.curve), fit.terms) @ fit.weights.T)
