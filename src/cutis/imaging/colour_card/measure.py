"""What the patches of a card measure, and which of them can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.colour_card.agree import agreeing
from cutis.imaging.colour_card.card import project
from cutis.imaging.colour_card.fit import Fit, fit_patches, held_out
from cutis.imaging.colour_card.reference import NEUTRAL, PATCH, PATCHES, Edition, patch_light, places
from cutis.imaging.colour_card.spaces import Floats, decoding, difference, lab_of_light

_INNER = 0.55  # of a patch's side that is measured; the rest may be rim
_CLIPPED = 0.03  # share of a patch's pixels at the end of the scale
_UNEVEN = 0.30  # deviation over mean of linear light within a patch, beyond noise: something lies on it
_WRONG = 14.0  # CIEDE2000 after correction, by the other patches' correction: not this patch's colour
_FEWEST = 8  # patches that a fit needs
_SHADE = 0.87  # of the light on the other patches
# Light above which patches may be left out: cameras press it together.
_BRIGHT = (0.76, 0.82, 0.88, 0.93, 1.0)
_LITTLE = 0.15  # CIEDE2000 by which more patches must be better
_ENOUGH = (14, 4)  # patches, and neutral ones among them, that are enough
_MOST = 40_000  # pixels that are read per patch


@dataclass(frozen=True, eq=False)
class Measured:
    """Patches as they were measured; all arrays are (24,) but for light.

    Attributes:
        light: (24, 3) mean linear sRGB.
        clipped, black: at an end of the scale.
        pressed: so bright that the camera's tone curve has flattened it, where enough others are there.
        covered: uneven, or of a colour that no light explains.
        shade: light on each patch over that on the well-lit ones.
    """

    light: Floats
    clipped: NDArray[np.bool_]
    black: NDArray[np.bool_]
    pressed: NDArray[np.bool_]
    covered: NDArray[np.bool_]
    shade: Floats

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Patches that the correction may rest on."""
        return ~(self.clipped | self.black | self.pressed | self.covered)

    def notes(self) -> Iterator[str]:
        """What the user should know."""
        shaded = int((self.usable & (self.shade < _SHADE)).sum())
        if shaded:
            yield (
                f"{_patches(shaded)} in shade: brightness was taken from the others, and skin tone may "
                "be off by several degrees. Hold the card in even light."
            )
        causes = {
            "clipped": self.clipped,
            "too dark": self.black,
            "covered or in glare": self.covered,
        }
        for cause, which in causes.items():
            if which.any():
                yield f"{_patches(int(which.sum()))} {cause}: left out."


def _error(fit: Fit, own: Floats) -> Floats:
    """(24,) CIEDE2000 that is left, shade aside."""
    return difference(lab_of_light(fit.corrected / fit.shade[:, None]), lab_of_light(own))


def _patches(count: int) -> str:
    return f"{count} patch is" if count == 1 else f"{count} patches are"


def measure(rgb: NDArray[np.uint8], matrix: Floats, edition: Edition) -> Measured:
    """Measure the patches of a card.

    Args:
        rgb: (height, width, 3) sRGB.
        matrix: (3, 3) from places on the card to pixels; every patch lies within the photo.
        edition: of the card's colours.
    """
    light, uneven = np.zeros((PATCHES, 3)), np.zeros(PATCHES)
    clipped, black = np.zeros(PATCHES, np.bool_), np.zeros(PATCHES, np.bool_)
    for index, place in enumerate(places()):
        pixels = _pixels(rgb, matrix, place)
        clipped[index] = (pixels >= 254).mean(axis=0).max() > _CLIPPED
        black[index] = np.median(pixels.max(axis=1)) < 4
        light[index], uneven[index] = _mean(pixels)
    covered = ~(clipped | black) & (uneven >= _UNEVEN)
    usable = ~(clipped | black | covered)
    own = patch_light(edition)
    pressed = _pressed(light, own, usable)
    usable &= ~pressed
    shade = np.ones(PATCHES)
    if usable.sum() < _FEWEST:
        return Measured(light, clipped, black, pressed, covered, shade)
    fit = fit_patches(light, own, usable)
    if _error(fit, own)[usable].max() >= _WRONG:
        kept = agreeing(light, own, usable, _WRONG)
        covered |= usable & ~kept
        if kept.sum() < _FEWEST:
            return Measured(light, clipped, black, pressed, covered, shade)
        fit = fit_patches(light, own, kept)
        covered |= kept & (_error(fit, own) >= _WRONG)
    shade = fit.shade
    return Measured(light, clipped, black, pressed, covered, shade)


def _pressed(light: Floats, own: Floats, usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(24,) bright patches that a fit is better off without.

    A camera that is metered for dark skin shows white and yellow with less contrast than there is. A curve
    that is led through them bends the colours of the skin. Of several limits the one is taken whose fit tells
    the darker patches best, each from the others.
    """
    brightest = light.max(axis=1)
    kept = [usable & (brightest <= limit) for limit in _BRIGHT]
    enough = [rest for rest in kept if rest.sum() >= _ENOUGH[0] and rest[NEUTRAL].sum() >= _ENOUGH[1]]
    if not enough:
        return np.zeros_like(usable)
    distinct = [rest for n, rest in enumerate(enough) if n == 0 or (rest != enough[n - 1]).any()]
    errors = [
        held_out(fit_patches(light, own, rest), light, own, rest, distinct[0]).mean() for rest in distinct
    ]
    best = next(n for n, error in enumerate(errors) if error <= min(errors) + _LITTLE)
    return np.asarray(usable & ~distinct[best])


def _pixels(rgb: NDArray[np.uint8], matrix: Floats, place: Floats) -> NDArray[np.uint8]:
    """(n, 3) pixels of the inner part of a patch."""
    import cv2

    half = PATCH / 2 * _INNER
    corners = place + np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    seen = project(matrix, corners)
    left, top = np.maximum(np.floor(seen.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(seen.max(axis=0)).astype(int) + 1, [rgb.shape[1], rgb.shape[0]])
    step = max(1, int(np.sqrt((right - left) * (bottom - top) / _MOST)))
    inside = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillConvexPoly(inside, np.rint((seen - (left, top)) * 16).astype(np.int32), 1, shift=4)
    chosen = inside[::step, ::step].astype(bool)
    return np.asarray(rgb[top:bottom:step, left:right:step][chosen])


def _mean(pixels: NDArray[np.uint8]) -> tuple[Floats, float]:
    """Mean linear light without outliers, and how uneven the patch is."""
    light = decoding().astype(np.float64)[pixels]
    grey = light.mean(axis=1)
    middle = np.median(grey)
    spread = np.median(np.abs(grey - middle)) * 1.4826 + 0.002
    kept = np.abs(grey - middle) <= 3 * spread
    low, high = np.quantile(grey, [0.1, 0.9])
    return light[kept].mean(axis=0), float((high - low) / 2.56 / (middle + 0.02))
