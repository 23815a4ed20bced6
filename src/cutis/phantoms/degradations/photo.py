"""One photo degraded: the order in which light meets scene, things, lamps, lens, sensor and file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.phantoms.degradations.blur import blurred
from cutis.phantoms.degradations.colour import cast
from cutis.phantoms.degradations.compression import compressed
from cutis.phantoms.degradations.exposure import brightened, darkened
from cutis.phantoms.degradations.framing import AROUND, NEAR, draw_placement, lens_too_near
from cutis.phantoms.degradations.glare import glared
from cutis.phantoms.degradations.light import Light, Rng, rise, to_light, to_rgb, turned
from cutis.phantoms.degradations.noise import noisy
from cutis.phantoms.degradations.obstruction import obstructed
from cutis.phantoms.degradations.placement import lesion_of, placed, placed_mask
from cutis.phantoms.degradations.scenes import replaced
from cutis.phantoms.degradations.settings import LOCAL, REASONS, USUAL, Settings

Photo = NDArray[np.uint8]
HALVES = ("left", "right", "top", "bottom")
_SOFT = 0.08  # width of the border between the two halves, in the photo's width or height
_DIRECTIONS = {"left": np.pi, "right": 0.0, "top": -np.pi / 2, "bottom": np.pi / 2}


@dataclass(frozen=True, eq=False)
class Degraded:
    """A degraded photo.

    Attributes:
        image: (height, width, 3) sRGB, of the size that was given.
        mask: (height, width) where the lesion has come to lie; None when no mask was given.
    """

    image: Photo
    mask: NDArray[np.bool_] | None


def degrade(
    rgb: Photo,
    severities: Mapping[str, float],
    rng: Rng,
    settings: Settings = USUAL,
    *,
    half: str | None = None,
) -> Photo:
    """Degrade a photo by known amounts.

    Args:
        rgb: (height, width, 3) sRGB.
        severities: by reason (`settings.REASONS`), 0 nothing visible, 0.5 borderline for a dermatologist, 1
            hardly usable; what is not named is 0.
        rng: draws the means and their shapes; the same state with other severities gives the same shapes.
        settings: `USUAL`, `VARIED` or `SHIFTED`.
        half: ``left``, ``right``, ``top`` or ``bottom``: only this half is degraded.

    Returns:
        (height, width, 3) sRGB; where every severity is 0, the photo as it was.

    Raises:
        CutisError: an unknown reason, a severity outside 0..1, a photo of another shape or type, or a half
            for a reason that concerns the whole frame.
    """
    return degrade_with_mask(rgb, None, severities, rng, settings, half=half).image


def degrade_with_mask(
    rgb: Photo,
    mask: NDArray[np.bool_] | None,
    severities: Mapping[str, float],
    rng: Rng,
    settings: Settings = USUAL,
    *,
    half: str | None = None,
) -> Degraded:
    """As `degrade`, and the lesion's mask (height, width) moved along with the lesion."""
    _need_sound(rgb, severities, half)
    # One generator per reason: how a reason looks depends neither on severities nor on the other reasons.
    seeds = rng.integers(2**63, size=len(REASONS))
    rngs = {name: np.random.default_rng(int(seed)) for name, seed in zip(REASONS, seeds, strict=True)}
    strength = {name: float(severities.get(name, 0.0)) for name in REASONS}
    if not any(strength.values()):
        return Degraded(rgb.copy(), mask)
    light = to_light(rgb)
    light, mask = _scene(light, mask, strength, rngs, settings)
    spoilt = to_rgb(_captured(light, strength, rngs, settings))
    if strength["compression"] > 0:
        means = settings.means["compression"]
        spoilt = compressed(spoilt, strength["compression"], rngs["compression"], means)
    return Degraded(spoilt if half is None else _halved(rgb, spoilt, half), mask)


def _scene(
    light: Light,
    mask: NDArray[np.bool_] | None,
    strength: Mapping[str, float],
    rngs: Mapping[str, Rng],
    settings: Settings,
) -> tuple[Light, NDArray[np.bool_] | None]:
    """What the camera is pointed at."""
    means = settings.means
    if strength["not_skin"] < 1 and (strength["distance"] > 0 or strength["framing"] > 0):
        how = str(rngs["distance"].choice(means["distance"]))
        aim = str(rngs["framing"].choice(means["framing"]))
        near = how in NEAR
        place = draw_placement(
            strength["distance"],
            strength["framing"],
            lesion_of(light),
            rngs["distance"],
            rngs["framing"],
            near,
            aim == "tight" and strength["framing"] > 0 and strength["distance"] == 0,
        )
        around = AROUND[how if strength["distance"] > 0 and not near else aim]
        light = placed(light, place, rngs["framing"], around)
        mask = None if mask is None else placed_mask(mask, place)
        if how == "lens" and strength["distance"] > 0:
            light = lens_too_near(light, strength["distance"], rngs["distance"])
    if strength["not_skin"] > 0:
        light = replaced(light, strength["not_skin"], rngs["not_skin"], means["not_skin"])
        mask = np.zeros_like(mask) if mask is not None and strength["not_skin"] >= 1 else mask
    if strength["obstruction"] > 0:
        light = obstructed(light, strength["obstruction"], rngs["obstruction"], means["obstruction"])
    return light, mask


def _captured(
    light: Light, strength: Mapping[str, float], rngs: Mapping[str, Rng], settings: Settings
) -> Light:
    """Lamps, lens, exposure, sensor and white balance, in this order."""
    for reason, step in (
        ("glare", glared),
        ("blur", blurred),
        ("dark", darkened),
        ("bright", brightened),
        ("noise", noisy),
        ("colour", cast),
    ):
        if strength[reason] > 0:
            light = step(light, strength[reason], rngs[reason], settings.means[reason])
    return light


def _halved(rgb: Photo, spoilt: Photo, half: str) -> Photo:
    """The spoilt photo in one half, the untouched one in the other, softly joined."""
    height, width = rgb.shape[:2]
    along, _ = turned((height, width), _DIRECTIONS[half])
    reach = np.abs(along).max()
    share = rise(along / np.float32(2 * reach), _SOFT)[..., None]
    mixed = rgb * (1 - share) + spoilt * share
    return np.asarray(np.rint(mixed), dtype=np.uint8)


def _need_sound(rgb: Photo, severities: Mapping[str, float], half: str | None) -> None:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
        raise CutisError(
            f"the photo is {rgb.dtype} of shape {rgb.shape}, not uint8 (height, width, 3). "
            "Read it with cutis.imaging.read.read_rgb."
        )
    for name, value in severities.items():
        if name not in REASONS:
            raise CutisError(f"there is no reason '{name}'. The reasons are: {', '.join(REASONS)}.")
        if not 0 <= value <= 1:
            raise CutisError(f"severity of {name} is {value}, not a number from 0 to 1.")
    if half is None:
        return
    if half not in HALVES:
        raise CutisError(f"there is no half '{half}'. The halves are: {', '.join(HALVES)}.")
    whole = [name for name, value in severities.items() if value > 0 and name not in LOCAL]
    if whole:
        raise CutisError(f"{' and '.join(whole)} concern the whole frame, not one half. Set them to 0.")
