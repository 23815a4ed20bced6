"""Random variation of photos, as cameras, skins and hands vary them. Pixels in, pixels out.

Every function takes its own random generator, so that a sample depends on nothing but its seed: the same
image is drawn again when a training run resumes, with any number of worker processes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import Fit
from cutis.core.errors import CutisError
from cutis.data import effects
from cutis.data.effects import Image, Rng

Extent = NDArray[np.float64]  # (2,) along x and y, in pixels of the photo


@dataclass(frozen=True)
class Augmentation:
    """How strongly photos are varied. Probabilities are 0..1; ranges are (low, high).

    Attributes:
        area: share of the photo that a crop covers.
        aspect: width over height of a crop before it becomes square.
        rotate: turned as well as mirrored (a dermoscope has no upright), else mirrored only.
        own_shape: crops have the photo's own shape, where everything that it shows is judged; else they are
            square. Only where photos are not turned.
        tilt: probability of any angle; the others turn by quarters, which keeps the photo as sharp as it is.
        brightness, contrast, saturation: largest relative change.
        illuminant: standard deviation of the log gains of red, green and blue.
        constancy: probability that the colour of the light is estimated and removed (shades of grey).
        hair, ruler, vignette, blur, erase: probabilities of rendered hair, ruler marks, dark corners,
            another focus (soft, or sharpened as cameras do) and a hidden square.
        speckle: largest deviation of the logarithm of multiplicative grain, as coherent light makes it.
        noise: largest deviation of a sensor's grain, 0..1; half of the photos get some, fine or coarse, with
            blotches of colour, and smoothed again by some of the cameras.
        falloff: most that light falls from one side to the other, as a share of its mean, 0..1.
        jpeg: probability of one more storing as a JPEG.
    """

    area: tuple[float, float] = (0.4, 1.0)
    aspect: tuple[float, float] = (0.8, 1.25)
    rotate: bool = True
    own_shape: bool = False
    tilt: float = 0.5
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    illuminant: float = 0.06
    constancy: float = 0.2
    hair: float = 0.1
    ruler: float = 0.05
    vignette: float = 0.05
    blur: float = 0.1
    erase: float = 0.15
    speckle: float = 0.0
    noise: float = 0.0
    falloff: float = 0.0
    jpeg: float = 0.0

    def __post_init__(self) -> None:
        if self.own_shape and self.rotate:
            raise CutisError("photos that keep their own shape are mirrored only. Set rotate=False.")

    def scaled(self, strength: float) -> Augmentation:
        """The same variations, weaker or stronger: 0 leaves rotation and mirroring, 1 everything as it is.

        Raises:
            CutisError: ``strength`` is not in 0..1.5.
        """
        if not 0 <= strength <= 1.5:
            raise CutisError(f"the strength of augmentation is {strength}, expected 0 to 1.5.")
        chances = ("constancy", "hair", "ruler", "vignette", "blur", "erase", "jpeg")
        ranges = ("brightness", "contrast", "saturation", "illuminant", "speckle", "noise", "falloff")
        low, high = self.area
        return replace(
            self,
            area=(max(0.1, 1 - strength * (1 - low)), 1 + strength * (high - 1)),
            aspect=(self.aspect[0] ** strength, self.aspect[1] ** strength),
            **{name: strength * getattr(self, name) for name in ranges},
            **{name: min(1.0, strength * getattr(self, name)) for name in chances},
        )


def augment(
    image: Image, shape: tuple[int, int], settings: Augmentation, rng: Rng, fit: Fit = "shorter"
) -> Image:
    """One random variation.

    Args:
        image: (height, width, 3), any size.
        shape: height and width of the result, in pixels.
        settings: how strongly.
        rng: source of all chance.
        fit: how photos are brought to the network. Native: a crop's area is counted against the result's,
            not the photo's. Whole: nothing is cut off, only turned and mirrored.

    Returns:
        (height, width, 3).
    """
    out = cut(image, shape, settings, rng, fit)
    if rng.random() < settings.hair:
        effects.draw_hair(out, rng)
    if rng.random() < settings.ruler:
        effects.draw_ruler(out, rng)
    if settings.falloff > 0:
        out = effects.falloff(out, rng.uniform(0, settings.falloff), rng)
    out = _recolour(out, settings, rng)
    if rng.random() < settings.vignette:
        out = effects.vignette(out, rng)
    if rng.random() < settings.blur:
        out = effects.refocus(out, rng)
    if settings.speckle > 0:
        out = effects.speckle(out, rng.uniform(0, settings.speckle), rng)
    if settings.noise > 0 and rng.random() < 0.5:
        out = effects.noise(out, rng.uniform(0, settings.noise), rng)
    if settings.jpeg > 0 and rng.random() < settings.jpeg:
        out = effects.compress(out, rng)
    if rng.random() < settings.erase:
        effects.erase(out, rng)
    return out


def cut(
    image: Image, shape: tuple[int, int], settings: Augmentation, rng: Rng, fit: Fit = "shorter"
) -> Image:
    """Only which part of a photo is shown, and how it lies; arguments as of `augment`.

    A generator of the same seed takes the same part of a map of that photo, whatever the map's own scale.

    Args:
        image: (height, width, 3), or (height, width) of a map.
    """
    if fit == "whole":
        return _framed(image, shape, rng)
    return _crop(image, shape, settings, rng, native=fit == "native")


def _crop(image: Image, shape: tuple[int, int], settings: Augmentation, rng: Rng, *, native: bool) -> Image:
    """Crop, turn, mirror and resize in one step, so that pixels are interpolated once."""
    height, width = image.shape[:2]
    frame = np.array([width, height])
    side = np.sqrt(rng.uniform(*settings.area)) * (shape[0] if native else np.sqrt(width * height))
    ratio = np.exp(rng.uniform(*np.log(settings.aspect))) * shape[1] / shape[0]
    extent = np.minimum(side * np.array([np.sqrt(ratio), 1 / np.sqrt(ratio)]), frame)
    centre = frame / 2 + rng.uniform(-0.5, 0.5, 2) * (frame - extent)
    if settings.rotate and rng.random() < settings.tilt:
        return _tilted(image, shape[0], extent, centre, rng)
    return _straight(image, shape, extent, centre, rng, quarters=settings.rotate)


def _framed(image: Image, shape: tuple[int, int], rng: Rng) -> Image:
    """The whole photo, turned so that it lies as the result does."""
    import cv2

    across = (image.shape[1] >= image.shape[0]) == (shape[1] >= shape[0])
    turned = np.rot90(image, 2 * int(rng.integers(2)) + (0 if across else 1))
    mirrored = turned[:, ::-1] if rng.random() < 0.5 else turned
    how = cv2.INTER_AREA if mirrored.shape[0] >= shape[0] else cv2.INTER_CUBIC
    out = cv2.resize(np.ascontiguousarray(mirrored), shape[::-1], interpolation=how)
    return np.asarray(out, dtype=np.uint8)


def _straight(
    image: Image, shape: tuple[int, int], extent: Extent, centre: Extent, rng: Rng, *, quarters: bool
) -> Image:
    """A crop along the photo's own rows: resized as photos are when they are predicted."""
    import cv2

    left, top = np.round(centre - extent / 2).astype(int)
    wide, high = np.maximum(1, np.round(extent).astype(int))
    window = image[top : top + high, left : left + wide]
    how = cv2.INTER_AREA if min(wide, high) >= min(shape) else cv2.INTER_CUBIC
    out = cv2.resize(window, shape[::-1], interpolation=how)
    turned = np.rot90(out, int(rng.integers(4)) if quarters else 0)
    mirrored = turned[:, ::-1] if rng.random() < 0.5 else turned
    return np.ascontiguousarray(mirrored, dtype=np.uint8)


def _tilted(image: Image, size: int, extent: Extent, centre: Extent, rng: Rng) -> Image:
    """A crop at any angle; corners outside the photo are filled by reflection."""
    import cv2

    angle = rng.uniform(0, 2 * np.pi)
    mirror = np.array([rng.choice((-1, 1)), 1])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    scale = turn @ np.diag(mirror * extent / size)  # destination offset -> source offset
    offset = centre - 0.5 - scale @ np.array([(size - 1) / 2] * 2)
    shrink = max(extent) / size
    if shrink > 1.5:  # cubic sampling alone would alias
        image = cv2.GaussianBlur(image, (0, 0), 0.4 * shrink).astype(np.uint8)
    # Bilinear sampling would soften every turned photo, and a network trained on those misreads sharp ones.
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    matrix = np.column_stack([scale, offset])
    warped = cv2.warpAffine(image, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    return warped.astype(np.uint8, copy=False)


def _recolour(image: Image, settings: Augmentation, rng: Rng) -> Image:
    """Light, exposure, contrast and saturation as one affine map of colours per image."""
    import cv2

    gains = np.exp(rng.normal(0, settings.illuminant, 3))
    if rng.random() < settings.constancy:
        small = image[::4, ::4].reshape(-1, 3).astype(np.float32)
        light = np.power(np.power(small + 1, 6).mean(0), 1 / 6)  # shades of grey: Finlayson, Trezzi 2004
        # By a random share: few cameras correct the light wholly, most a little.
        gains = gains * (light.mean() / light) ** rng.uniform(0, 1)
    gains = gains * (1 + rng.uniform(-1, 1) * settings.brightness)
    contrast = 1 + rng.uniform(-1, 1) * settings.contrast
    saturation = 1 + rng.uniform(-1, 1) * settings.saturation
    luma = np.tile([0.299, 0.587, 0.114], (3, 1))
    mix = saturation * np.eye(3) + (1 - saturation) * luma
    matrix = contrast * mix @ np.diag(gains)  # (3, 3), rows are output channels
    middle = image[::8, ::8].mean((0, 1)) @ (mix @ np.diag(gains)).T
    shift = (1 - contrast) * middle
    recoloured: Image = cv2.transform(image, np.column_stack([matrix, shift])).astype(np.uint8, copy=False)
    return recoloured
